"""Reports failures to the sidecar: gathered for a moment, kept in a file while nobody can be told.

::

    report ──▶ gathered by type and target ──100 ms──▶ sent ──▶ taken
                  │ too many: the oldest              │ cannot be sent
                  ▼                                   ▼
               dropped, counted                    spooled ──▶ sent later, the oldest first

Every report has its id from the start, so that one which arrives twice counts once.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final, TypeAlias

import grpc.aio
import structlog
from arkalia.recovery.v1 import recovery_pb2 as pb
from arkalia.recovery.v1 import recovery_service_pb2 as rpc
from arkalia.recovery.v1 import recovery_service_pb2_grpc as stubs
from google.protobuf.message import DecodeError
from google.rpc import code_pb2

from luna.kernel.error_reports import ErrorReport, ErrorTarget, ErrorType
from luna.kernel.errors import DomainError
from luna.transport.error_messages import report_to_pb
from luna.transport.peer_errors import number_of
from luna.transport.peers import UnknownPeerError
from luna.transport.spool import Spool

SERVICE: Final = rpc.DESCRIPTOR.services_by_name["RecoveryService"].full_name
GATHER_SECONDS: Final = 0.1
GATHERED_MAX: Final = 500
"""How many different failures are gathered. The contract lets a batch have as many."""
SEND_SECONDS: Final = 2.0
RETRY_SECONDS: Final = 1.0

Peers: TypeAlias = Callable[[str], grpc.aio.Channel]
_Key: TypeAlias = tuple[ErrorType | None, ErrorTarget, bool]

_log = structlog.stdlib.get_logger(__name__)


class ErrorReporter:
    """Implements `luna.kernel.error_reports.ErrorSink`. Its `run` is a background loop."""

    def __init__(self, spool: Spool, *, recipient: str = "sidecar-0") -> None:
        """Report all failures but those of the *recipient*, who cannot be told of them."""
        self._spool = spool
        self._recipient = recipient
        self._gathered: dict[_Key, ErrorReport] = {}
        self._unsent: Sequence[pb.ErrorReport] = ()
        self._some = asyncio.Event()
        self._spooled = True
        """Whether there may be something in the file."""
        self._failing = False
        self.reported = 0
        """The failures reported to this so far, each of them."""
        self.delivered = 0
        """The reports that were taken, each for one or many failures."""
        self.dropped = 0
        """The reports for which there was no room."""

    def report(self, report: ErrorReport) -> None:
        """Take *report*. What happens again within a moment only makes its count larger."""
        if report.target.process == self._recipient:
            return
        self.reported += report.count
        key = report.type, report.target, report.resolved
        known = self._gathered.get(key)
        if known is not None:
            self._gathered[key] = replace(known, count=known.count + report.count, last_ns=report.last_ns)
            return
        if len(self._gathered) >= GATHERED_MAX:
            del self._gathered[next(iter(self._gathered))]
            self.dropped += 1
        self._gathered[key] = report
        self._some.set()

    async def run(self, peers: Peers) -> None:
        """Send what is reported to whoever serves the recovery service among *peers*, forever."""
        try:
            while True:
                await self._wait()
                await self._send(peers)
        finally:
            # What was not sent is sent by whoever comes next.
            if left := [*self._unsent, *self._take()]:
                with suppress(OSError):
                    self._spool.add([each.SerializeToString() for each in left])

    def _take(self) -> Sequence[pb.ErrorReport]:
        batch = [report_to_pb(report) for report in self._gathered.values()]
        self._gathered.clear()
        self._some.clear()
        return batch

    async def _send(self, peers: Peers) -> None:
        batch = self._unsent = self._take()
        delivered = await self._deliver_spooled(peers) and await self._deliver(batch, peers)
        if batch and not delivered:
            await self._keep(batch)
        self._unsent = ()

    async def _wait(self) -> None:
        """Wait until there is something to send, or until it is time to try again."""
        try:
            async with asyncio.timeout(RETRY_SECONDS if self._spooled else None):
                await self._some.wait()
            await asyncio.sleep(GATHER_SECONDS)
        except TimeoutError:
            # What is in the file may be welcome now.
            pass

    async def _deliver_spooled(self, peers: Peers) -> bool:
        """Send what is in the file, the oldest first; tell whether nothing is left there."""
        while self._spooled:
            try:
                payloads = await asyncio.to_thread(self._spool.first, GATHERED_MAX)
                if payloads and not await self._deliver(_parsed(payloads), peers):
                    return False
                self._spooled = bool(payloads)
                if payloads:
                    await asyncio.to_thread(self._spool.remove, payloads)
            except OSError as error:
                self._settle(f"the spool cannot be read: {error}")
                return True
        return True

    async def _deliver(self, batch: Sequence[pb.ErrorReport], peers: Peers) -> bool:
        if not batch:
            return True
        try:
            stub: stubs.RecoveryServiceAsyncStub = stubs.RecoveryServiceStub(peers(SERVICE))
            call = stub.ReportErrors(iter([rpc.ReportErrorsRequest(errors=batch)]), timeout=SEND_SECONDS)
            answers = [answer async for answer in call]
        except (DomainError, grpc.aio.AioRpcError, UnknownPeerError) as error:
            if isinstance(error, grpc.aio.AioRpcError) and number_of(error) == code_pb2.INVALID_ARGUMENT:
                # Nobody will ever take it.
                self.dropped += len(batch)
                _log.warning("failures cannot be reported", why=error.details(), count=len(batch))
                return True
            self._settle(str(error.details() if isinstance(error, grpc.aio.AioRpcError) else error) or "no answer")
            return False
        self.delivered += sum(answer.accepted for answer in answers)
        self._settle("")
        return bool(answers)

    async def _keep(self, batch: Sequence[pb.ErrorReport]) -> None:
        self._spooled = True
        try:
            self.dropped += await asyncio.to_thread(self._spool.add, [each.SerializeToString() for each in batch])
        except OSError as error:
            self.dropped += len(batch)
            self._settle(f"the spool cannot be written: {error}")

    def _settle(self, trouble: str) -> None:
        """Say once that there is trouble."""
        if trouble and not self._failing:
            _log.warning("failures cannot be reported", why=trouble)
        self._failing = bool(trouble)


def _parsed(payloads: Sequence[bytes]) -> Sequence[pb.ErrorReport]:
    found = []
    for payload in payloads:
        try:
            found.append(pb.ErrorReport.FromString(payload))
        except DecodeError:
            _log.warning("a report in the spool is garbled", size_bytes=len(payload))
    return found
