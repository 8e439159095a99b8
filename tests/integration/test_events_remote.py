"""The log as other processes of the node see it, whatever happens to the process that owns it."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from google.protobuf.wrappers_pb2 import Int64Value

from luna.adapters.sqlite_log import SqliteEventLog
from luna.kernel.consumers import ConsumerPolicy
from luna.kernel.context import CallContext, enter, leave
from luna.kernel.errors import DomainError
from luna.kernel.event_errors import FailedCheck, UnknownConsumerError, VersionConflictError
from luna.kernel.event_log import EventLog
from luna.kernel.events import BEGINNING, Append, Appended, Event, Expect, NewEvent, StreamWrite
from luna.transport.remote_consumers import RemoteConsumers
from luna.transport.remote_log import RemoteEventLog
from luna.transport.request_errors import PeerUnavailableError
from tests.integration.events_server import channel_to, process, serving

CALLERS = 16
INT = "google.protobuf.Int64Value"


@pytest.fixture
def home() -> Iterator[Path]:
    # Unix sockets want short paths.
    with TemporaryDirectory(prefix="luna") as folder:
        yield Path(folder)


@asynccontextmanager
async def remote(home: Path, *, patience_seconds: float = 10) -> AsyncIterator[tuple[RemoteEventLog, RemoteConsumers]]:
    async with (
        channel_to(f"unix:{home / 'log.sock'}") as channel,
        RemoteEventLog(channel, source="test/kernel-0", patience_seconds=patience_seconds) as log,
    ):
        yield log, RemoteConsumers(channel, patience_seconds=patience_seconds)


@pytest.fixture
async def log(home: Path) -> AsyncIterator[RemoteEventLog]:
    async with AsyncExitStack() as stack:
        owned = await stack.enter_async_context(await SqliteEventLog.open(home / "events.db"))
        await stack.enter_async_context(serving(owned, home / "log.sock"))
        yield (await stack.enter_async_context(remote(home)))[0]


def one(number: int, stream: str = "a/b") -> Append:
    payload = Int64Value(value=number).SerializeToString()
    return Append(writes=[StreamWrite(stream=stream, events=[NewEvent(type=INT, payload=payload)])])


async def _all(log: EventLog) -> Sequence[Event]:
    events: list[Event] = []
    position = BEGINNING
    while not (page := await log.read(after=position)).done or page.events:
        events += page.events
        position = page.position
    return events


async def _keep_appending(log: EventLog, stream: str, acknowledged: list[tuple[str, str, int]]) -> None:
    number = 0
    while True:
        (place,) = (await log.append(one(number, stream))).events
        acknowledged.append((stream, place.event_id, place.position))
        number += 1


async def test_killing_the_log_loses_and_doubles_nothing(home: Path) -> None:
    """
    Callers wait while it is away; what they were told is recorded is there once, in their order.
    """
    acknowledged: list[tuple[str, str, int]] = []
    async with remote(home) as (log, _):
        callers: list[asyncio.Task[None]] = []
        for life in range(4):
            async with process(home) as child:
                callers = callers or [
                    asyncio.create_task(_keep_appending(log, f"caller/{n}", acknowledged)) for n in range(CALLERS)
                ]
                before = len(acknowledged)
                async with asyncio.timeout(20):
                    while len(acknowledged) < before + 300 + 100 * life:
                        await asyncio.sleep(0.01)
                child.kill()
        assert not [caller for caller in callers if caller.done()]
        for caller in callers:
            caller.cancel()
        await asyncio.wait(callers)
    async with await SqliteEventLog.open(home / "events.db") as recorded:
        events = await _all(recorded)

    by_id = {event.event_id: event for event in events}
    assert len(by_id) == len(events)
    assert [event.position for event in events] == list(range(1, len(events) + 1))
    for stream, event_id, position in acknowledged:
        assert (by_id[event_id].stream, by_id[event_id].position) == (stream, position)
    for stream in {stream for stream, _, _ in acknowledged}:
        numbers = [Int64Value.FromString(event.payload).value for event in events if event.stream == stream]
        assert numbers == list(range(len(numbers)))


async def test_following_goes_on_over_a_restart(home: Path) -> None:
    """
    Without a gap and without a repetition.
    """
    seen: list[int] = []

    async def follow(log: EventLog) -> None:
        async with aclosing(log.follow(after=BEGINNING)) as pages:
            async for page in pages:
                seen.extend(event.position for event in page.events)

    async with remote(home) as (log, _):
        follower: asyncio.Task[None] | None = None
        for life in range(3):
            async with process(home) as child, asyncio.timeout(20):
                follower = follower or asyncio.create_task(follow(log))
                await log.append_many([one(n) for n in range(700)])
                while len(seen) < 700 * (life + 1):
                    await asyncio.sleep(0.01)
                child.kill()
        assert follower
        follower.cancel()
        await asyncio.wait({follower})

    assert seen == list(range(1, 2101))


async def test_a_member_joins_again_after_a_restart(home: Path) -> None:
    """
    Every event is handled, and none again whose acknowledgement was taken.
    """
    handled: list[int] = []

    async def work(consumers: RemoteConsumers) -> None:
        async with consumers.join("c", "m", prefetch=8) as member, aclosing(member.deliveries()) as batches:
            async for batch in batches:
                handled.extend(delivery.event.position for delivery in batch)
                await member.ack([delivery.event.position for delivery in batch])

    async with remote(home) as (log, consumers):
        worker: asyncio.Task[None] | None = None
        for life in range(3):
            async with process(home) as child, asyncio.timeout(20):
                if worker is None:
                    await consumers.create("c", ConsumerPolicy())
                    worker = asyncio.create_task(work(consumers))
                await log.append_many([one(n) for n in range(100)])
                while len(handled) < 100 * (life + 1):
                    await asyncio.sleep(0.01)
                child.kill()
        assert worker
        worker.cancel()
        await asyncio.wait({worker})

    assert sorted(handled) == list(range(1, 301))


async def test_a_log_that_stays_away_is_an_error_in_time(home: Path) -> None:
    """
    It names the peer; a caller with a deadline of its own waits no longer than that.
    """
    async with remote(home, patience_seconds=0.5) as (log, consumers):
        started = time.monotonic()
        for attempt in (
            log.append(one(1)),
            log.read(),
            log.head(),
            log.find(str(uuid.uuid4())),
            consumers.create("c", ConsumerPolicy()),
        ):
            with pytest.raises(PeerUnavailableError) as caught:
                await attempt
            assert caught.value.metadata == {"peer": "arkalia.events.v1.EventService"}
        assert 2 < time.monotonic() - started < 20

    async with remote(home) as (log, _):
        token = enter(CallContext(deadline=time.monotonic() + 0.3))
        started = time.monotonic()
        with pytest.raises(DomainError):
            await log.append(one(1))
        leave(token)
        assert time.monotonic() - started < 8


async def test_the_first_caller_s_deadline_is_not_that_of_all(log: RemoteEventLog) -> None:
    """
    The stream that they share outlives every call.
    """
    token = enter(CallContext(deadline=time.monotonic() + 1))
    await log.append(one(1))
    leave(token)
    await asyncio.sleep(1.1)

    assert (await log.append(one(2))).events[0].position == 2


async def test_errors_are_those_that_the_log_raised(log: RemoteEventLog) -> None:
    """
    With what they know, so that callers can act on them as if the log were here.
    """
    await log.append(one(1))
    write = StreamWrite(stream="a/b", events=[NewEvent(type=INT, payload=b"")], expected=Expect.NO_STREAM)
    with pytest.raises(VersionConflictError) as conflict:
        await log.append(Append(writes=[write]))
    with pytest.raises(DomainError) as unknown:
        await log.append(Append(writes=[StreamWrite(stream="a/b", events=[NewEvent(type="x.Y", payload=b"")])]))

    assert conflict.value.failed == (FailedCheck(stream="a/b", expected=Expect.NO_STREAM, actual_version=1),)
    assert "at version 1, expected no_stream" in str(conflict.value)
    assert unknown.value.reason == "EVENT_ERROR_REASON_PAYLOAD"


async def test_one_invalid_append_does_not_hurt_others(log: RemoteEventLog) -> None:
    """
    Though the message that carried all of them was refused.
    """
    appends = [one(n, stream=f"s/{n}" if n % 10 else "no good name!") for n in range(40)]
    outcomes = await asyncio.gather(*map(log.append, appends), return_exceptions=True)

    assert [isinstance(outcome, Appended) for outcome in outcomes] == [bool(n % 10) for n in range(40)]
    reasons = {outcome.reason for outcome in outcomes if isinstance(outcome, DomainError)}
    assert reasons == {"REQUEST_ERROR_REASON_INVALID"}


async def test_concurrent_appends_share_messages_and_keep_their_order(log: RemoteEventLog) -> None:
    """
    Tasks that append one after the other find their events in that order.
    """

    async def caller(number: int) -> list[int]:
        return [(await log.append(one(n, stream=f"s/{number}"))).events[0].stream_version for n in range(50)]

    versions = await asyncio.gather(*(caller(number) for number in range(32)))

    assert versions == [list(range(1, 51))] * 32


@pytest.mark.usefixtures("log")
async def test_an_unknown_consumer_cannot_be_joined(home: Path) -> None:
    """
    The error is the one that the log's own process raises.
    """
    async with remote(home) as (_, consumers):
        with pytest.raises(UnknownConsumerError):
            async with consumers.join("nobody", "m"):
                pass
