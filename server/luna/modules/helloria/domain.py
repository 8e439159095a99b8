"""What the node is and can do, derived from what was found. No I/O, no gRPC, no awaiting."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from arkalia.node.v1 import health_pb2
from arkalia.options.v1 import method_pb2
from google.api import annotations_pb2
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from luna.kernel.directory import Checked, ServiceEntry
from luna.modules.helloria.errors import PageTokenError

PAGE_SIZE_DEFAULT: Final = 100

_VERBS: Final = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFinding:
    """A service, and what its health check found."""

    entry: ServiceEntry
    checked: Checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How much of its work the node does."""

    level: health_pb2.DegradationLevel
    """Unspecified if it is not known."""
    open_breakers: int | None
    """The circuit breakers that refuse calls; ``None`` if they are not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """Something the node can do."""

    method: str
    rest: str
    scope: str
    idempotent: bool
    client_streaming: bool
    server_streaming: bool


def score(findings: Sequence[ServiceFinding]) -> float:
    """Return the share of services that are serving."""
    return sum(found.checked.serving for found in findings) / len(findings) if findings else 0.0


def capabilities(services: Iterable[ServiceDescriptor]) -> list[Capability]:
    """Read from the contracts of *services* what they can do, sorted by name."""
    found = [_capability(method) for service in services for method in service.methods]
    return sorted(found, key=lambda capability: capability.method)


def page(everything: Sequence[Capability], size: int, token: str) -> tuple[Sequence[Capability], str]:
    """Return one page of capabilities, and the token of the next.

    Raises:
        PageTokenError: *token* names no capability.

    """
    begin = 0
    if token:
        names = [capability.method for capability in everything]
        if token not in names:
            raise PageTokenError
        begin = names.index(token)
    end = begin + (size or PAGE_SIZE_DEFAULT)
    return everything[begin:end], everything[end].method if end < len(everything) else ""


def _capability(method: MethodDescriptor) -> Capability:
    options = method.GetOptions()
    return Capability(
        method=f"{method.containing_service.full_name}/{method.name}",
        rest=_rest(options),
        scope=options.Extensions[method_pb2.method].scope,
        idempotent=options.idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN,
        client_streaming=method.client_streaming,
        server_streaming=method.server_streaming,
    )


def _rest(options: MethodOptions) -> str:
    rule = options.Extensions[annotations_pb2.http]
    return next((f"{verb.upper()} {getattr(rule, verb)}" for verb in _VERBS if getattr(rule, verb)), "")
