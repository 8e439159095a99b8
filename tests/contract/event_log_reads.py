"""What reading promises, as tests that every event log adapter must pass."""

import uuid

from luna.kernel.event_log import EventLog
from luna.kernel.events import Direction, EventFilter
from tests.contract.event_log_words import labels, new, read_all, uid, write


class ReadContract:
    """What reading promises. Subclass me and give me a ``log`` fixture."""

    async def test_filters_find_what_they_describe(self, log: EventLog) -> None:
        """
        Each alone, together, forward, backward, and in small pages.
        """
        correlation = uid()
        for n in range(60):
            event = new(
                str(n),
                type=f"test.T{n % 4}",
                source=f"node/{n % 3}",
                time_ns=1000 + n,
                correlation_id=correlation if n % 5 == 0 else "",
            )
            await log.append(write(f"c{n % 2}/s{n % 6}", event))
        everything = await read_all(log)
        filters = [
            EventFilter(stream="c1/s3"),
            EventFilter(category="c1"),
            EventFilter(types=frozenset({"test.T1"})),
            EventFilter(types=frozenset({"test.T1", "test.T2", "test.Never"})),
            EventFilter(types=frozenset({"test.Never"})),
            EventFilter(sources=frozenset({"node/0", "node/2"})),
            EventFilter(correlation_id=correlation),
            EventFilter(correlation_id="nobody"),
            EventFilter(since_ns=1010, until_ns=1050),
            EventFilter(since_ns=2000),
            EventFilter(until_ns=1003),
            EventFilter(category="c1", types=frozenset({"test.T1"}), sources=frozenset({"node/1"}), since_ns=1011),
            EventFilter(stream="c0/s0", correlation_id=correlation, until_ns=1040),
            EventFilter(category="never"),
        ]
        for wanted in filters:
            expected = [event for event in everything if wanted.admits(event)]

            assert await read_all(log, wanted) == expected, wanted
            assert await read_all(log, wanted, limit=3) == expected, wanted
            assert await read_all(log, wanted, limit=3, backward=True) == expected[::-1], wanted

    async def test_a_page_says_how_far_it_looked(self, log: EventLog) -> None:
        """
        The position moves on even where nothing was wanted.
        """
        await log.append(write("a/1", *map(str, range(5))))
        page = await log.read(EventFilter(types=frozenset({"test.Never"})))
        first = await log.read(limit=2)

        assert (page.events, page.position, page.done) == ((), 5, True) or (list(page.events), page.position) == ([], 5)
        assert (labels(first.events), first.position, first.done) == (["0", "1"], 2, False)

    async def test_an_empty_log_has_an_empty_page(self, log: EventLog) -> None:
        """
        Both ways.
        """
        for direction in Direction:
            page = await log.read(direction=direction)

            assert (list(page.events), page.position, page.done) == ([], 0, True)

    async def test_backward_starts_at_the_head_or_below_a_position(self, log: EventLog) -> None:
        """
        Newest first.
        """
        await log.append(write("a/1", *map(str, range(5))))
        page = await log.read(limit=2, direction=Direction.BACKWARD)
        rest = await log.read(after=page.position, direction=Direction.BACKWARD)

        assert labels(page.events) == ["4", "3"]
        assert labels(rest.events) == ["2", "1", "0"]
        assert rest.done

    async def test_a_page_is_bounded(self, log: EventLog) -> None:
        """
        500 events and 1 MiB, unless a single event is larger.
        """
        await log.append(write("a/1", *map(str, range(600))))
        head = await log.head()
        await log.append(write("a/1", *[new(payload=bytes(400_000)) for _ in range(4)], new(payload=bytes(2_000_000))))

        assert len((await log.read(limit=10_000)).events) == 500
        assert len((await log.read(after=head)).events) == 2
        assert len((await log.read(after=head + 4)).events) == 1

    async def test_an_unknown_id_finds_nothing(self, log: EventLog) -> None:
        """
        Nor does a malformed one.
        """
        assert await log.find(uid()) is None
        assert await log.find("nonsense") is None

    async def test_many_ids_are_found_in_their_order(self, log: EventLog) -> None:
        """
        Those that are unknown or malformed are passed over, however many there are.
        """
        await log.append(write("a/1", *map(str, range(600))))
        page = await log.read(limit=500)
        ids = [event.event_id for event in reversed([*page.events, *(await log.read(after=page.position)).events])]
        found = await log.find_many([uid(), *ids, "nonsense"])

        assert [event.event_id for event in found] == ids
        assert list(await log.find_many([])) == list(await log.find_many([uid()])) == []
        again = await log.find_many([ids[0], ids[1], ids[0]])
        assert [event.event_id for event in again] == [ids[0], ids[1], ids[0]]

    async def test_stats_count_what_is_there(self, log: EventLog) -> None:
        """
        Also across many appends.
        """
        await log.append_many([write(f"a/{n % 3}", new(type=f"test.T{n % 2}")) for n in range(700)])
        stats = await log.stats()

        assert (stats.head, stats.first_position, stats.event_count, stats.stream_count) == (700, 1, 700, 3)
        assert stats.types == {"test.T0": 350, "test.T1": 350}
        assert stats.writable
        assert str(uuid.UUID(stats.log_id)) == stats.log_id
