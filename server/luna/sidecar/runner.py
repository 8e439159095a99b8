"""Keeps one process running on one socket.

::

                serves                  answers, but not "serving"
    STARTING ───────────▶ SERVING ◀───────────────────────────────▶ NOT_SERVING
        │ ends               │ ends, or is killed because it is frozen   │
        ▼                    ▼                                           ▼
    RECOVERING: wait, start again ── serves ──▶ SERVING

Rule 1: a process that says that starting again is no use is not started again.
Rule 2: once told to stop, the runner starts nothing.
"""

import asyncio
import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict, Unpack

from luna.kernel.clock import Clock
from luna.sidecar.child import Child
from luna.sidecar.exit_codes import FATAL
from luna.sidecar.facts import ProcessExited, ProcessRestarted, ProcessStarted, Record
from luna.sidecar.probing import Answer, Pace, ProbeFor
from luna.sidecar.restarts import Streak
from luna.sidecar.start_errors import ChildRefusedError
from luna.sidecar.state import Exit, ReplicaStatus, State
from luna.sidecar.waiting import first_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every runner of a node shares."""

    clock: Clock
    pace: Pace
    record: Record
    chance: Callable[[], float] = random.random


class _Changes(TypedDict, total=False):
    state: State
    reason: str
    pid: int | None
    restarts: int
    crash_looping: bool
    last_exit: Exit
    started_ns: int


class Runner:
    """One generation of a replica."""

    def __init__(
        self,
        status: ReplicaStatus,
        *,
        command: Sequence[str],
        log: Path,
        probe: ProbeFor,
        tools: Tools,
        show: Callable[["Runner"], None],
    ) -> None:
        self.status = status
        self.log = log
        self.answered = asyncio.Event()
        """Set once it has answered, whatever it said."""
        self.served = asyncio.Event()
        """Set once it has served for the first time."""
        self.exited = asyncio.Event()
        """Set once its process has ended for the first time."""
        self.ended = asyncio.Event()
        self.refusal: ChildRefusedError | None = None
        self.child: Child | None = None
        self._command = command
        self._probe = probe
        self._tools = tools
        self._show = show
        self._stopping = asyncio.Event()
        self._serving_since: float | None = None
        self._down_since: float | None = None

    async def run(self) -> None:
        """Keep the process running until told to stop."""
        streak = Streak()
        policy = self._tools.pace.restart
        try:
            while not self._stopping.is_set():
                exit = await self._live()
                if self._stopping.is_set() or self.refusal:
                    break
                streak = streak.after(healthy_seconds=self._healthy_seconds(), policy=policy)
                self._serving_since = None
                wait = streak.wait_seconds(policy, self._tools.chance())
                self._fell(exit, wait, crash_looping=streak.crash_looping(policy))
                await first_of(self._stopping, seconds=wait)
        finally:
            if self.child:
                self.child.send(signal.SIGKILL)
            self._become(state=State.NOT_SERVING, reason=self.status.reason or "stopped", pid=None)
            self.ended.set()

    async def stop(self, *, hurry: asyncio.Event) -> None:
        """Ask the process to end, and make it when it does not, or when there is a *hurry*."""
        self._stopping.set()
        if self.child:
            self.child.send(signal.SIGTERM)
        await first_of(self.ended, hurry, seconds=self._tools.pace.stop_seconds)
        if self.child and not self.ended.is_set():
            self.child.send(signal.SIGKILL, reason="did not end when asked to")
        await self.ended.wait()

    def said(self, limit: int = 8) -> list[str]:
        """Return the last lines its process wrote."""
        return self.child.said(limit) if self.child else []

    async def _live(self) -> Exit:
        """Start the process and attend to it until it has ended."""
        if self.status.socket:
            # What a killed predecessor left. Nobody else ever listens on this path.
            self.status.socket.unlink(missing_ok=True)
        self.child = child = Child(self._command, self.log)
        self._become(pid=child.pid, started_ns=child.started_ns)
        self._tools.record(ProcessStarted(status=self.status))
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._watch(child))
            exit = await child.wait()
            watch.cancel()
        expected = self._stopping.is_set()
        self._tools.record(ProcessExited(status=self.status, exit=exit, expected=expected, said=child.said()))
        self._become(pid=None, last_exit=exit)
        self._down_since = self._tools.clock.monotonic()
        if exit.code in FATAL and not expected:
            self.refusal = ChildRefusedError(self.status.process, exit.code or 0, child.said())
        self.exited.set()
        return exit

    async def _watch(self, child: Child) -> None:
        """Ask the process how it is, and kill it when it has not answered for too long."""
        clock, pace = self._tools.clock, self._tools.pace
        probe = self._probe(self.status)
        heard = clock.monotonic()
        try:
            while True:
                answer = await probe.ask(seconds=pace.ask_seconds)
                if answer.answered:
                    heard = clock.monotonic()
                    self.answered.set()
                self._judge(answer)
                up = self._serving_since is not None
                if clock.monotonic() - heard > (pace.frozen_seconds if up else pace.start_seconds):
                    child.send(signal.SIGKILL, reason="frozen: its health check was not answered")
                    return
                await clock.sleep(pace.probe_seconds if up else pace.poll_seconds)
        finally:
            await probe.aclose()

    def _judge(self, answer: Answer) -> None:
        if answer.serving:
            first, self._serving_since = (
                self._serving_since is None,
                self._serving_since or self._tools.clock.monotonic(),
            )
            self._become(state=State.SERVING, reason="")
            if first:
                self._rose()
        elif self._serving_since is not None:
            self._become(state=State.NOT_SERVING, reason=answer.reason)

    def _rose(self) -> None:
        self.served.set()
        if self._down_since is not None:
            outage = self._tools.clock.monotonic() - self._down_since
            self._tools.record(ProcessRestarted(status=self.status, rolling=False, outage_seconds=outage))
            self._become(crash_looping=False)

    def _fell(self, exit: Exit, wait: float, *, crash_looping: bool) -> None:
        reason = f"ended with {exit}, starts again in {wait:.1f} s"
        if crash_looping:
            reason = f"keeps ending soon after each start; {reason}; see {self.log}"
        self._become(
            state=State.RECOVERING, reason=reason, restarts=self.status.restarts + 1, crash_looping=crash_looping
        )

    def _healthy_seconds(self) -> float:
        return 0.0 if self._serving_since is None else self._tools.clock.monotonic() - self._serving_since

    def _become(self, **changes: Unpack[_Changes]) -> None:
        before = self.status
        after = replace(before, **changes)
        if after.state is not before.state:
            after = replace(after, state_ns=self._tools.clock.wall_ns())
        self.status = after
        self._show(self)
