"""Keeps one process running on one socket.

::

                serves                  answers, but not "serving"
    STARTING ───────────▶ SERVING ◀───────────────────────────────▶ NOT_SERVING
        │ ends               │ ends, or is killed because it is frozen   │
        ▼                    ▼                                           ▼
    RECOVERING: wait, start again ── serves ──▶ SERVING

Rule 1: a process that says that starting again is no use is not started again.
Rule 2: once told to stop, the runner starts nothing.
Rule 3: the end of the runner is not the end of its process. Only `stop` is.
"""

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from luna.sidecar.child import Child, not_started
from luna.sidecar.chronicle import Chronicle
from luna.sidecar.exit_codes import FATAL
from luna.sidecar.observation import Kind
from luna.sidecar.probing import Answer, ProbeFor
from luna.sidecar.restarts import Streak
from luna.sidecar.spawner import Found, Order, SpawnError, slot_key
from luna.sidecar.start_errors import ChildRefusedError
from luna.sidecar.state import Changes, Exit, ReplicaStatus, State
from luna.sidecar.tools import Tools
from luna.sidecar.waiting import first_of
from luna.sidecar.watch import Watch
from luna.transport.heartbeat import beat_path


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
        spare: bool = False,
    ) -> None:
        """Without *spare* the one that stands by takes the place only of a process that fell."""
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
        self._chronicle = Chronicle(tools)
        self._show = show
        self._spare = spare
        self._stopping = asyncio.Event()
        self.watch: Watch | None = None
        """Looks at its process."""
        self._at_once = asyncio.Event()
        self._over = False
        """Whether its process was asked to end, and another is to come in its place."""
        self._serving_since = 0.0

    @property
    def key(self) -> str:
        """What its process is known by to the keeper."""
        return slot_key(self.status.process, self.status.replica, self.status.generation)

    async def run(self, found: Found | None = None) -> None:
        """Keep the process running until told to stop: the one that was *found*, if there is one."""
        streak = Streak(exits=self._inherit(found) if found else 0)
        child = found.child if found else None
        try:
            while not self._stopping.is_set():
                exit = await self._live(child, streak)
                child = None
                if self._stopping.is_set() or self.refusal:
                    break
                streak = await self._rest(exit, streak)
            self._tools.spawner.let_go(self.key)
        finally:
            self._become(state=State.NOT_SERVING, reason=self.status.reason or "stopped", pid=None)
            self.ended.set()

    async def kill(self, reason: str) -> None:
        """End the process if it runs, for whoever can say why, and start it again without a wait."""
        self._at_once.set()
        if self.child and self.child.running:
            self.child.send(signal.SIGKILL, reason=reason)
            await self.child.wait()

    async def stop(self, *, hurry: asyncio.Event) -> None:
        """Ask the process to end, and make it when it does not, or when there is a *hurry*."""
        self._stopping.set()
        self._tools.spawner.let_go(self.key)
        await self._end(self.ended, hurry)
        await self.ended.wait()

    async def start_over(self, *, hurry: asyncio.Event) -> None:
        """Have the process end as `stop` does, and another come in its place."""
        if self.child and self.child.running:
            self._over = True
            self._at_once.set()
            await self._end(self.child.over, hurry)
            await self.child.wait()

    def said(self, limit: int = 8) -> list[str]:
        """Return the last lines its process wrote."""
        return self.child.said(limit) if self.child else []

    async def _end(self, over: asyncio.Event, hurry: asyncio.Event) -> None:
        if self.watch:
            self.watch.lenient = True
        if self.child:
            self.child.send(signal.SIGTERM)
        await first_of(over, hurry, seconds=self._tools.pace.stop_seconds)
        if self.child and not over.is_set():
            self.child.send(signal.SIGKILL, reason="did not end when asked to")

    def _inherit(self, found: Found) -> int:
        """Take over what an earlier sidecar knew, tell what happened since, and return the quick exits in a row."""
        restarts, streak = (int(str(found.note.get(name, 0))) for name in ("restarts", "streak"))
        for pid, exit in found.exits:
            self._chronicle.ended(replace(self.status, pid=pid), exit, expected=False)
            self._become(last_exit=exit)
        # One that does not run is about to be started again.
        self._become(restarts=restarts + found.restarts + (found.child is None))
        if found.child and found.restarts:
            self._chronicle.was_started(replace(self.status, pid=found.child.pid, started_ns=found.child.started_ns))
        return streak + len(found.exits)

    async def _live(self, child: Child | None, streak: Streak) -> Exit:
        """Start the process, unless it runs, and attend to it until it has ended."""
        if child is None:
            try:
                child = await self._start(streak)
            except SpawnError as error:
                return self._ended(not_started(error, self._tools.clock.wall_ns()), [str(error)])
        else:
            self._become(pid=child.pid, started_ns=child.started_ns)
        self.child = child
        if self._stopping.is_set():
            # It was told to stop before there was anybody to tell.
            child.send(signal.SIGKILL, reason="not needed any more")
        self.watch = watch = self._watch_over(child)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(watch.run())
            exit = await child.wait()
            watching.cancel()
        return self._ended(exit, child.said())

    async def _start(self, streak: Streak) -> Child:
        if self.status.socket and not self._tools.spawner.attached:
            # What a killed predecessor left. Nobody else ever listens on this path.
            self.status.socket.unlink(missing_ok=True)
            beat_path(self.status.socket).unlink(missing_ok=True)
        note = {"restarts": self.status.restarts, "streak": streak.exits}
        order = Order(key=self.key, command=self._command, log=self.log, note=note)
        # A spare is for who fell, and not for who keeps falling, which would use it up and not be helped.
        helped = self.status.socket and (self._spare or self.exited.is_set()) and streak.exits <= 1
        child = await self._tools.spare.take(order, self.status) if helped else None
        child = child or await self._tools.spawner.start(order)
        self._become(pid=child.pid, started_ns=child.started_ns)
        self._chronicle.started(self.status)
        return child

    def _ended(self, exit: Exit, said: Sequence[str]) -> Exit:
        expected = self._stopping.is_set() or self._over or self._tools.spawner.ending
        self._over = False
        self._chronicle.ended(self.status, exit, expected=expected, said=said)
        self._become(pid=None, last_exit=exit)
        if exit.code in FATAL and not expected and not self._tools.spawner.attached:
            self.refusal = ChildRefusedError(self.status.process, exit.code or 0, said)
        self.exited.set()
        return exit

    def _watch_over(self, child: Child) -> Watch:
        socket = self.status.socket
        return Watch(
            child,
            self._probe(self.status),
            beat=beat_path(socket) if socket else None,
            tools=self._tools,
            hear=self._hear,
            notice=self._notice,
        )

    def _notice(self, kind: Kind, seconds_ago: float, evidence: Mapping[str, str]) -> None:
        self._chronicle.noticed(kind, self.status, evidence, seconds_ago=seconds_ago)

    def _hear(self, answer: Answer) -> bool:
        """Take note of what the process said, and return whether it has ever served."""
        if answer.answered:
            self.answered.set()
        if answer.serving:
            first, self._serving_since = not self._serving_since, self._serving_since or self._tools.clock.monotonic()
            self._become(state=State.SERVING, reason="")
            if first:
                self._rose()
        elif self._serving_since:
            self._become(state=State.NOT_SERVING, reason=answer.reason)
        return bool(self._serving_since)

    def _rose(self) -> None:
        self.served.set()
        self._become(crash_looping=False)
        self._chronicle.serves(self.status)

    async def _rest(self, exit: Exit, streak: Streak) -> Streak:
        """Wait until the process may be started again, and return the quick exits in a row."""
        policy, wait = self._tools.pace.restart, 0.0
        if not self._at_once.is_set():
            healthy = self._tools.clock.monotonic() - self._serving_since if self._serving_since else 0.0
            streak = streak.after(healthy_seconds=healthy, policy=policy)
            if streak.exits > 1 or not self._tools.spare.ready:
                wait = streak.wait_seconds(policy, self._tools.chance())
        self._serving_since = 0.0
        looping = streak.crash_looping(policy)
        again = "is waited for" if self._tools.spawner.attached else f"starts again in {wait:.1f} s"
        reason = f"ended with {exit}, {again}"
        if looping:
            reason = f"keeps ending soon after each start; {reason}; see {self.log}"
        news = looping and not self.status.crash_looping
        self._become(state=State.RECOVERING, reason=reason, restarts=self.status.restarts + 1, crash_looping=looping)
        if news:
            self._chronicle.keeps_ending(self.status, exits=streak.exits)
        await first_of(self._stopping, self._at_once, seconds=wait)
        self._at_once.clear()
        return streak

    def _become(self, **changes: Unpack[Changes]) -> None:
        after = replace(self.status, **changes)
        if after.state is not self.status.state:
            after = replace(after, state_ns=self._tools.clock.wall_ns())
        self.status = after
        self._show(self)
