"""Says which calls are sent again when the connection breaks: those that the contract allows to run twice."""

import json
from collections.abc import Iterable, Iterator
from typing import Final

from google.protobuf.descriptor import FileDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

_REPEATABLE: Final = frozenset({MethodOptions.NO_SIDE_EFFECTS, MethodOptions.IDEMPOTENT})
_POLICY: Final = {
    # The most that gRPC allows. While there is no connection an attempt waits for one, so few are needed.
    "maxAttempts": 5,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
_THROTTLING: Final = {"maxTokens": 1000, "tokenRatio": 0.1}
"""At most one retry for ten calls that succeed, beyond a reserve for connections that break under load."""


def service_config(files: Iterable[FileDescriptor]) -> str:
    """Return the gRPC service config for the services of *files*.

    A refusal that the node means says so with ``grpc-retry-pushback-ms``, which gRPC obeys.
    """
    names = [name for file in files for name in _repeatable(file)]
    return json.dumps(
        {
            "methodConfig": [{"name": names, "waitForReady": True, "retryPolicy": _POLICY}],
            "retryThrottling": _THROTTLING,
        }
    )


def _repeatable(file: FileDescriptor) -> Iterator[dict[str, str]]:
    for service in file.services_by_name.values():
        for method in service.methods:
            if _is_repeatable(method):
                yield {"service": service.full_name, "method": method.name}


def _is_repeatable(method: MethodDescriptor) -> bool:
    streams = method.client_streaming or method.server_streaming
    return not streams and method.GetOptions().idempotency_level in _REPEATABLE
