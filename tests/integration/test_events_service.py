"""What a caller of the event service sees."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc.aio
import pytest
from arkalia.events.v1 import event_pb2 as pb
from arkalia.events.v1 import event_service_pb2 as rpc
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value, StringValue
from google.rpc import error_details_pb2, status_pb2

from luna.adapters.sqlite_log import SqliteEventLog
from luna.kernel import tokens
from tests.integration.events_server import Stub, connected, receive, serving

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    async with AsyncExitStack() as stack:
        # Unix sockets want short paths.
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="luna")))
        log = await stack.enter_async_context(await SqliteEventLog.open(folder / "events.db"))
        served = await stack.enter_async_context(serving(log, folder / "log.sock", checkpoint_seconds=0.2))
        yield await stack.enter_async_context(connected(served.target))


def event(number: int, *, event_id: str = "", source: str = "") -> pb.NewEvent:
    new = pb.NewEvent(event_id=event_id, source=source)
    new.payload.Pack(Int64Value(value=number))
    return new


def append(stream: str, *events: pb.NewEvent, expected: pb.ExpectedVersion | None = None) -> rpc.AppendRequest:
    return rpc.AppendRequest(appends=[pb.StreamAppend(stream=stream, events=events, expected=expected)])


def reason_of(error: grpc.aio.AioRpcError) -> error_details_pb2.ErrorInfo:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            return info_of(status_pb2.Status.FromString(value))
    raise AssertionError(error)


def info_of(status: status_pb2.Status) -> error_details_pb2.ErrorInfo:
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return info


async def read(stub: Stub, **request: Any) -> tuple[Sequence[rpc.ReadResponse], Sequence[pb.Event]]:
    responses = [response async for response in stub.Read(rpc.ReadRequest(**request))]
    return responses, [event for response in responses for event in response.events]


async def test_an_event_comes_back_as_it_was_sent(stub: Stub) -> None:
    """
    With the payload, the names and the trace, and with what the log adds.
    """
    id = str(uuid.uuid4())
    new = event(7, event_id=id.upper(), source="door")
    new.correlation_id, new.causation_id = "c", "d"
    metadata = (("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01"),)
    answer = await stub.Append(append("house/door", new), metadata=metadata)
    found = (await stub.GetEvent(rpc.GetEventRequest(event_id=id))).event

    assert answer.events[0].event_id == id
    assert (found.position, found.stream, found.stream_version) == (1, "house/door", 1)
    assert (found.source, found.correlation_id, found.causation_id, found.schema_version) == ("door", "c", "d", 1)
    assert found.trace_id == TRACE
    assert found.type == "google.protobuf.Int64Value"
    assert found.payload == new.payload
    assert found.time.seconds > 0
    assert len(found.leaf_hash) == 32


async def test_many_events_are_found_by_their_ids(stub: Stub) -> None:
    """
    In the order asked for, in messages that can be carried; an unknown one is passed over.
    """
    answer = await stub.Append(append("house/door", *[event(n) for n in range(400)]))
    ids = [each.event_id for each in answer.events]
    asked = [ids[3].upper(), str(uuid.uuid4()), *reversed(ids)]
    request = rpc.BatchGetEventsRequest(event_ids=asked)
    found = [each.event_id async for response in stub.BatchGetEvents(request) for each in response.events]

    assert found == [ids[3], *reversed(ids)]


async def test_a_few_events_are_found_in_one_message(stub: Stub) -> None:
    """
    As many as fit into it: it says how many ids it got through, and an id may come twice.
    """
    large = pb.NewEvent()
    large.payload.Pack(BytesValue(value=bytes(700_000)))
    answer = await stub.Append(append("house/door", event(1), large, large, event(2)))
    first, second, third, fourth = (each.event_id for each in answer.events)
    asked = [first.upper(), first, str(uuid.uuid4()), second, second, third, fourth]
    found, searched = list[str](), list[int]()
    while left := asked[sum(searched) :]:
        response = await stub.FindEvents(rpc.FindEventsRequest(event_ids=left))
        found += [each.event_id for each in response.events]
        searched.append(response.searched_count)

    assert found == [first, first, second, second, third, fourth]
    assert searched == [4, 1, 2]


async def test_pages_meet_in_both_directions(stub: Stub) -> None:
    """
    Each begins where the one before ended, and the last says that it is the last.
    """
    await stub.Append(append("house/door", *[event(n) for n in range(7)]))
    await stub.Append(append("house/bell", event(8)))
    for direction, order in ((pb.READ_DIRECTION_FORWARD, 1), (pb.READ_DIRECTION_BACKWARD, -1)):
        found, sizes, after, done = list[int](), list[int](), 0, False
        while not done:
            request = rpc.ReadPageRequest(
                filter=pb.EventFilter(stream="house/door"), after_position=after, direction=direction, limit=3
            )
            page = await stub.ReadPage(request)
            found += [each.position for each in page.events]
            sizes.append(len(page.events))
            after, done = page.position, page.done

        assert found == list(range(1, 8))[::order]
        assert sizes == [3, 3, 1]


async def test_who_names_no_source_gets_that_of_the_process(stub: Stub) -> None:
    """
    Every event says where it came from.
    """
    answer = await stub.Append(append("a/b", event(1)))
    found = await stub.GetEvent(rpc.GetEventRequest(event_id=answer.events[0].event_id))

    assert found.event.source == "test/log-0"


async def test_an_append_sent_twice_is_one_event(stub: Stub) -> None:
    """
    The second answer is the first one, marked as a duplicate.
    """
    request = append("a/b", event(1, event_id=str(uuid.uuid4())))
    first = await stub.Append(request)
    second = await stub.Append(request)

    assert not first.duplicate
    assert second.duplicate
    assert second.events == first.events


async def test_all_failed_expectations_are_listed(stub: Stub) -> None:
    """
    With the versions that the streams really have.
    """
    await stub.Append(append("a/b", event(1)))
    request = append("a/b", event(2), expected=pb.ExpectedVersion(version=5))
    request.checks.add(stream="c/d", expected=pb.ExpectedVersion(state=pb.STREAM_STATE_EXISTS))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Append(request)

    assert caught.value.code() is grpc.StatusCode.ABORTED
    assert reason_of(caught.value).reason == "EVENT_ERROR_REASON_VERSION_CONFLICT"
    assert dict(reason_of(caught.value).metadata) == {"actual_version/a/b": "1", "actual_version/c/d": "0"}


@pytest.mark.parametrize(
    ("type", "value"), [("test.Nothing", b""), ("google.protobuf.Int64Value", b"\xff"), ("grpc.health.v1.X", b"")]
)
async def test_a_payload_must_be_of_a_known_type(stub: Stub, type: str, value: bytes) -> None:
    """
    Nobody could read it later.
    """
    new = pb.NewEvent()
    new.payload.type_url, new.payload.value = f"type.googleapis.com/{type}", value
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Append(append("a/b", new))

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of(caught.value).reason == "EVENT_ERROR_REASON_PAYLOAD"
    assert reason_of(caught.value).metadata["type"] == type


async def test_many_appends_are_answered_in_order(stub: Stub) -> None:
    """
    Each with its own outcome, refused ones among the others.
    """
    call = stub.AppendMany()
    bad = pb.NewEvent()
    bad.payload.type_url = "x/test.Nothing"
    none = pb.ExpectedVersion(state=pb.STREAM_STATE_NO_STREAM)
    for batch in range(20):
        appends = [append(f"s/{batch}-{n}", event(n)) for n in range(10)]
        appends[3:3] = [append("s/x", bad), append(f"s/{batch}-0", event(0), expected=none)]
        await call.write(rpc.AppendManyRequest(appends=appends))
    await call.done_writing()
    answers = [answer async for answer in call]

    assert [len(answer.results) for answer in answers] == [12] * 20
    assert [info_of(answer.results[3].error).reason for answer in answers] == ["EVENT_ERROR_REASON_PAYLOAD"] * 20
    conflicts = [answer.results[4].error for answer in answers]
    assert {(error.code, info_of(error).reason) for error in conflicts} == {(10, "EVENT_ERROR_REASON_VERSION_CONFLICT")}
    recorded = [result.appended.events[0] for answer in answers for result in answer.results if not result.error.code]
    assert [place.position for place in recorded] == list(range(1, 201))
    assert [place.stream for place in recorded] == [f"s/{batch}-{n}" for batch in range(20) for n in range(10)]


async def test_a_read_ends_at_the_head_it_began_with(stub: Stub) -> None:
    """
    In batches of the size asked for, either way.
    """
    await stub.Append(append("a/b", *(event(n) for n in range(25))))
    responses, events = await read(stub, batch_size=10)
    _, backward = await read(stub, direction=pb.READ_DIRECTION_BACKWARD, limit=7)
    _, later = await read(stub, after_position=20)
    (empty,), nothing = await read(stub, filter=pb.EventFilter(stream="c/d"))

    assert [len(response.events) for response in responses] == [10, 10, 5]
    assert [response.done for response in responses] == [False, False, True]
    assert [found.position for found in events] == list(range(1, 26))
    assert [found.position for found in backward] == list(range(25, 18, -1))
    assert [found.position for found in later] == [21, 22, 23, 24, 25]
    assert (empty.position, empty.done, nothing) == (25, True, [])


async def test_a_message_has_about_a_mebibyte_at_most(stub: Stub) -> None:
    """
    However many events were asked for.
    """
    large = pb.NewEvent()
    large.payload.Pack(StringValue(value="x" * 400_000))
    for _ in range(5):
        await stub.Append(append("a/b", large))
    responses, events = await read(stub)

    assert len(events) == 5
    assert max(response.ByteSize() for response in responses) < 1_100_000


async def test_a_subscriber_catches_up_then_lives(stub: Stub) -> None:
    """
    It hears when it has caught up, then of what is new, and of quiet times in between.
    """
    await stub.Append(append("a/b", *(event(n) for n in range(3))))
    call = stub.WatchEvents(rpc.WatchEventsRequest(batch_size=2))
    seen = [response.events[0].position async for response in _until_caught_up(call)]
    quiet = await receive(call)
    await stub.Append(append("a/b", event(9)))
    fresh = await receive(call)
    call.cancel()

    assert seen == [1, 3]
    assert quiet.caught_up
    assert not quiet.events
    assert [found.position for found in fresh.events] == [4]
    assert fresh.caught_up


async def _until_caught_up(
    call: "grpc.aio.UnaryStreamCall[rpc.WatchEventsRequest, rpc.WatchEventsResponse]",
) -> AsyncIterator[rpc.WatchEventsResponse]:
    while True:
        response = await receive(call)
        if response.events:
            yield response
        if response.caught_up:
            return


async def test_a_token_resumes_without_a_gap_or_a_repetition(stub: Stub) -> None:
    """
    Also in the middle of what was one page of the log.
    """
    await stub.Append(append("a/b", *(event(n) for n in range(5))))
    first = stub.WatchEvents(rpc.WatchEventsRequest(batch_size=2))
    token = (await receive(first)).resume_token
    first.cancel()
    second = stub.WatchEvents(rpc.WatchEventsRequest(resume_token=token))
    rest = await receive(second)
    second.cancel()

    assert [found.position for found in rest.events] == [3, 4, 5]


@pytest.mark.parametrize("token", ["garbled!", "AAAA", tokens.issue(str(uuid.UUID(int=7)), 3)])
async def test_a_token_that_is_not_of_this_log_is_refused(stub: Stub, token: str) -> None:
    """
    It says what to do instead.
    """
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.WatchEvents(rpc.WatchEventsRequest(resume_token=token)).read()

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of(caught.value).reason == "EVENT_ERROR_REASON_RESUME_TOKEN"
    assert "send an empty one" in str(caught.value.details())


async def test_live_begins_with_the_next_event(stub: Stub) -> None:
    """
    What was before is not sent.
    """
    await stub.Append(append("a/b", event(1)))
    call = stub.WatchEvents(rpc.WatchEventsRequest(live=True, filter=pb.EventFilter(category="a")))
    assert (await receive(call)).caught_up
    await stub.Append(append("b/c", event(2)))
    await stub.Append(append("a/b", event(3)))
    async with asyncio.timeout(5):
        while not (response := await receive(call)).events:
            pass
    call.cancel()

    assert [found.position for found in response.events] == [3]


async def test_an_unknown_event_is_not_found(stub: Stub) -> None:
    """
    With the id that nobody knows.
    """
    id = str(uuid.uuid4())
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetEvent(rpc.GetEventRequest(event_id=id))

    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert dict(reason_of(caught.value).metadata) == {"event_id": id}


async def test_figures_come_from_the_log(stub: Stub) -> None:
    """
    They count what is there.
    """
    await stub.Append(append("a/b", event(1), event(2)))
    await stub.Append(append("c/d", event(3)))
    stats = await stub.GetStats(rpc.GetStatsRequest())

    assert (stats.head_position, stats.first_position, stats.event_count, stats.stream_count) == (3, 1, 3, 2)
    assert stats.writable
    assert dict(stats.type_counts) == {"google.protobuf.Int64Value": 3}
