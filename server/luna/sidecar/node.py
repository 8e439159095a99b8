"""Runs a node: ``arkalia up``."""

import asyncio
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Final

from luna import __version__
from luna.kernel.clock import SystemClock
from luna.kernel.identity import Identity
from luna.settings import Settings
from luna.sidecar.commands import replica_specs, serve_command
from luna.sidecar.console import Console
from luna.sidecar.endpoints import Endpoints, NoEndpoints
from luna.sidecar.exit_codes import ExitCode
from luna.sidecar.facts import Fact, NodeStarted, NodeStopping
from luna.sidecar.journal import Journal
from luna.sidecar.logs import keep_small
from luna.sidecar.mesh import Mesh
from luna.sidecar.node_lock import node_lock
from luna.sidecar.places import clear_sockets, lock_path, log_directory, prepare, run_directory, sidecar_socket
from luna.sidecar.plan import Plan
from luna.sidecar.ports import check_ports
from luna.sidecar.probing import Pace
from luna.sidecar.runner import Tools
from luna.sidecar.start_errors import StartError
from luna.sidecar.supervisor import Supervisor
from luna.sidecar.waiting import first_of
from luna.topology import SIDECAR, Topology

_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_KILL_MARGIN_SECONDS: Final = 5.0
"""How much longer than its drain a process may take to end."""
_REACH_SECONDS: Final = 5.0
"""How long Envoy may take to find processes that serve."""
_FLUSH_SECONDS: Final = 1.0


async def run(settings: Settings, topology: Topology, *, verbose: bool = False) -> int:
    """Run the node until it is told to stop, and return the exit code."""
    return await run_plan(Plan(settings=settings, topology=topology, verbose=verbose))


async def run_plan(plan: Plan) -> int:
    """Run the node that *plan* describes until it is told to stop, and return the exit code."""
    settings = plan.settings
    try:
        prepare(settings)
        with node_lock(lock_path(settings), endpoint=plan.endpoint or str(sidecar_socket(settings))):
            if plan.mesh:
                check_ports(settings)
            clear_sockets(run_directory(settings))
            await _run_locked(plan)
    except StartError as error:
        sys.stderr.write(f"arkalia: {error}\n")
        return error.code
    return int(ExitCode.OK)


async def _run_locked(plan: Plan) -> None:
    async with asyncio.TaskGroup() as group:
        node = _Node(plan, group)
        with _signals(node.signalled):
            failure = await node.run()
    clear_sockets(run_directory(plan.settings))
    if failure:
        raise failure


class _Node:
    """One run of a node."""

    def __init__(self, plan: Plan, group: asyncio.TaskGroup) -> None:
        self._plan = plan
        self._group = group
        self._background: list[asyncio.Task[None]] = []
        self._stop = asyncio.Event()
        self._stop_reason = ""
        clock = SystemClock()
        self._identity = Identity(
            node=plan.settings.node_name or socket.gethostname(),
            process=f"{SIDECAR}-0",
            version=__version__,
            started_ns=clock.wall_ns(),
        )
        self._mesh = Mesh(plan.settings, plan.topology) if plan.mesh else None
        self._journal = Journal(self._identity, clock=clock)
        endpoints: Endpoints = self._mesh or NoEndpoints()
        self._supervisor = Supervisor(
            list(replica_specs(plan.settings, plan.topology, plan.command or serve_command(plan.settings))),
            node=self._identity.node,
            endpoints=endpoints,
            tools=Tools(
                clock=clock,
                pace=plan.pace or Pace(stop_seconds=plan.settings.drain_seconds + _KILL_MARGIN_SECONDS),
                record=self._record,
            ),
            group=group,
        )
        self._console = Console(endpoints=plan.addresses(), board=self._supervisor.board)

    async def run(self) -> StartError | None:
        """Start, serve and stop, and return why the node could not start or go on, if it could not."""
        failure: StartError | None = None
        async with AsyncExitStack() as stack:
            try:
                await self._up(stack)
            except StartError as error:
                # Not raised through the task groups in the stack, which would wrap it.
                failure = error
            await self._down("the node cannot go on" if failure else self._stop_reason)
        # Without whoever wrote to it, the log has nothing to wait for.
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._supervisor.stop_last()
        return failure

    def signalled(self, name: str) -> None:
        """Stop, because of the signal *name*; the second time, in a hurry."""
        if self._stop.is_set():
            self._supervisor.hurry()
        self._stop_reason = self._stop_reason or name
        self._stop.set()

    async def _up(self, stack: AsyncExitStack) -> None:
        """Start everything, say so, and wait until there is a reason to stop."""
        supervisor = self._supervisor
        await supervisor.start()
        self._spawn(keep_small(log_directory(self._plan.settings)))
        if self._plan.verbose:
            self._spawn(self._console.follow(self._plan.logs))
        if self._mesh:
            self._mesh.publish(SIDECAR, [sidecar_socket(self._plan.settings)])
            supervisor.add(self._mesh.spec())
            await asyncio.sleep(0)
        await self._serve(stack)
        if await supervisor.ready(unless=self._stop):
            unreached = await self._mesh.unreached(seconds=_REACH_SECONDS) if self._mesh else ()
            self._record(NodeStarted(seconds=time.monotonic() - self._plan.began, unreached=unreached))
            self._spawn(self._console.live())
            await first_of(self._stop, supervisor.failed)
        if supervisor.failure:
            raise supervisor.failure

    async def _serve(self, stack: AsyncExitStack) -> None:
        """Serve ``NodeService``, and begin to send the journal."""
        from luna.sidecar.serving import keep, log_to, serve_node  # noqa: PLC0415  gRPC: see commands._health_probe

        plan = self._plan
        log_to(plan.logs[SIDECAR], plan.settings)
        await stack.enter_async_context(
            serve_node(
                self._supervisor,
                settings=plan.settings,
                topology=plan.topology,
                identity=self._identity,
                endpoint=plan.endpoint,
                logs=plan.logs,
                admin=self._mesh.admin if self._mesh else None,
            )
        )
        self._spawn(keep(self._journal, identity=self._identity, settings=plan.settings, topology=plan.topology))

    async def _down(self, reason: str) -> None:
        """End everything but what the others write to, in order."""
        self._record(NodeStopping(reason=reason))
        failed = not self._stop.is_set()
        await self._supervisor.stop(drain=None if failed else self._drain)
        if not failed:
            await self._journal.flush(seconds=_FLUSH_SECONDS)

    async def _drain(self, hurry: asyncio.Event) -> None:
        if self._mesh:
            await self._mesh.admin.drain(seconds=self._plan.settings.drain_seconds, hurry=hurry)

    def _record(self, fact: Fact) -> None:
        self._journal.record(fact)
        self._console.tell(fact)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        self._background.append(self._group.create_task(work))


@contextmanager
def _signals(told: Callable[[str], None]) -> Iterator[None]:
    """Call *told* with the name of each signal to stop, while the block runs."""
    loop = asyncio.get_running_loop()
    for signum in _STOP_SIGNALS:
        loop.add_signal_handler(signum, told, signum.name)
    try:
        yield
    finally:
        for signum in _STOP_SIGNALS:
            loop.remove_signal_handler(signum)
