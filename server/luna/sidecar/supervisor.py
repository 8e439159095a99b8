"""Starts, watches, replaces and stops every process of a node."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from luna.sidecar.endpoints import Endpoints
from luna.sidecar.errors import NodeStoppingError, NotRestartableError, ProcessUnknownError
from luna.sidecar.probing import Probe
from luna.sidecar.replica import Replica, ReplicaSpec
from luna.sidecar.runner import Runner
from luna.sidecar.spawner import Found
from luna.sidecar.start_errors import ChildNotServingError, StartError
from luna.sidecar.state import Board, Key, ReplicaStatus, State, worst
from luna.sidecar.tools import Tools
from luna.sidecar.waiting import first_of
from luna.sidecar.watch import Vitals

ENVOY: Final = "envoy"
"""The name that Envoy goes by among the processes."""
_RESTARTS_REMEMBERED: Final = 256


class Supervisor:
    """The processes of one node, and Envoy in front of them.

    Rule 1: all start at once; order is kept only where stopping needs it.
    Rule 2: a restart that was begun is finished, whoever asked for it and
    whether or not they wait; one process is restarted by one task at a time.
    """

    def __init__(
        self,
        specs: Sequence[ReplicaSpec],
        *,
        node: str,
        endpoints: Endpoints,
        tools: Tools,
        group: asyncio.TaskGroup,
        found: Mapping[Key, Found] | None = None,
        hurry: asyncio.Event | None = None,
    ) -> None:
        self.board = Board(after=tools.clock.wall_ns() // 1000)
        self.failure: StartError | None = None
        self.failed = asyncio.Event()
        """Set once the node cannot go on."""
        self.observations = tools.observations
        """Where to subscribe to what happens to the processes."""
        self._node = node
        self._endpoints = endpoints
        self._tools = tools
        self._group = group
        self._found = found or {}
        self._replicas = [self._replica(spec) for spec in specs]
        self._hurry = hurry or asyncio.Event()
        self._stopping = False
        self._restarts: OrderedDict[tuple[str, str], asyncio.Task[None]] = OrderedDict()
        self._locks = {spec.process: asyncio.Lock() for spec in specs}

    async def start(self) -> None:
        """Start every server process that does not run yet, and tell the mesh where they listen."""
        for replica in self._replicas:
            replica.start()
        # The processes are on their way before anything else is done here.
        await asyncio.sleep(0)
        for process in self._locks:
            self._publish(process)

    def add(self, spec: ReplicaSpec) -> None:
        """Start one process more, unless it runs already."""
        replica = self._replica(spec)
        self._locks[spec.process] = asyncio.Lock()
        self._replicas.append(replica)
        replica.start()

    async def ready(self, *, unless: asyncio.Event) -> bool:
        """Wait until every process has served once. ``False``: *unless* was set before.

        Raises:
            ChildNotServingError: one did not come up in time, or kept ending.
            StartError: one said that it cannot run.

        """
        until = (clock := self._tools.clock).monotonic() + self._tools.pace.start_seconds
        while (late := self._late()) and not any(replica.current.status.crash_looping for replica in late):
            rest = until - clock.monotonic()
            if rest <= 0 or self.failure or unless.is_set():
                break
            await first_of(self.board.changed, self.failed, unless, seconds=rest)
        if self.failure:
            raise self.failure
        if late and not unless.is_set():
            raise ChildNotServingError(
                ", ".join(f"{replica.spec.process}-{replica.spec.replica}" for replica in late),
                [line for replica in late for line in replica.current.said()],
            )
        return not late

    async def restart(self, process: str, restart_id: str, *, spare: bool = False) -> Sequence[ReplicaStatus]:
        """Replace the replicas of *process*, one after the other, with *spare* by the one that stands by.

        The same *restart_id* is the same restart.

        Raises:
            ProcessUnknownError: there is no such process.
            NotRestartableError: it is Envoy.
            NodeStoppingError: the node is stopping.
            ReplacementError: a replacement did not come up; the old one goes on.

        """
        self._check_restartable(process)
        task = self._restarts.get((process, restart_id))
        if task is None:
            task = self._restarts[process, restart_id] = asyncio.ensure_future(self._restart(process, spare=spare))
            self._forget()
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise NodeStoppingError(self._node) from None
            raise
        return self.board.of(process)

    async def kill_and_restart(self, process: str, replica: int, reason: str) -> ReplicaStatus:
        """End one replica at once, start it again without a wait, and return how it then is.

        It is waited for until it serves, but not longer than a start may take.

        Raises:
            ProcessUnknownError: there is no such replica.
            NodeStoppingError: the node is stopping.

        """
        runner = self._runner(process, replica)
        if self._stopping:
            raise NodeStoppingError(self._node)
        before = runner.status.pid
        await runner.kill(reason)
        clock = self._tools.clock
        until = clock.monotonic() + self._tools.pace.start_seconds
        while runner.status.state is not State.SERVING or runner.status.pid == before:
            rest = until - clock.monotonic()
            if rest <= 0 or self._stopping:
                break
            await first_of(self.board.changed, seconds=rest)
        return runner.status

    def probe(self, status: ReplicaStatus) -> Probe:
        """Return a new connection to the process that *status* is of, which asks how it is."""
        for each in self._replicas:
            if (each.spec.process, each.spec.replica) == status.key:
                return each.spec.probe(status)
        raise ProcessUnknownError(status.process, sorted(self._locks))

    def vitals(self, process: str, replica: int) -> Vitals | None:
        """Return what one replica uses, ``None`` if it does not run or was not measured yet.

        Raises:
            ProcessUnknownError: there is no such replica.

        """
        watch = self._runner(process, replica).watch
        return watch.vitals if watch else None

    @property
    def calm(self) -> bool:
        """Whether every process serves."""
        return worst(self.board.all()) is State.SERVING

    def hurry(self) -> None:
        """Stop waiting for anybody: what still runs is killed."""
        self._hurry.set()

    async def stop(self, *, drain: Callable[[asyncio.Event], Coroutine[None, None, None]] | None = None) -> None:
        """End everything: drain Envoy, then Envoy and the servers, then the log."""
        self._stopping = True
        restarts = [task for task in self._restarts.values() if not task.done()]
        for task in restarts:
            task.cancel()
        await asyncio.gather(*restarts, return_exceptions=True)
        if drain and any(status.process == ENVOY for status in self.board.all()):
            await drain(self._hurry)
        await self._stop([replica for replica in self._replicas if not replica.spec.last])

    def leave(self) -> None:
        """Attend to nothing any more, and let all of it run."""
        for replica in self._replicas:
            replica.leave()
        self._replicas.clear()

    async def stop_last(self) -> None:
        """End what the others needed until their end: the log."""
        await self._stop([replica for replica in self._replicas if replica.spec.last])

    def _replica(self, spec: ReplicaSpec) -> Replica:
        return Replica(
            spec,
            board=self.board,
            tools=self._tools,
            group=self._group,
            refuse=self._refuse,
            found=self._found.get((spec.process, spec.replica)),
        )

    def _runner(self, process: str, replica: int) -> Runner:
        for each in self._replicas:
            if (each.spec.process, each.spec.replica) == (process, replica):
                return each.current
        raise ProcessUnknownError(process, sorted(self._locks))

    async def _stop(self, replicas: Sequence[Replica]) -> None:
        await asyncio.gather(*(replica.stop(hurry=self._hurry) for replica in replicas))

    async def _restart(self, process: str, *, spare: bool) -> None:
        announce = partial(self._announce, process)
        async with self._locks[process]:
            for replica in self._replicas:
                if replica.spec.process == process:
                    await replica.replace(announce=announce, hurry=self._hurry, spare=spare)

    async def _announce(self, process: str, more: Sequence[Path], seconds: float) -> None:
        await self._endpoints.settled(process, self._publish(process, more), seconds=seconds)

    def _check_restartable(self, process: str) -> None:
        if process not in self._locks:
            raise ProcessUnknownError(process, sorted(self._locks))
        if process == ENVOY:
            raise NotRestartableError(process)
        if self._stopping:
            raise NodeStoppingError(self._node)

    def _publish(self, process: str, more: Sequence[Path] = ()) -> Sequence[Path]:
        found = (replica.socket for replica in self._replicas if replica.spec.process == process)
        sockets = [*(socket for socket in found if socket), *more]
        self._endpoints.publish(process, sockets)
        return sockets

    def _forget(self) -> None:
        while len(self._restarts) > _RESTARTS_REMEMBERED and next(iter(self._restarts.values())).done():
            self._restarts.popitem(last=False)

    def _refuse(self, error: StartError) -> None:
        self.failure = self.failure or error
        self.failed.set()

    def _late(self) -> Sequence[Replica]:
        return [replica for replica in self._replicas if not replica.current.served.is_set()]
