"""The promises of `Retention`, as tests that every event log adapter must pass."""

from typing import Protocol

import pytest

from luna.kernel.consumers import ConsumerPolicy
from luna.kernel.event_errors import EventIdReusedError
from luna.kernel.event_log import EventLog
from luna.kernel.events import EventFilter
from luna.kernel.log_admin import ConsumerChanges, ConsumerStorage, Retention
from tests.contract.event_log_words import labels, new, read_all, uid, write


class PrunableLog(EventLog, Retention, Protocol):
    """A log that can forget, and keeps consumers."""

    @property
    def consumer_storage(self) -> ConsumerStorage:
        """Where this log keeps its consumers."""
        ...


class RetentionContract:
    """Subclass me and give me a ``log`` fixture that is a `PrunableLog`."""

    async def test_only_the_oldest_of_a_category_go(self, log: PrunableLog) -> None:
        """
        By count; the other categories are not touched.
        """
        for n in range(10):
            await log.append(write(f"{'ab'[n % 2]}/1", str(n)))
        count = await log.prune("a", keep=2)
        stats = await log.stats()

        assert count == 3
        assert labels(await read_all(log)) == ["1", "3", "5", "6", "7", "8", "9"]
        assert labels(await read_all(log, EventFilter(category="a"))) == ["6", "8"]
        assert (stats.event_count, stats.first_position, stats.head) == (7, 2, 10)
        assert await log.prune("a", keep=2) == 0
        assert await log.prune("never", keep=0) == 0

    async def test_age_decides_too(self, log: PrunableLog) -> None:
        """
        Up to the first event that is young enough.
        """
        for n in (1, 2, 9, 3):
            await log.append(write("a/1", new(str(n), time_ns=n)))

        assert await log.prune("a", before_ns=5) == 2
        assert labels(await read_all(log)) == ["9", "3"]

    async def test_nothing_goes_that_a_consumer_has_not_settled(self, log: PrunableLog) -> None:
        """
        The slowest consumer decides.
        """
        await log.append(write("a/1", *map(str, range(5))))
        await log.consumer_storage.create("slow", ConsumerPolicy())
        await log.consumer_storage.create("fast", ConsumerPolicy())
        await log.consumer_storage.save("fast", ConsumerChanges(checkpoint=5))
        await log.consumer_storage.save("slow", ConsumerChanges(checkpoint=2))

        assert await log.prune("a", keep=0) == 2
        assert labels(await read_all(log)) == ["2", "3", "4"]

    async def test_positions_and_versions_are_not_used_again(self, log: PrunableLog) -> None:
        """
        Even if the newest events are gone.
        """
        await log.append_many([write("a/1", str(n)) for n in range(1200)])
        assert await log.prune("a", keep=0) == 1200
        outcome = await log.append(write("a/1", "later", expected=1200))
        page = await log.read()

        assert (outcome.events[0].position, outcome.events[0].stream_version) == (1201, 1201)
        assert (labels(page.events), page.position, page.done) == (["later"], 1201, True)
        assert (await log.stats()).types == {"test.Happened": 1}

    async def test_what_is_left_is_found_as_before(self, log: PrunableLog) -> None:
        """
        By id, by stream, backward; what is gone is not.
        """
        gone, kept = uid(), uid()
        await log.append(write("a/1", new("gone", event_id=gone), new("kept", event_id=kept)))
        await log.prune("a", keep=1)
        with pytest.raises(EventIdReusedError):
            await log.append(write("a/1", new("other", event_id=kept)))

        assert await log.find(gone) is None
        assert await log.find(kept) is not None
        assert labels(await read_all(log, EventFilter(stream="a/1"), backward=True)) == ["kept"]
