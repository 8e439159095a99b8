"""Runs a node from the sidecar: takes charge of what runs, starts the rest, serves, and stops it in order."""

import asyncio
import os
import socket
import time
from collections import deque
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from luna import __version__
from luna.kernel.clock import SystemClock
from luna.kernel.identity import Identity
from luna.sidecar.adoption import end_leftovers, sort_out
from luna.sidecar.attached import hear_the_end
from luna.sidecar.commands import replica_specs, serve_command, standby
from luna.sidecar.console import Console
from luna.sidecar.endpoints import Endpoints, NoEndpoints
from luna.sidecar.facts import Fact, NodeStarted, NodeStopping
from luna.sidecar.frugal import UNNEEDED, doing_without, give_back
from luna.sidecar.journal import Journal
from luna.sidecar.logs import keep_small
from luna.sidecar.mesh import Mesh
from luna.sidecar.observation import Observation
from luna.sidecar.own import adopted, fall_before, memo, own_status, was_ready
from luna.sidecar.parent import Inheritance, Parent
from luna.sidecar.places import log_directory, run_directory, sidecar_socket
from luna.sidecar.plan import Plan
from luna.sidecar.process_stat import memory_bytes
from luna.sidecar.spawner import NoSpare, Spare
from luna.sidecar.standby import remind
from luna.sidecar.start_errors import ChildNotServingError, StartError
from luna.sidecar.supervisor import Supervisor
from luna.sidecar.told import Told
from luna.sidecar.tools import Tools
from luna.sidecar.waiting import first_of
from luna.topology import SIDECAR

if TYPE_CHECKING:
    from luna.sidecar.recovery.service import Recovery

_REACH_SECONDS: Final = 5.0
"""How long Envoy may take to find processes that serve."""
_FLUSH_SECONDS: Final = 1.0
_EARLY_MAX: Final = 256
_PATIENCE_SECONDS: Final = 1.0


