"""What stands between a process and those that it calls, through real servers."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from luna.kernel import context
from luna.kernel.error_reports import ErrorReport, ErrorType
from luna.resilience.bulkhead import BulkheadPolicy
from luna.resilience.circuit import CircuitOpenError, CircuitPolicy, CircuitState
from luna.resilience.selection import CircuitRules
from luna.transport.circuits import Circuits
from luna.transport.client_meter import ClientMeter
from luna.transport.parts import Parts
from luna.transport.peer_errors import PeerFullError
from luna.transport.peers import OPTIONS, Peers
from luna.transport.request_errors import DeadlineError
from luna.transport.server import OPTIONS as SERVER_OPTIONS
from tests.integration.transport_contract import SERVICE, answer, question
from tests.integration.transport_probe import ALL, Stub, probe_node, until

Script = Callable[[int, Any], Awaitable[None]]


@dataclass
class Heard:
    """An `ErrorSink` that remembers."""

    reports: list[ErrorReport] = field(default_factory=list)

    def report(self, report: ErrorReport) -> None:
        self.reports.append(report)


@dataclass
class Caller:
    """A process that calls the probe."""

    stub: Stub
    peers: Peers
    parts: Parts
    meter: ClientMeter
    heard: Heard

    def state(self, method: str) -> CircuitState:
        (found,) = [it.state for it in self.parts.circuits.engines() if it.key.method == f"{SERVICE}/{method}"]
        return found


@asynccontextmanager
async def caller_of(
    address: str, *, policy: CircuitPolicy | None = None, patient: bool = False
) -> AsyncIterator[Caller]:
    heard, meter = Heard(), ClientMeter()
    parts = Parts(circuits=Circuits("kernel-0"), failures=heard)
    parts.circuits.configure(CircuitRules(policy=policy or CircuitPolicy(consecutive_failures=3)))
    peers = Peers({SERVICE: address}, message_bytes_max=1024, processes={SERVICE: "probe"}, parts=parts, meter=meter)
    try:
        channel = peers.patient(SERVICE) if patient else peers(SERVICE)
        yield Caller(Stub(channel), peers, parts, meter, heard)
    finally:
        await peers.aclose()


class Scripted:
    """A server whose every unary call does what a script says: a code, a time, or an answer."""

    def __init__(self, script: Script) -> None:
        self.calls = 0
        self.cancelled = 0
        self._script = script

    async def handle(self, request: Any, context: Any) -> Any:
        number, self.calls = self.calls, self.calls + 1
        try:
            await self._script(number, context)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return answer(request.text, count=number)


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[tuple[Scripted, str]]:
    server, scripting = grpc.aio.server(options=[("grpc.so_reuseport", 0)]), Scripted(script)
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            scripting.handle, type(question()).FromString, type(answer()).SerializeToString
        )
        for name in ("Ask", "Look", "Put")
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield scripting, f"127.0.0.1:{port}"
    finally:
        await server.stop(0)


def failing_first(times: int, *, pushback: str = "") -> Script:
    async def script(number: int, context: Any) -> None:
        if number < times:
            trailers = (("grpc-retry-pushback-ms", pushback),) if pushback else ()
            await context.abort(grpc.StatusCode.UNAVAILABLE, "gone", trailers)

    return script


async def invoke(caller: Caller, method: str, request: Any) -> None:
    streams = method in {"Collect", "Talk", "TalkWriting"}
    call = caller.stub[method](iter([request]) if streams else request)
    _ = await call if method in {"Ask", "Look", "Put", "Collect"} else [each async for each in call]


async def failed(caller: Caller, method: str, request: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await invoke(caller, method, request)
    return caught.value


@pytest.mark.parametrize("method", ALL)
async def test_a_peer_that_keeps_failing_is_left_alone(method: str) -> None:
    """
    In every shape; the peer does not hear of it, and whoever calls learns why and for how long.
    """
    async with probe_node() as node, caller_of(node.address) as caller:
        for _ in range(3):
            await failed(caller, method, question("break"))
            await asyncio.sleep(0.02)
        before = len(node.probe.seen)
        error = await failed(caller, method, question("hello", count=1))

        assert isinstance(error, CircuitOpenError)
        assert error.metadata == {"breaker": f"kernel-0/client/probe/{SERVICE}/{method}"}
        assert 50 < error.retry_after_seconds <= 60
        assert len(node.probe.seen) == before


@pytest.mark.parametrize("method", ALL)
async def test_a_peer_is_called_on_where_what_failed_is_no_part_of_the_node(method: str) -> None:
    """
    It is as well as before.
    """
    async with probe_node() as node, caller_of(node.address) as caller:
        for _ in range(4):
            error = await failed(caller, method, question("outside"))
            await asyncio.sleep(0.02)
            assert not isinstance(error, CircuitOpenError)

        assert caller.state(method) is CircuitState.CLOSED
        assert caller.heard.reports == []


@pytest.mark.parametrize("method", ALL)
async def test_calls_are_made_again_when_the_peer_works_again(method: str) -> None:
    """
    Two of them succeed, then all are let through.
    """
    policy = CircuitPolicy(consecutive_failures=3, open_seconds=0.1)
    async with probe_node() as node, caller_of(node.address, policy=policy) as caller:
        for _ in range(3):
            await failed(caller, method, question("break"))
            await asyncio.sleep(0.02)
        assert caller.state(method) is CircuitState.OPEN
        await asyncio.sleep(0.15)
        node.parts.circuits.try_again("the test says so")
        for _ in range(2):
            await invoke(caller, method, question("hello", count=1))
            await asyncio.sleep(0.02)

        assert caller.state(method) is CircuitState.CLOSED


async def test_a_probe_asks_whatever_the_breaker_says() -> None:
    """
    And when the peer answers it, other calls are made again.
    """
    async with probe_node() as node, caller_of(node.address) as caller:
        for _ in range(3):
            await failed(caller, "Ask", question("break"))
            await asyncio.sleep(0.02)
        assert isinstance(await failed(caller, "Ask", question("hello")), CircuitOpenError)

        token = context.enter(context.PROBE)
        await caller.stub["Ask"](question("hello"))
        context.leave(token)

        assert caller.state("Ask") is CircuitState.HALF_OPEN
        assert (await caller.stub["Ask"](question("hello"))).text == "hello"


async def test_a_peer_that_restarts_is_called_at_once(tmp_path: Path) -> None:
    """
    Its breaker does not sit its minute out once there is a connection again.
    """
    address = f"unix:{tmp_path / 'p.sock'}"
    async with caller_of(address) as caller:
        async with probe_node(address=address):
            await invoke(caller, "Ask", question("hello"))
        for _ in range(3):
            with suppress(grpc.aio.AioRpcError):
                await caller.stub["Ask"](question("hello"), wait_for_ready=False)
        assert caller.state("Ask") is CircuitState.OPEN
        async with probe_node(address=address):
            started = time.monotonic()
            await until(lambda: caller.state("Ask") is not CircuitState.OPEN)
            await invoke(caller, "Ask", question("hello"))
            await invoke(caller, "Ask", question("hello"))

    assert time.monotonic() - started < 1
    assert caller.state("Ask") is CircuitState.CLOSED


@pytest.mark.parametrize(("method", "calls"), [("Look", 2), ("Put", 2), ("Ask", 1)])
async def test_only_what_may_be_made_twice_is_made_again(method: str, calls: int) -> None:
    """
    As the contract says, and only where the connection broke.
    """
    async with scripted(failing_first(1)) as (peer, address), caller_of(address) as caller:
        if calls == 1:
            await failed(caller, method, question("hello"))
        else:
            await invoke(caller, method, question("hello"))
        (attempts,) = caller.meter.all()

        assert peer.calls == attempts.started == calls
        assert sum(attempts.retries.counts) == calls - 1


async def test_who_tries_again_by_itself_is_not_helped() -> None:
    """
    Retries live in one place.
    """
    async with scripted(failing_first(1)) as (peer, address), caller_of(address, patient=True) as caller:
        await failed(caller, "Look", question("hello"))

        assert peer.calls == 1


async def test_a_peer_that_said_no_is_not_asked_again() -> None:
    """
    It was reached, and answered.
    """
    async with probe_node() as node, caller_of(node.address) as caller:
        for text in ("refuse", "later", "break"):
            await failed(caller, "Look", question(text))

        assert node.probe.seen == ["refuse", "later", "break"]


@pytest.mark.parametrize(("pushback", "calls", "seconds"), [("-1", 1, 0.0), ("300", 2, 0.3)])
async def test_a_peer_says_when_to_come_back(pushback: str, calls: int, seconds: float) -> None:
    """
    Or that nobody should.
    """
    async with scripted(failing_first(1, pushback=pushback)) as (peer, address), caller_of(address) as caller:
        started = time.monotonic()
        with suppress(grpc.aio.AioRpcError):
            await invoke(caller, "Look", question("hello"))

        assert peer.calls == calls
        assert time.monotonic() - started >= seconds


async def test_retries_are_a_tenth_of_the_traffic_at_most() -> None:
    """
    When all calls fail, hardly any is made twice.
    """

    async def always(number: int, context: Any) -> None:
        del number
        await context.abort(grpc.StatusCode.UNAVAILABLE, "gone")

    policy = CircuitPolicy(consecutive_failures=100_000, failure_ratio=1.0, calls_min=100_000)
    async with scripted(always) as (peer, address), caller_of(address, policy=policy) as caller:
        started = time.monotonic()
        for _ in range(300):
            await failed(caller, "Look", question("hello"))

        extra = 0.1 * 300 + 0.5 * (time.monotonic() - started) + 5
        assert 10 < peer.calls - 300 <= extra
        (known,) = caller.peers.all()
        assert known.budget.taken == peer.calls - 300


async def test_a_read_that_is_late_is_asked_for_twice() -> None:
    """
    The first answer counts, the other call is cancelled; only once it is known what is late.
    """

    async def script(number: int, context: Any) -> None:
        del context
        if number in {5, 41}:
            await asyncio.sleep(0.4)

    async with scripted(script) as (peer, address), caller_of(address) as caller:
        for _ in range(41):
            await invoke(caller, "Look", question("hello"))
        assert (peer.calls, peer.cancelled) == (41, 0)
        started = time.monotonic()
        await invoke(caller, "Look", question("hello"))

        assert time.monotonic() - started < 0.3
        assert peer.calls == 43
        await until(lambda: peer.cancelled == 1)
        (attempts,) = caller.meter.all()
        assert sum(attempts.hedges.counts) == 1


async def test_what_changes_something_is_never_asked_for_twice() -> None:
    """
    However late it is.
    """

    async def script(number: int, context: Any) -> None:
        del context
        await asyncio.sleep(0.1 if number == 60 else 0)

    async with scripted(script) as (peer, address), caller_of(address) as caller:
        for _ in range(61):
            await invoke(caller, "Put", question("hello"))

        assert peer.calls == 61


async def test_a_slow_peer_cannot_hold_all_of_a_process() -> None:
    """
    More calls than fit wait for a moment, and are then refused.
    """

    async def script(number: int, context: Any) -> None:
        del number, context
        await asyncio.sleep(60)

    async with scripted(script) as (peer, address), caller_of(address) as caller:
        limits = BulkheadPolicy()
        calls = [
            asyncio.ensure_future(_outcome(caller.stub["Put"](question("hello"), timeout=2)))
            for _ in range(limits.calls_max + limits.queue_max + 10)
        ]
        outcomes = await asyncio.gather(*calls)
        refused = [it for it in outcomes if isinstance(it, PeerFullError)]

        assert len(refused) >= 10 + limits.queue_max
        assert peer.calls <= limits.calls_max
        (known,) = caller.peers.all()
        assert known.bulkhead.limiter.in_flight == 0


async def test_who_expects_calls_to_fail_expects_that_no_time_was_left() -> None:
    """
    A process that got no processor time for longer than its call may take must not end of that.
    """
    async with probe_node() as node, caller_of(node.address) as caller:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await caller.stub["Ask"](question(), timeout=-1)
        assert node.probe.seen == []

    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert isinstance(caught.value, DeadlineError)


async def test_a_peer_that_is_gone_is_reported_and_that_it_is_back(tmp_path: Path) -> None:
    """
    With its name and replica, whatever was asked of it.
    """
    address = f"unix:{tmp_path / 'p.sock'}"
    async with caller_of(address) as caller:
        with suppress(grpc.aio.AioRpcError):
            await caller.stub["Ask"](question("hello"), wait_for_ready=False)
        async with probe_node(address=address):
            await until(lambda: caller.heard.reports[-1].resolved)
        first, last = caller.heard.reports[0], caller.heard.reports[-1]

    assert (first.type, first.target.process, first.reporter) == (ErrorType.CONNECTION_LOST, "probe-0", "kernel-0")
    assert (last.type, last.target) == (first.type, first.target)


@pytest.mark.parametrize("factor", [1 / 50, 1.0])
async def test_servers_take_the_pings_of_peers(factor: float) -> None:
    """
    All times scaled down: a quiet call lives on. With pings that come too early it is cut.
    """
    pings, tolerated = _scaled(OPTIONS, 1 / 50), _scaled(SERVER_OPTIONS, factor)
    server = grpc.aio.server(options=tolerated)

    async def quiet(request: Any, context: Any) -> Any:
        del context
        await asyncio.sleep(7)
        return request

    handler: Any = grpc.unary_unary_rpc_method_handler(quiet)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("quiet.Quiet", {"Be": handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    channel: Any
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=pings) as channel:
        outcome = await _outcome(channel.unary_unary("/quiet.Quiet/Be")(b"hush"))
    await server.stop(0)

    assert outcome == b"hush" if factor == 1 / 50 else isinstance(outcome, grpc.aio.AioRpcError)


def _scaled(options: Sequence[tuple[str, int]], factor: float) -> Sequence[tuple[str, int]]:
    return [(key, int(value * factor) if key.endswith("_ms") else value) for key, value in options]


async def _outcome(call: Any) -> Any:
    try:
        return await call
    except Exception as error:  # noqa: BLE001  it is what the test looks at
        return error
