"""What surrounds a call: its time, its trace, its end, and what is told of it."""

import time
from collections.abc import AsyncIterator

import grpc
import grpc.aio
import pytest
from structlog.testing import capture_logs

from tests.integration.transport_contract import question
from tests.integration.transport_probe import ALL, Node, Stub, details, invoke, probe_node, refused, until


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with probe_node() as node:
        yield node


async def test_the_contract_sets_the_deadline_that_a_caller_left_out(node: Node) -> None:
    """
    The handler is cancelled and the caller told the limit.
    """
    started = time.monotonic()
    error = await refused(node, "Ask", question("hang"))

    assert 0.2 < time.monotonic() - started < 2
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert details(error).metadata["limit_seconds"] == "0.3"
    assert node.probe.ended == ["hang"]


async def test_the_contract_caps_a_deadline_that_is_too_long(node: Node) -> None:
    """
    A minute was asked for, the rpc has 300 ms.
    """
    error = await refused(node, "Ask", question("hang"), timeout=60)

    assert details(error).reason == "REQUEST_ERROR_REASON_DEADLINE"


async def test_a_shorter_deadline_of_the_caller_holds(node: Node) -> None:
    """
    The handler knows it, and is stopped when it has passed.
    """
    started = time.monotonic()
    error = await refused(node, "Ask", question("hang"), timeout=0.1)
    await until(lambda: node.probe.ended == ["hang"])

    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    deadline = node.probe.contexts[0].deadline
    assert deadline is not None
    assert deadline - started < 0.2


async def test_a_handler_knows_its_call(node: Node) -> None:
    """
    Method, caller, trace and correlation are there for everything the handler calls.
    """
    trace = "0af7651916cd43dd8448eb211c80319c"
    metadata = (
        ("traceparent", f"00-{trace}-b7ad6b7169203331-01"),
        ("x-jwt-sub", "ada"),
        ("x-jwt-scope", "events:read node:read"),
        ("x-correlation-id", "order-7"),
    )
    call = node.stub["Ask"](question("hello"), metadata=metadata)
    await call
    context = node.probe.contexts[0]

    assert dict(await call.trailing_metadata())["x-arkalia-trace"] == trace
    assert (context.trace_id, context.subject, context.correlation_id) == (trace, "ada", "order-7")
    assert context.scopes == {"events:read", "node:read"}
    assert context.method == "probe.v1.ProbeService/Ask"


@pytest.mark.parametrize("method", ALL)
async def test_every_answer_names_its_trace(node: Node, method: str) -> None:
    """
    An error too, and without a traceparent the trace is new.
    """
    error = await refused(node, method, question("refuse"), metadata=(("traceparent", "rubbish"),))

    assert len(dict(error.trailing_metadata() or ())["x-arkalia-trace"]) == 32


@pytest.mark.parametrize("method", ["Tell", "Talk"])
async def test_a_generator_is_closed_when_the_caller_hangs_up(node: Node, method: str) -> None:
    """
    Its finally runs at once and not when memory happens to be collected.
    """
    call = node.stub[method](question("hang") if method == "Tell" else iter([question("hang")]))
    await until(lambda: node.probe.seen == ["hang"])
    call.cancel()
    await until(lambda: len(node.probe.ended) == 2)

    outcome = next(meter for meter in node.meter.methods() if meter.method.endswith(f"/{method}"))
    await until(lambda: outcome.in_flight == 0)
    assert [outcomes.status for outcomes in outcome.outcomes.values()] == ["CANCELLED"]


async def test_unknown_methods_are_counted_under_one_name(node: Node) -> None:
    """
    A caller cannot create metrics.
    """
    for service in ("probe.v1.Nobody", "probe.v1.Nowhere"):
        with pytest.raises(grpc.aio.AioRpcError, match="UNIMPLEMENTED"):
            await Stub(node.channel, service=service)["Ask"](question())

    assert {meter.method: meter.started for meter in node.meter.methods()} == {"other": 2}


async def test_a_failed_call_is_logged(node: Node) -> None:
    """
    A fast success is not worth a line, be it a stream or not.
    """
    with capture_logs() as logs:
        await invoke(node, "Ask", question("hello"))
        await invoke(node, "Tell", question("hello"))
        await refused(node, "Ask", question("refuse"))

    assert [(line["method"].rpartition("/")[2], line["status"]) for line in logs if line["event"] == "call ended"] == [
        ("Ask", "FAILED_PRECONDITION"),
    ]