class Node:
    """One run of a node."""

    def __init__(
        self, plan: Plan, group: asyncio.TaskGroup, *, link: Parent, inheritance: Inheritance, told: Told
    ) -> None:
        self._plan = plan
        self._group = group
        self._link = link
        self._inheritance = inheritance
        self._told = told
        self._took_over = time.monotonic()
        self._background: list[asyncio.Task[None]] = []
        clock = SystemClock()
        self._identity = Identity(
            node=plan.settings.node_name or socket.gethostname(),
            process=f"{SIDECAR}-0",
            version=__version__,
            started_ns=inheritance.began_ns,
        )
        self._mesh = Mesh(plan.settings, plan.topology, attached=plan.attached) if plan.mesh else None
        self._journal = Journal(clock=clock)
        endpoints: Endpoints = self._mesh or NoEndpoints()
        found, self._leftovers = sort_out(inheritance.found, run_directory(plan.settings))
        self._spare: Spare = (
            standby(
                plan.settings, spawner=link, clock=clock, calm=lambda: self._supervisor.calm, found=inheritance.found
            )
            if plan.standby
            else NoSpare()
        )
        self._tools = Tools(
            clock=clock,
            pace=plan.paced,
            record=self._record,
            spawner=link,
            spare=self._spare,
            memory_bytes_max=plan.settings.process_memory_bytes_max or memory_bytes() // 2,
        )
        # What is seen before there is anybody to draw conclusions from it.
        self._early: deque[Observation] = deque(maxlen=_EARLY_MAX)
        self._unsubscribe = self._tools.observations.subscribe(self._early.append)
        self._recovery: Recovery | None = None
        self._supervisor = Supervisor(
            list(replica_specs(plan.settings, plan.topology, plan.command or serve_command(plan.settings))),
            node=self._identity.node,
            endpoints=endpoints,
            tools=self._tools,
            group=group,
            found=found,
            hurry=told.hurry,
        )
        self._was_ready = was_ready(inheritance)
        self._own = own_status(plan.settings, inheritance)
        if inheritance.life > 1 and not inheritance.on_purpose:
            self._early.append(fall_before(self._own, inheritance))
        link.remember(memo(ready=self._was_ready))
        self._console = Console(
            endpoints=plan.addresses(inheritance.keeper_pid), board=self._supervisor.board, ready=self._was_ready
        )

    async def run(self) -> StartError | None:
        """Start, serve and stop, and return why the node could not start or go on, if it could not."""
        failure: StartError | None = None
        async with AsyncExitStack() as stack:
            try:
                await self._up(stack)
            except StartError as error:
                # Not raised through the task groups in the stack, which would wrap it.
                failure = error
            await self._down("the node cannot go on" if failure else self._told.reason)
        # Without whoever wrote to it, the log has nothing to wait for.
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._supervisor.stop_last()
        return failure

    async def _up(self, stack: AsyncExitStack) -> None:
        """Start everything, say so, and wait until there is a reason to stop."""
        supervisor = self._supervisor
        await supervisor.start()
        self._accompany()
        if self._mesh:
            self._mesh.publish(SIDECAR, [sidecar_socket(self._plan.settings)])
            supervisor.add(self._mesh.spec(taken_over=self._inheritance.life > 1))
            await asyncio.sleep(0)
        await self._serve(stack)
        if self._inheritance.life > 1:
            self._record(adopted(self._supervisor.board.all(), self._inheritance, since=self._took_over))
        await self._ready()
        give_back()
        if not self._told.stop.is_set():
            self._spawn(self._spare.run())
            self._spawn(self._console.live())
            await first_of(self._told.stop, supervisor.failed)
        if supervisor.failure:
            raise supervisor.failure

    def _accompany(self) -> None:
        """Begin what goes on for as long as the node runs."""
        self._spawn(self._link.beat())
        self._spawn(remind(self._inheritance.found))
        self._spawn(end_leftovers(self._leftovers, self._link, hurry=self._told.hurry))
        self._spawn(keep_small(log_directory(self._plan.settings)))
        if self._plan.attached:
            self._spawn(hear_the_end(self._link, self._record))
        if self._plan.verbose:
            self._spawn(self._console.follow(self._plan.logs))

    async def _ready(self) -> None:
        """Wait until everything has served once, unless that was in an earlier life."""
        if self._was_ready or not await self._come_up():
            return
        unreached = await self._mesh.unreached(seconds=_REACH_SECONDS) if self._mesh else ()
        self._record(NodeStarted(seconds=time.monotonic() - self._inheritance.began, unreached=unreached))
        self._link.remember(memo(ready=True))

    async def _come_up(self) -> bool:
        """Wait until everything has served once. ``False``: there is no need any more."""
        while True:
            try:
                return await self._supervisor.ready(unless=self._told.stop)
            except ChildNotServingError:
                # Whoever starts them has all the time in the world, and may be pulling an image.
                if not self._plan.attached:
                    raise
                await first_of(self._told.stop, seconds=_PATIENCE_SECONDS)

    async def _serve(self, stack: AsyncExitStack) -> None:
        """Serve ``NodeService``, and begin to write down what happens."""
        # gRPC: see commands.health_probe
        with doing_without(*UNNEEDED):
            from luna.sidecar.in_step import InStep  # noqa: PLC0415
            from luna.sidecar.recovery.service import Recovery, Setting  # noqa: PLC0415
            from luna.sidecar.serving import log_to, serve_node  # noqa: PLC0415
            from luna.sidecar.translate import writer  # noqa: PLC0415

        plan = self._plan
        log_to(None if plan.attached else plan.logs[SIDECAR], plan.settings)
        recovery = self._recovery = Recovery(
            Setting(
                supervisor=self._supervisor,
                own=self._own,
                observations=self._tools.observations,
                early=self._early,
                settings=plan.settings,
                topology=plan.topology,
                identity=self._identity,
                clock=self._tools.clock,
                memory_bytes_max=self._tools.memory_bytes_max,
            )
        )
        await stack.enter_async_context(
            serve_node(
                self._supervisor,
                recovery,
                settings=plan.settings,
                topology=plan.topology,
                identity=self._identity,
                endpoint=plan.endpoint,
                logs=plan.logs,
                admin=self._mesh.admin if self._mesh else None,
            )
        )
        self._unsubscribe()
        self._spawn(recovery.run())
        self._journal.hand_over(writer(self._identity, plan.topology, os.getpid(), recovery.parts.outbox.put))
        if self._mesh:
            self._spawn(InStep(self._mesh, recovery.guards.level).run())

    async def _down(self, reason: str) -> None:
        """End everything but what the others write to, in order. What somebody else started goes on."""
        failed = not self._told.stop.is_set()
        if self._plan.attached:
            self._supervisor.leave()
        else:
            self._record(NodeStopping(reason=reason))
        await self._supervisor.stop(drain=None if failed or self._plan.attached else self._drain)
        if self._recovery and not failed:
            await self._recovery.stop(seconds=_FLUSH_SECONDS)

    async def _drain(self, hurry: asyncio.Event) -> None:
        if self._mesh:
            await self._mesh.admin.drain(seconds=self._plan.settings.drain_seconds, hurry=hurry)

    def _record(self, fact: Fact) -> None:
        self._journal.record(fact)
        self._console.tell(fact)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        self._background.append(self._group.create_task(work))
