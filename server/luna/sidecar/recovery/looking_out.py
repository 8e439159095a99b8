"""Looks out for failures that only show in the log: consumers that do not get on, and contradictions."""

import asyncio
import logging
import time
from contextlib import aclosing
from typing import Final
from uuid import uuid4

import grpc.aio
from arkalia.events.v1 import event_service_pb2 as rpc
from arkalia.events.v1 import event_service_pb2_grpc as stubs
from arkalia.node.v1 import severity_pb2
from arkalia.reflexia.v1 import reflexia_event_pb2 as reflexia

from luna.kernel.clock import Clock
from luna.kernel.error_reports import ErrorReport, ErrorTarget, ErrorType, Severity
from luna.kernel.event_log import EventLog
from luna.kernel.events import Event, EventFilter
from luna.sidecar.recovery.consumers import EVERY_SECONDS, ConsumerWatch, Stuck
from luna.sidecar.recovery.hands import find
from luna.sidecar.recovery.sources import Sources
from luna.sidecar.state import Board, State

_CONTRADICTED: Final = reflexia.ContradictionDetected.DESCRIPTOR.full_name
_SAMPLED: Final = reflexia.SampleTaken.DESCRIPTOR.full_name
_ASK_SECONDS: Final = 1.0
_AGAIN_SECONDS: Final = 1.0
_log = logging.getLogger(__name__)


class LookOut:
    """Asks the log again and again, and follows it."""

    def __init__(self, board: Board, channel: grpc.aio.Channel, log: EventLog, *, clock: Clock) -> None:
        self._board = board
        self._stub: stubs.EventServiceAsyncStub = stubs.EventServiceStub(channel)
        self._log = log
        self._clock = clock
        self._watch = ConsumerWatch()
        self.disagreements = 0
        self.comparisons = 0

    async def run(self, sources: Sources) -> None:
        """Look out forever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._consumers(sources))
            group.create_task(self._contradictions(sources))

    async def _consumers(self, sources: Sources) -> None:
        while True:
            await self._clock.sleep(EVERY_SECONDS)
            try:
                answer = await self._stub.ListConsumers(rpc.ListConsumersRequest(), timeout=_ASK_SECONDS)
            except grpc.aio.AioRpcError:
                self._watch.blind()
                continue
            for stuck in self._watch.look(answer.consumers):
                self._tell(sources, stuck)

    def _tell(self, sources: Sources, stuck: Stuck) -> None:
        status = find(self._board.all(), stuck.member)
        # Whoever takes part from elsewhere is not ours to restart, and one that is down has its own recovery.
        if status and status.state is State.SERVING:
            still_ns = round((time.monotonic() - stuck.since) * 1e9)
            sources.stuck(
                stuck.consumer,
                stuck.member,
                pid=status.pid,
                since_ns=self._clock.wall_ns() - still_ns,
                evidence=stuck.evidence,
            )

    async def _contradictions(self, sources: Sources) -> None:
        wanted = EventFilter(types=frozenset({_CONTRADICTED, _SAMPLED}))
        while True:
            try:
                head = await self._log.head()
                async with aclosing(self._log.follow(wanted, after=head)) as pages:
                    async for page in pages:
                        for event in page.events:
                            self._compare(sources, event)
            except Exception as error:  # noqa: BLE001  a log that does not answer is asked again
                _log.debug("the log cannot be followed", extra={"why": repr(error)})
                await self._clock.sleep(_AGAIN_SECONDS)

    def _compare(self, sources: Sources, event: Event) -> None:
        if event.type == _SAMPLED:
            self.comparisons += 1
            return
        found = reflexia.ContradictionDetected.FromString(event.payload)
        if found.severity <= severity_pb2.SEVERITY_LOW:
            # It does more than it was told to, which harms nobody.
            return
        self.disagreements += 1
        sources.reported(
            ErrorReport(
                error_id=str(uuid4()),
                target=ErrorTarget(resource=f"reflexia/{found.node}"),
                reporter=event.source.rpartition("/")[2],
                first_ns=found.since_time.ToNanoseconds() or event.time_ns,
                last_ns=event.time_ns,
                type=ErrorType.CONTRADICTION,
                severity=Severity(found.severity) if found.severity else None,
                message=found.reason,
                evidence={"decision": found.decision_event_id, "sample": found.last_sample_id},
            )
        )
