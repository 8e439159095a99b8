"""Where each gRPC service of the node is served."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEntry:
    """One service, and its place in the topology."""

    service: str
    """The full name, such as ``arkalia.events.v1.EventService``."""
    module: str
    process: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a health check over the service's own connection found."""

    serving: bool
    reason: str
    """Why it is not serving; empty if it is."""
    latency_seconds: float


Check = Callable[[str], Awaitable[Checked]]
"""Asks a service, by its full name, whether it serves. Never raises."""
