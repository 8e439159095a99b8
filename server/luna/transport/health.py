"""Health of the process's services, as their probes find it."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from luna.kernel import context
from luna.kernel.bell import Bell
from luna.manifest import Health, Probe

WHOLE: Final = ""
"""The name under which the health of the whole process is asked for."""

_HURRY_SECONDS_MIN: Final = 0.03

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """What the last probe of a service found."""

    service: str
    health: Health
    reason: str
    since_ns: int
    """When it began to be like that."""

    @property
    def serving(self) -> bool:
        """Whether callers should be sent there."""
        return self.health is not Health.NOT_SERVING


class HealthMonitor:
    """Asks the probes again and again, and tells whoever watches when an answer changes.

    A service is NOT_SERVING until its first probe has passed, and from
    `shut_down` on.
    """

    def __init__(self, probes: Mapping[str, Probe], *, every_seconds: float = 1.0, probe_seconds: float = 2.0) -> None:
        self._probes = dict(probes)
        self._every_seconds = every_seconds
        self._probe_seconds = probe_seconds
        now = time.time_ns()
        self._checkups = {
            service: Checkup(service=service, health=Health.NOT_SERVING, reason="not probed yet", since_ns=now)
            for service in (WHOLE, *probes)
        }
        self._changed = Bell()
        self._shut_down = False

    async def run(self) -> None:
        """Probe forever, more often while something is unwell and has not been for long.

        A slow probe delays the others of its round by its own limit at most.
        """
        unwell_since: float | None = time.monotonic()
        while True:
            await self.probe()
            now = time.monotonic()
            unwell_since = None if self._checkups[WHOLE].health is Health.SERVING else unwell_since or now
            await asyncio.sleep(self._every_seconds if unwell_since is None else self._hurried(now - unwell_since))

    async def probe(self) -> None:
        """Ask every probe once, all at the same time."""
        async with asyncio.TaskGroup() as group:
            for service, probe in self._probes.items():
                group.create_task(self._ask(service, probe))
        self._settle_whole()

    def snapshot(self) -> Mapping[str, Checkup]:
        """Return the last results by service, with the whole process under the empty name."""
        return dict(self._checkups)

    def shut_down(self) -> None:
        """Call everything NOT_SERVING from now on."""
        for service in self._checkups:
            self._set(service, Health.NOT_SERVING, "the server is stopping")
        self._shut_down = True

    async def changed(self) -> None:
        """Wait for the next change of any service."""
        await self._changed.wait()

    def _hurried(self, unwell_seconds: float) -> float:
        """Return how soon to ask again, so that an end of what is wrong is noticed within a tenth of its time."""
        return min(self._every_seconds, max(_HURRY_SECONDS_MIN, unwell_seconds / 10))

    async def _ask(self, service: str, probe: Probe) -> None:
        context.enter(context.PROBE)
        try:
            async with asyncio.timeout(self._probe_seconds):
                health, reason = await probe()
        except TimeoutError:
            health, reason = Health.NOT_SERVING, f"no answer within {self._probe_seconds:g} s"
        except Exception as error:  # noqa: BLE001  a probe that fails has found something
            health, reason = Health.NOT_SERVING, f"{type(error).__name__}: {error}"
        self._set(service, health, reason)

    def _settle_whole(self) -> None:
        services = [checkup for checkup in self._checkups.values() if checkup.service != WHOLE]
        for health in (Health.NOT_SERVING, Health.DEGRADED):
            if found := sorted(checkup.service for checkup in services if checkup.health is health):
                self._set(WHOLE, health, f"{health.value}: {', '.join(found)}")
                return
        self._set(WHOLE, Health.SERVING, "")

    def _set(self, service: str, health: Health, reason: str) -> None:
        before = self._checkups[service]
        if self._shut_down or (before.health is health and before.reason == reason):
            return
        since_ns = before.since_ns if before.health is health else time.time_ns()
        self._checkups[service] = Checkup(service=service, health=health, reason=reason, since_ns=since_ns)
        if before.health is not health:
            write = log.warning if health is not Health.SERVING else log.info
            write("health changed", service=service or "(whole)", health=health.value, reason=reason)
            self._changed.ring()
