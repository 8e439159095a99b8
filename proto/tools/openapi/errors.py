"""Describes how requests fail: one response per package, with every reason that its error enum has."""

from collections.abc import Iterable, Mapping, Sequence

from google.protobuf.descriptor import EnumDescriptor, EnumValueDescriptor, FileDescriptor
from google.rpc import code_pb2

from openapi.limits import Schema
from openapi.options import error_options

_HTTP_STATUS: Mapping[int, int] = {
    code_pb2.CANCELLED: 499,
    code_pb2.UNKNOWN: 500,
    code_pb2.INVALID_ARGUMENT: 400,
    code_pb2.DEADLINE_EXCEEDED: 504,
    code_pb2.NOT_FOUND: 404,
    code_pb2.ALREADY_EXISTS: 409,
    code_pb2.PERMISSION_DENIED: 403,
    code_pb2.RESOURCE_EXHAUSTED: 429,
    code_pb2.FAILED_PRECONDITION: 400,
    code_pb2.ABORTED: 409,
    code_pb2.OUT_OF_RANGE: 400,
    code_pb2.UNIMPLEMENTED: 501,
    code_pb2.INTERNAL: 500,
    code_pb2.UNAVAILABLE: 503,
    code_pb2.DATA_LOSS: 500,
    code_pb2.UNAUTHENTICATED: 401,
}
_SHARED = "arkalia.options.v1"


def reasons(files: Iterable[FileDescriptor]) -> dict[str, list[EnumValueDescriptor]]:
    """Return the error reasons that each package declares, without the zero that stands for none."""
    found: dict[str, list[EnumValueDescriptor]] = {}
    for file in files:
        for enum in file.enum_types_by_name.values():
            if is_error_enum(enum):
                found.setdefault(file.package, []).extend(value for value in enum.values if value.number)
    return found


def is_error_enum(enum: EnumDescriptor) -> bool:
    """Tell whether the values of *enum* are reasons of errors."""
    return bool(enum.name.endswith("ErrorReason"))


def response(
    package: str, known: Mapping[str, Sequence[EnumValueDescriptor]], comments: Mapping[str, str], status: Schema
) -> Schema:
    """Return the response that the rpcs of *package* fail with."""
    values = [*known.get(_SHARED, ()), *known.get(package, ())]
    lines = ["The request failed. `details` holds a `google.rpc.ErrorInfo` whose `reason` is one of:", ""]
    lines += [_line(value, comments) for value in values]
    return {
        "description": "\n".join(lines),
        "content": {"application/json": {"schema": status}},
        "x-arkalia-reasons": [_reason(value) for value in values],
    }


def _line(value: EnumValueDescriptor, comments: Mapping[str, str]) -> str:
    said = comments.get(f"{value.type.full_name}.{value.name}", "").replace("\n", " ")
    return f"* `{value.name}` (HTTP {_HTTP_STATUS.get(error_options(value).code, 500)}): {said}"


def _reason(value: EnumValueDescriptor) -> Schema:
    options = error_options(value)
    return {
        "reason": value.name,
        "code": code_pb2.Code.Name(options.code),
        "httpStatus": _HTTP_STATUS.get(options.code, 500),
        "retryable": options.retryable,
    }
