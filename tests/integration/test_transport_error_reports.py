"""Failures on their way to the sidecar: gathered, kept while nobody can be told, delivered once."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from arkalia.recovery.v1 import recovery_pb2 as pb
from arkalia.recovery.v1 import recovery_service_pb2 as rpc

from luna.kernel.error_reports import ErrorReport, ErrorTarget, ErrorType
from luna.transport.circuits import Circuits
from luna.transport.error_reports import GATHERED_MAX, SERVICE, ErrorReporter
from luna.transport.parts import Parts
from luna.transport.peers import Peers
from luna.transport.spool import Spool, frame, unframe
from tests.integration.transport_contract import SERVICE as PROBE
from tests.integration.transport_contract import question
from tests.integration.transport_probe import ALL, invoke, probe_node, refused, until


def failure(number: int = 0, *, process: str = "log", count: int = 1) -> ErrorReport:
    return ErrorReport(
        error_id=f"id-{number}",
        target=ErrorTarget(process=process, method=f"m{number}"),
        reporter="kernel-0",
        type=ErrorType.TIMEOUT,
        first_ns=1000,
        last_ns=2000 + number,
        count=count,
    )


@dataclass
class Sidecar:
    """Takes reports, while it is there."""

    path: Path
    taken: list[pb.ErrorReport] = field(default_factory=list)
    batches: int = 0

    @asynccontextmanager
    async def there(self) -> AsyncIterator[None]:
        server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        handler: Any = grpc.stream_stream_rpc_method_handler(
            self._report, rpc.ReportErrorsRequest.FromString, rpc.ReportErrorsResponse.SerializeToString
        )
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, {"ReportErrors": handler})])
        server.add_insecure_port(f"unix:{self.path}")
        await server.start()
        try:
            yield
        finally:
            await server.stop(0)
            self.path.unlink(missing_ok=True)

    async def _report(self, requests: Any, context: Any) -> AsyncIterator[Any]:
        del context
        async for request in requests:
            self.batches += 1
            self.taken += request.errors
            yield rpc.ReportErrorsResponse(accepted=len(request.errors))


@pytest.fixture
def sidecar(tmp_path: Path) -> Sidecar:
    return Sidecar(tmp_path / "s.sock")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool" / "kernel-0.errors", bytes_max=4096)


@asynccontextmanager
async def reporting(spool: Spool, sidecar: Sidecar) -> AsyncIterator[ErrorReporter]:
    reporter = ErrorReporter(spool)
    peers = Peers({SERVICE: f"unix:{sidecar.path}"}, message_bytes_max=1 << 20)
    running = asyncio.create_task(reporter.run(peers))
    try:
        yield reporter
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.wait({running})
        await peers.aclose()


async def test_a_flood_of_the_same_failure_is_one_report(spool: Spool, sidecar: Sidecar) -> None:
    """
    With how often it happened, and when first and last.
    """
    async with sidecar.there(), reporting(spool, sidecar) as reporter:
        for number in range(10_000):
            reporter.report(failure(number % 2, count=2))
        await until(lambda: len(sidecar.taken) == 2)
        first = sidecar.taken[0]

        assert (first.count, first.type, first.target.process) == (10_000, pb.ERROR_TYPE_TIMEOUT, "log")
        assert (first.first_time.ToNanoseconds(), first.last_time.ToNanoseconds()) == (1000, 2000)
        await until(lambda: reporter.delivered == 2)
        assert (sidecar.batches, reporter.reported) == (1, 20_000)


async def test_a_report_arrives_within_a_moment(spool: Spool, sidecar: Sidecar) -> None:
    """
    Mending begins with it.
    """
    async with sidecar.there(), reporting(spool, sidecar) as reporter:
        reporter.report(failure())
        await until(lambda: bool(sidecar.taken))
        started = time.monotonic()
        reporter.report(failure(1))
        await until(lambda: len(sidecar.taken) == 2)

        assert time.monotonic() - started < 0.5


async def test_no_more_is_gathered_than_a_batch_holds(spool: Spool) -> None:
    """
    The oldest give way, and are counted.
    """
    reporter = ErrorReporter(spool)
    for number in range(GATHERED_MAX + 7):
        reporter.report(failure(number))

    assert reporter.dropped == 7


async def test_what_cannot_be_told_is_told_later_in_order(spool: Spool, sidecar: Sidecar) -> None:
    """
    Also by another process after this one has ended.
    """
    async with reporting(spool, sidecar) as reporter:
        for number in range(3):
            reporter.report(failure(number))
            await asyncio.sleep(0.15)
        reporter.report(failure(3))
    assert sidecar.taken == []
    async with sidecar.there(), reporting(spool, sidecar):
        await until(lambda: len(sidecar.taken) == 4, seconds=10)

        assert [it.error_id for it in sidecar.taken] == ["id-0", "id-1", "id-2", "id-3"]
        await until(lambda: not spool.first(9))


async def test_the_sidecar_comes_back(spool: Spool, sidecar: Sidecar) -> None:
    """
    What failed meanwhile is told without a new failure.
    """
    async with reporting(spool, sidecar) as reporter:
        reporter.report(failure())
        await until(lambda: bool(spool.first(1)), seconds=10)
        async with sidecar.there():
            await until(lambda: bool(sidecar.taken), seconds=10)

    assert [it.error_id for it in sidecar.taken] == ["id-0"]


async def test_the_sidecar_is_not_told_of_itself(spool: Spool, sidecar: Sidecar) -> None:
    """
    Or every failure to tell it would be another one to tell.
    """
    async with reporting(spool, sidecar) as reporter:
        reporter.report(failure(process="sidecar-0"))

        assert reporter.reported == 0


def test_the_spool_is_bounded(spool: Spool) -> None:
    """
    The oldest records give way, and are counted.
    """
    dropped = sum(spool.add([bytes([number]) * 100]) for number in range(100))
    kept = spool.first(1000)

    assert 0 < len(kept) == 100 - dropped
    assert kept[-1] == bytes([99]) * 100
    assert list(kept) == sorted(kept)


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_file_cut_in_half_loses_only_the_torn_record(tmp_path: Path, cut: int) -> None:
    """
    What is written after it is found.
    """
    path = tmp_path / "x.errors"
    spool = Spool(path)
    spool.add([b"first" * 3, b"second" * 5])
    path.write_bytes(path.read_bytes()[:-cut])
    spool.add([b"third"])

    assert spool.first(9) == [b"first" * 3, b"third"]


@pytest.mark.parametrize("damage", [b"\xff" * 9, b"\xa7LN\x01", b"\xa7LN\x01\xff\xff\xff\xff1234"])
def test_garbage_loses_only_what_it_overwrote(tmp_path: Path, damage: bytes) -> None:
    """
    Wherever it is.
    """
    payloads = [b"alpha" * 4, b"beta" * 4, b"gamma" * 4]
    frames = [frame(payload) for payload in payloads]
    path = tmp_path / "x.errors"
    for gap in range(4):
        path.write_bytes(b"".join([*frames[:gap], damage, *frames[gap:]]))
        assert Spool(path).first(9) == payloads
    broken = bytearray(b"".join(frames))
    broken[len(frames[0]) + 14] ^= 0xFF

    assert list(unframe(bytes(broken))) == [payloads[0], payloads[2]]


def test_what_was_delivered_is_forgotten_and_nothing_else(spool: Spool) -> None:
    """
    Whatever was added meanwhile.
    """
    spool.add([b"one", b"two"])
    delivered: Sequence[bytes] = spool.first(2)
    spool.add([b"three"])
    spool.remove(delivered)

    assert spool.first(9) == [b"three"]


@dataclass
class Heard:
    """An `ErrorSink` that remembers."""

    reports: list[ErrorReport] = field(default_factory=list)

    def report(self, report: ErrorReport) -> None:
        self.reports.append(report)


@pytest.mark.parametrize("method", ALL)
async def test_a_failed_call_is_reported_and_that_it_works_again(method: str) -> None:
    """
    What the caller did wrong is not, nor is what was refused on purpose.
    """
    heard = Heard()
    async with probe_node(parts=Parts(circuits=Circuits("probe-0"), failures=heard)) as node:
        await refused(node, method, question("refuse"))
        await refused(node, method, question("break"))
        await refused(node, method, question("break"))
        await invoke(node, method, question("hello", count=1))
        await invoke(node, method, question("hello", count=1))
        await until(lambda: len(heard.reports) == 3)
        first, _, last = heard.reports

    assert first.target == ErrorTarget(process="probe-0", service=PROBE, method=f"{PROBE}/{method}")
    assert (first.type, first.code, first.message) == (ErrorType.UNKNOWN, 13, "RuntimeError: internal error")
    assert not first.resolved
    assert (last.type, last.target, last.resolved) == (first.type, first.target, True)


async def test_only_the_unhurried_report_a_late_answer() -> None:
    """
    A caller that gave too little time cannot say that it took too long.
    """
    heard = Heard()
    async with probe_node(parts=Parts(circuits=Circuits("probe-0"), failures=heard)) as node:
        await refused(node, "Ask", question("hang"), timeout=0.05)
        await refused(node, "Ask", question("hang"))
        await until(lambda: len(heard.reports) == 1)

    assert heard.reports[0].type is ErrorType.TIMEOUT
