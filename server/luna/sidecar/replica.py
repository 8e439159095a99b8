"""One replica of a process, whatever its generation."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from luna.sidecar.adoption import generation_of
from luna.sidecar.errors import ReplacementError
from luna.sidecar.facts import ProcessRestarted
from luna.sidecar.places import point, socket_link, socket_path
from luna.sidecar.probing import ProbeFor
from luna.sidecar.runner import Runner
from luna.sidecar.spawner import Found
from luna.sidecar.start_errors import StartError
from luna.sidecar.state import Board, ReplicaStatus, State
from luna.sidecar.tools import Tools
from luna.sidecar.waiting import first_of

Command: TypeAlias = Callable[[ReplicaStatus], Sequence[str]]
"""Builds the command that runs a replica."""

Announce: TypeAlias = Callable[[Sequence[Path], float], Awaitable[None]]
"""Tells the mesh where the process listens: its replicas in service, the sockets given as well. Waits up to a time."""

Refuse: TypeAlias = Callable[[StartError], None]
"""Told that a process cannot run, and that starting it again is no use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaSpec:
    """What to run."""

    process: str
    replica: int
    modules: Sequence[str]
    command: Command
    probe: ProbeFor
    log: Path
    run: Path | None
    """The folder of its socket. ``None``: it has none, as Envoy."""
    last: bool = False
    """Whether it ends after all others, as what they still write to."""
    heir: bool = False
    """Whether the next process can only serve once the one before has let go of something."""


class Replica:
    """Runs the current generation, and replaces it without a gap."""

    def __init__(
        self,
        spec: ReplicaSpec,
        *,
        board: Board,
        tools: Tools,
        group: asyncio.TaskGroup,
        refuse: Refuse,
        found: Found | None = None,
    ) -> None:
        self.spec = spec
        self._board = board
        self._tools = tools
        self._group = group
        self._refuse = refuse
        self._found = found
        self._current = self._runner(self._status(generation=generation_of(found) if found else 1))
        self._runners = [self._current]
        self._tasks: list[asyncio.Task[None]] = []
        board.put(self._current.status)

    @property
    def current(self) -> Runner:
        """The generation in service."""
        return self._current

    @property
    def socket(self) -> Path | None:
        """The socket of the generation in service."""
        return self._current.status.socket

    def start(self) -> None:
        """Start the first generation, or go on with the one that was found."""
        self._link()
        task = self._group.create_task(self._current.run(self._found), name=f"{self.spec.process}-{self.spec.replica}")
        self._tasks.append(task)

    async def replace(self, *, announce: Announce, hurry: asyncio.Event, spare: bool = False) -> None:
        """Start the next generation, hand over to it, and end the old one.

        *announce* is called when calls may go to the new socket too, and when they must not go to the old one any more.

        With *spare* it is the one that stands by, if there is one: it is quick, and has the program as that was when it
        was loaded.

        Where somebody else starts processes, the next one is no new generation, and there is a gap.

        Raises:
            ReplacementError: the next generation did not come up; the old one goes on.

        """
        if self._tools.spawner.attached:
            await self._start_over(hurry)
            return
        old = self._current
        new = self._runner(self._status(generation=old.status.generation + 1, old=old.status), spare=spare)
        self._runners.append(new)
        self._group.create_task(new.run(), name=f"{self.spec.process}-{self.spec.replica}.{new.status.generation}")
        if not await self._comes_up(new, hurry):
            await self._retire(new, hurry)
            raise ReplacementError(self.spec.process, self.spec.replica, self.spec.log)
        # Nobody sends calls yet to one that waits for the log.
        seconds = self._tools.pace.settle_seconds if new.served.is_set() else 0.0
        await announce([socket for socket in [new.status.socket] if socket], seconds)
        self._current = new
        self._board.put(new.status)
        self._link()
        await announce([], seconds)
        self._tools.record(ProcessRestarted(status=new.status, rolling=True, outage_seconds=0.0))
        await first_of(hurry, seconds=self._tools.pace.linger_seconds)
        await self._retire(old, hurry)
        await first_of(new.served, new.exited, hurry, seconds=self._tools.pace.start_seconds)

    def leave(self) -> None:
        """Attend to it no more, and let its process run."""
        for task in self._tasks:
            task.cancel()

    async def stop(self, *, hurry: asyncio.Event) -> None:
        """End every generation: the one in service, and whatever an interrupted replacement left."""
        await asyncio.gather(*(self._retire(runner, hurry) for runner in tuple(self._runners)))

    async def _start_over(self, hurry: asyncio.Event) -> None:
        """End the process, and wait for the one that comes in its place: two cannot listen on one socket."""
        clock, runner, before = self._tools.clock, self._current, self._current.status.pid
        began = clock.monotonic()
        until = began + self._tools.pace.start_seconds
        await runner.start_over(hurry=hurry)
        while runner.status.state is not State.SERVING or runner.status.pid == before:
            rest = until - clock.monotonic()
            if rest <= 0 or hurry.is_set():
                return
            await first_of(self._board.changed, hurry, seconds=rest)
        self._tools.record(
            ProcessRestarted(status=runner.status, rolling=False, outage_seconds=clock.monotonic() - began)
        )

    async def _retire(self, runner: Runner, hurry: asyncio.Event) -> None:
        await runner.stop(hurry=hurry)
        self._runners.remove(runner)
        if runner.status.socket:
            runner.status.socket.unlink(missing_ok=True)

    async def _comes_up(self, new: Runner, hurry: asyncio.Event) -> bool:
        pace = self._tools.pace
        if self.spec.last or self.spec.heir:
            # Modules that write cannot serve before the old process has let go of what they write.
            await first_of(new.answered, new.exited, hurry, seconds=pace.start_seconds)
            await first_of(new.served, new.exited, hurry, seconds=pace.inherit_seconds)
            return new.answered.is_set() and not new.exited.is_set()
        await first_of(new.served, new.exited, hurry, seconds=pace.start_seconds)
        return new.served.is_set() and not new.exited.is_set()

    def _show(self, runner: Runner) -> None:
        if runner is self._current:
            self._board.put(runner.status)
            if runner.refusal:
                self._refuse(runner.refusal)

    def _runner(self, status: ReplicaStatus, *, spare: bool = False) -> Runner:
        return Runner(
            status,
            command=self.spec.command(status),
            log=self.spec.log,
            probe=self.spec.probe,
            tools=self._tools,
            show=self._show,
            spare=spare,
        )

    def _status(self, *, generation: int, old: ReplicaStatus | None = None) -> ReplicaStatus:
        spec = self.spec
        return ReplicaStatus(
            process=spec.process,
            replica=spec.replica,
            modules=tuple(spec.modules),
            generation=generation,
            socket=socket_path(spec.run, spec.process, spec.replica, generation) if spec.run else None,
            restarts=old.restarts if old else 0,
            last_exit=old.last_exit if old else None,
            state_ns=self._tools.clock.wall_ns(),
        )

    def _link(self) -> None:
        if self.spec.run and self.socket:
            point(socket_link(self.spec.run, self.spec.process, self.spec.replica), self.socket)
