"""Tells which services a level suspends, and which of the others do not answer."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from arkalia.options.v1 import method_pb2
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor

from luna.kernel.directory import Check, ServiceEntry
from luna.resilience.levels import CRITICAL, Level, Service, suspended

LOG: Final = "arkalia.events.v1.EventService"
_WITHOUT_LOG: Final = frozenset({"events", "node"})
"""The modules that answer without the log."""


class Services:
    """The services of the node, and what the levels do to them."""

    def __init__(self, directory: Sequence[ServiceEntry], check: Check) -> None:
        pool = descriptor_pool.Default()
        self._services: Mapping[str, Service] = {
            entry.service: Service(
                priority=_priority(pool.FindServiceByName(entry.service)),
                requires=() if entry.module in _WITHOUT_LOG else (LOG,),
            )
            for entry in directory
        }
        self._suspended = {level: suspended(level, self._services) for level in Level}
        self._check = check
        self.failing: Collection[str] = ()
        """Those that were found not to answer when they were looked at last."""

    def suspended(self, level: Level) -> Sequence[str]:
        """Return those that do no work at *level*, by name."""
        return sorted(self._suspended[level])

    async def look(self, level: Level) -> None:
        """Ask those that should be answering at *level* whether they do. What is suspended is not asked."""
        names = sorted(self._services.keys() - self._suspended[level])
        checked = await asyncio.gather(*(self._check(name) for name in names))
        self.failing = [name for name, found in zip(names, checked, strict=True) if not found.serving]


def _priority(service: ServiceDescriptor) -> int:
    """Return the priority of its most important work; what steers the node always answers."""
    options = [method.GetOptions().Extensions[method_pb2.method] for method in service.methods]
    if any(option.control for option in options):
        return CRITICAL
    return min((option.priority for option in options if option.priority), default=CRITICAL)
