"""The retention policy, and what it makes the log forget."""

from collections.abc import Sequence

import pytest
from arkalia.events.v1.event_event_pb2 import EventsPruned
from arkalia.events.v1.retention_pb2 import RetentionPolicy, RetentionRule
from google.protobuf.duration_pb2 import Duration

from luna.adapters.memory_log import MemoryEventLog
from luna.kernel.events import Append, Event, EventFilter, NewEvent, StreamWrite
from luna.modules.events.errors import EtagError
from luna.modules.events.retention import PRUNINGS, Policies, Sweeper
from tests.fakes import FakeClock

HOUR = 3600


async def _fill(log: MemoryEventLog, stream: str, count: int) -> None:
    events = [NewEvent(type="x", payload=b"") for _ in range(count)]
    await log.append(Append(writes=[StreamWrite(stream=stream, events=events)]))


async def _read(log: MemoryEventLog, category: str) -> Sequence[Event]:
    return (await log.read(EventFilter(category=category))).events


async def test_events_go_by_age_and_by_number(clock: FakeClock) -> None:
    """
    Only those of categories with a rule, and a record of it stays.
    """
    log = MemoryEventLog(clock)
    policies = Policies(log, source="s")
    rules = [
        RetentionRule(category="old", age_max=Duration(seconds=HOUR)),
        RetentionRule(category="many", count_max=2),
    ]
    await policies.update(RetentionPolicy(rules=rules))
    for stream in ("old/a", "many/a", "kept/a"):
        await _fill(log, stream, 3)
    clock.advance(HOUR + 1)
    await _fill(log, "old/b", 1)
    pruned = await Sweeper(log, log, policies, clock, source="s").sweep()
    again = await Sweeper(log, log, policies, clock, source="s").sweep()
    records = [EventsPruned.FromString(it.payload) for it in (await log.read(EventFilter(stream=PRUNINGS))).events]

    assert (pruned, again) == (4, 0)
    assert [len(await _read(log, category)) for category in ("old", "many", "kept")] == [1, 2, 3]
    assert [(it.category, it.event_count) for it in records] == [("old", 3), ("many", 1)]
    assert records[0].last_position >= 4


async def test_a_policy_changes_only_from_the_one_that_was_read(clock: FakeClock) -> None:
    """
    Any other etag is refused with the present one.
    """
    policies = Policies(MemoryEventLog(clock), source="s")
    first = await policies.update(RetentionPolicy(rules=[RetentionRule(category="a", count_max=1)]))
    for etag in ("", "7", "nonsense"):
        with pytest.raises(EtagError) as caught:
            await policies.update(RetentionPolicy(etag=etag))
        assert caught.value.metadata == {"etag": first.etag}
    second = await policies.update(RetentionPolicy(etag=first.etag))

    assert second.etag != first.etag
    assert await policies.get() == second
