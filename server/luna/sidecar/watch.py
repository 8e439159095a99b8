"""Asks a process how it is, and ends one that does not answer any more."""

import signal
from collections.abc import Callable

from luna.kernel.clock import Clock
from luna.sidecar.child import Child
from luna.sidecar.probing import Answer, Pace, Probe


class Watch:
    """Looks at one process for as long as it runs."""

    def __init__(self, child: Child, probe: Probe, *, clock: Clock, pace: Pace, hear: Callable[[Answer], bool]) -> None:
        """Take who to ask; *hear* is told each answer, and returns whether the process has ever served."""
        self._child = child
        self._probe = probe
        self._clock = clock
        self._pace = pace
        self._hear = hear

    async def run(self) -> None:
        """Ask again and again, and kill the process when it has not answered for too long."""
        clock, pace = self._clock, self._pace
        heard = clock.monotonic()
        try:
            while True:
                answer = await self._probe.ask(seconds=pace.ask_seconds)
                if answer.answered:
                    heard = clock.monotonic()
                up = self._hear(answer)
                if clock.monotonic() - heard > (pace.frozen_seconds if up else pace.start_seconds):
                    self._child.send(signal.SIGKILL, reason="frozen: its health check was not answered")
                    return
                await clock.sleep(pace.probe_seconds if up else pace.poll_seconds)
        finally:
            await self._probe.aclose()
