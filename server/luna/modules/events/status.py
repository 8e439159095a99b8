"""Spells a refused append as the status that a refused call would have had."""

from typing import Final

from arkalia.events.v1 import event_error_pb2
from arkalia.options.v1 import error_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

from luna.kernel.errors import DomainError

_CODES: Final = {
    value.name: value.GetOptions().Extensions[error_pb2.error].code
    for value in event_error_pb2.EventErrorReason.DESCRIPTOR.values
}


def status_of(error: DomainError) -> status_pb2.Status:
    """Return *error* as it would end a call of its own."""
    status = status_pb2.Status(code=_CODES.get(error.reason, code_pb2.UNKNOWN), message=str(error))
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=error.domain, metadata=error.metadata)
    status.details.add().Pack(info)
    return status
