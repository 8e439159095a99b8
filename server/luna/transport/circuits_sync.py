"""Keeps the breakers and the level of this process in step with the rest of the node.

It follows what is decided, records what changes here, and reports how it is.
None of that is waited for by a call. What cannot be recorded or reported now
is kept, within bounds, until it can.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Final

import grpc.aio
import structlog
from arkalia.resilience.v1 import circuit_breaker_service_pb2 as rpc
from arkalia.resilience.v1 import circuit_breaker_service_pb2_grpc as stubs

from luna.kernel.errors import DomainError
from luna.kernel.event_errors import EventIdReusedError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, NewEvent, StreamWrite
from luna.kernel.identity import Identity
from luna.transport.circuit_report import report_of, transition_event
from luna.transport.circuits_orders import FOLLOWED, Orders
from luna.transport.parts import Parts
from luna.transport.peers import UnknownPeerError

SERVICE: Final = rpc.DESCRIPTOR.services_by_name["CircuitBreakerService"].full_name
BATCH: Final = 100
GATHER_SECONDS: Final = 0.05
"""How long a change waits for company."""
RETRY_SECONDS: Final = 0.5
_REPORT_SECONDS_MIN: Final = 1.0

_log = structlog.stdlib.get_logger(__name__)


class CircuitSync:
    """The three loops; `run` is a background loop."""

    def __init__(
        self,
        parts: Parts,
        *,
        identity: Identity,
        events: EventLog,
        peers: Callable[[str], grpc.aio.Channel],
        sample_seconds: float,
    ) -> None:
        self._parts = parts
        self._identity = identity
        self._events = events
        self._peers = peers
        self._sample_seconds = sample_seconds
        self._orders = Orders(parts, identity.node)
        self._stream = f"breaker/{identity.node}"
        self._to_record = asyncio.Event()
        self._to_report = asyncio.Event()
        self._unrecorded: Sequence[NewEvent] = ()
        self._troubles: dict[str, str] = {}
        parts.circuits.listen(self._changed)

    async def run(self) -> None:
        """Follow, record and report, forever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            group.create_task(self._record())
            group.create_task(self._report())

    def _changed(self) -> None:
        self._to_record.set()
        self._to_report.set()

    async def _follow(self) -> None:
        position = None
        while True:
            try:
                if position is None:
                    position = await self._orders.catch_up(self._events)
                async with aclosing(self._events.follow(FOLLOWED, after=position)) as pages:
                    async for page in pages:
                        for event in page.events:
                            self._orders.carry_out(event)
                        position = page.position
                        self._settle("decisions cannot be followed", "")
            except (DomainError, grpc.aio.AioRpcError) as error:
                self._settle("decisions cannot be followed", _why(error))
            await asyncio.sleep(RETRY_SECONDS)

    async def _record(self) -> None:
        while True:
            await self._to_record.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._to_record.clear()
            while await self._record_batch():
                pass

    async def _record_batch(self) -> bool:
        """Record the oldest transitions, and tell whether to look for more at once."""
        if not self._unrecorded:
            self._unrecorded = [transition_event(changed) for changed in self._parts.circuits.take_changes(BATCH)]
        if not self._unrecorded:
            return False
        try:
            await self._events.append(Append(writes=(StreamWrite(stream=self._stream, events=self._unrecorded),)))
        except EventIdReusedError:
            _log.exception("transitions of circuit breakers are left out of the log", count=len(self._unrecorded))
        except (DomainError, grpc.aio.AioRpcError) as error:
            # The same batch again: should it have arrived, its ids say so.
            self._settle("transitions cannot be recorded", _why(error))
            await asyncio.sleep(RETRY_SECONDS)
            return True
        self._unrecorded = ()
        self._settle("transitions cannot be recorded", "")
        return True

    async def _report(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._sample_seconds):
                    await self._to_report.wait()
                await asyncio.sleep(GATHER_SECONDS)
            except TimeoutError:
                # Nothing happened; windows move on all the same.
                pass
            self._to_report.clear()
            await self._report_once()

    async def _report_once(self) -> None:
        request = report_of(self._parts, started_ns=self._identity.started_ns)
        seconds = max(_REPORT_SECONDS_MIN, self._sample_seconds)
        try:
            stub: stubs.CircuitBreakerServiceAsyncStub = stubs.CircuitBreakerServiceStub(self._peers(SERVICE))
            await stub.ReportCircuitBreakers(request, timeout=seconds)
        except UnknownPeerError:
            # Nobody on this node wants to know.
            return
        except (DomainError, grpc.aio.AioRpcError) as error:
            self._settle("breakers cannot be reported", _why(error))
        else:
            self._settle("breakers cannot be reported", "")

    def _settle(self, what: str, trouble: str) -> None:
        """Say once that there is trouble."""
        if trouble and not self._troubles.get(what):
            _log.warning(what, why=trouble)
        self._troubles[what] = trouble


def _why(error: Exception) -> str:
    return (error.details() if isinstance(error, grpc.aio.AioRpcError) else str(error)) or "no answer"
