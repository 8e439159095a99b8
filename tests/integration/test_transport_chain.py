"""The chain, through a real server and a real client: every shape of rpc, both styles of handlers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from google.rpc import error_details_pb2
from structlog.testing import capture_logs

from tests.integration.transport_contract import question
from tests.integration.transport_probe import ALL, STREAMING, Node, details, invoke, probe_node, refused


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with probe_node() as node:
        yield node


@pytest.mark.parametrize("method", ALL)
async def test_every_shape_and_style_answers(node: Node, method: str) -> None:
    """
    The chain changes nothing that a caller sees, but adds the trace as a trailer.
    """
    responses = await invoke(node, method, question("hello", count=1))

    assert [response.text for response in responses] == ["hello"]


@pytest.mark.parametrize("method", ALL)
async def test_a_domain_error_carries_its_reason(node: Node, method: str) -> None:
    """
    The code comes from the option of the reason, and the facts travel as metadata.
    """
    error = await refused(node, method, question("refuse"))
    info = details(error)

    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert error.details() == "no means no"
    assert (info.reason, info.domain, dict(info.metadata)) == (
        "PROBE_ERROR_REASON_NO",
        "probe.arkalia.dev",
        {"id": "7"},
    )


@pytest.mark.parametrize("method", ALL)
async def test_a_bug_leaks_nothing_and_is_logged_once(node: Node, method: str) -> None:
    """
    The caller sees INTERNAL and a trace to name; the log has the traceback.
    """
    with capture_logs() as logs:
        error = await refused(node, method, question("break"))

    assert (error.code(), error.details()) == (grpc.StatusCode.INTERNAL, "internal error")
    assert "hunter2" not in str(error.trailing_metadata())
    assert [str(line["exc_info"]) for line in logs if line["event"] == "unhandled error"] == ["the password is hunter2"]


@pytest.mark.parametrize("method", ALL)
async def test_all_violations_are_named(node: Node, method: str) -> None:
    """
    A request outside its limits is refused in every shape, with each field and its limit.
    """
    error = await refused(node, method, question("x" * 101, count=1001))
    bad = details(error, error_details_pb2.BadRequest)

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details(error).reason == "REQUEST_ERROR_REASON_INVALID"
    assert [violation.field for violation in bad.field_violations] == ["text", "count"]
    assert "100" in bad.field_violations[0].description
    assert node.probe.seen == []


async def test_the_second_message_of_a_stream_is_validated_too(node: Node) -> None:
    """
    What came before the bad message has been answered.
    """
    call = node.stub["Talk"]()
    await call.write(question("fine"))
    first = await call.read()
    await call.write(question("x" * 101))

    assert first.text == "fine"
    with pytest.raises(grpc.aio.AioRpcError, match="INVALID_ARGUMENT"):
        await call.read()


async def test_a_sensitive_value_is_not_repeated(node: Node) -> None:
    """
    Not even when the rule's own message would contain it.
    """
    with capture_logs() as logs:
        error = await refused(node, "Ask", question(secret="correct horse battery"))

    assert "secret is not valid" in str(error.details())
    assert "horse" not in f"{error.details()}{error.trailing_metadata()}{logs}"


async def test_a_retry_delay_travels(node: Node) -> None:
    """
    An error that knows when to come back says so.
    """
    error = await refused(node, "Ask", question("later"))

    assert details(error, error_details_pb2.RetryInfo).retry_delay.ToMilliseconds() == 2500


async def test_an_error_inside_of_a_task_group_is_still_itself(node: Node) -> None:
    """
    A handler may use task groups.
    """
    error = await refused(node, "Ask", question("refuse in a group"))

    assert details(error).reason == "PROBE_ERROR_REASON_NO"


@pytest.mark.parametrize("method", ALL)
async def test_a_message_too_large_names_its_size_and_the_limit(node: Node, method: str) -> None:
    """
    Up to four times the limit the chain answers, and says what to do.
    """
    error = await refused(node, method, question(ballast=bytes(2000)))

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details(error).reason == "REQUEST_ERROR_REASON_TOO_LARGE"
    assert details(error).metadata["limit_bytes"] == "1024"
    assert "ARKALIA_MESSAGE_BYTES_MAX" in str(error.details())


async def test_beyond_four_times_the_limit_the_core_refuses(node: Node) -> None:
    """
    Nobody can make the server hold a huge message.
    """
    error = await refused(node, "Ask", question(ballast=bytes(5000)))

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert node.probe.seen == []


@pytest.mark.parametrize("method", ALL)
async def test_garbled_bytes_are_the_callers_mistake(node: Node, method: str) -> None:
    """
    The answer names the type that was expected.
    """
    error = await refused(node, method, b"\xff\xff\xff")

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details(error).reason == "REQUEST_ERROR_REASON_MALFORMED"
    assert details(error).metadata["type"] == "probe.v1.Question"


@pytest.mark.parametrize("method", STREAMING)
@pytest.mark.parametrize("style", ["closed", "open", "writing"])
async def test_a_refusal_in_a_conversation_reaches_the_caller_as_it_is(node: Node, method: str, style: str) -> None:
    """
    200 times, whether the caller has said all, waits for an answer, or is in the middle of saying more.
    """

    async def requests() -> AsyncIterator[Any]:
        yield question("refuse")
        for _ in range(20 if style == "writing" else 0):
            yield question("more")
        if style == "open":
            await asyncio.sleep(60)

    async def codes(count: int) -> list[str]:
        return [(await node.stub[method](requests()).code()).name for _ in range(count)]

    found = [code for codes in await asyncio.gather(*(codes(20) for _ in range(10))) for code in codes]
    assert found == ["FAILED_PRECONDITION"] * 200
