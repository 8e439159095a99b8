"""What the contract says about an rpc, read once per method."""

from dataclasses import dataclass
from typing import Final

from arkalia.options.v1 import method_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import Descriptor, MethodDescriptor

from luna.kernel.times import seconds_of

UNARY_DEADLINE_SECONDS: Final = 5.0
"""For unary rpcs whose contract sets none."""
_OF_GRPC: Final = "grpc."
"""How the packages of health, reflection and channelz begin."""
_READ_ONLY: Final = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
_REPEATABLE: Final = frozenset({_READ_ONLY, descriptor_pb2.MethodOptions.IDEMPOTENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rpc:
    """One method, and the options it was declared with."""

    path: str
    """As it travels: ``/arkalia.events.v1.EventService/Append``."""
    service: str
    method: str
    """The full name that metrics and logs use: the path without its first slash."""
    unary: bool
    """Whether one request gets one response."""
    priority: int
    """A value of `arkalia.options.v1.Priority`, never unspecified."""
    scope: str = ""
    deadline_seconds: float | None = None
    """The deadline of calls that come without one, and the longest that one may take."""
    control: bool = False
    """Whether it steers or watches the node itself, so that it is answered whatever happens to others."""
    repeatable: bool = False
    """Whether the same call made twice does no more than made once."""
    read_only: bool = False
    """Whether a call changes nothing."""
    request: Descriptor | None = None
    """``None`` where the descriptor pool does not know the method."""


def describe(path: str, *, unary: bool = False) -> Rpc:
    """Return what is known about the method at *path*. Everything has a default.

    *unary* holds for methods of which no contract is loaded.
    """
    service, _, name = path.removeprefix("/").rpartition("/")
    try:
        found = descriptor_pool.Default().FindMethodByName(f"{service}.{name}")
    except KeyError:
        return _undeclared(path, service, unary=unary)
    return _declared(path, service, found)


def _undeclared(path: str, service: str, *, unary: bool) -> Rpc:
    return Rpc(
        path=path,
        service=service,
        method=path.removeprefix("/"),
        unary=unary,
        priority=method_pb2.PRIORITY_MEDIUM,
        deadline_seconds=UNARY_DEADLINE_SECONDS if unary else None,
        control=service.startswith(_OF_GRPC),
    )


def _declared(path: str, service: str, found: MethodDescriptor) -> Rpc:
    options = found.GetOptions().Extensions[method_pb2.method]
    unary = not (found.client_streaming or found.server_streaming)
    deadline = seconds_of(options.deadline) if options.HasField("deadline") else None
    return Rpc(
        path=path,
        service=service,
        method=path.removeprefix("/"),
        unary=unary,
        priority=options.priority or method_pb2.PRIORITY_MEDIUM,
        scope=options.scope,
        deadline_seconds=UNARY_DEADLINE_SECONDS if deadline is None and unary else deadline,
        control=options.control or service.startswith(_OF_GRPC),
        repeatable=found.GetOptions().idempotency_level in _REPEATABLE,
        read_only=found.GetOptions().idempotency_level == _READ_ONLY,
        request=found.input_type,
    )
