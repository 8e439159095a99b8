"""What following promises, as tests that every event log adapter must pass."""

import asyncio
from contextlib import aclosing

from luna.kernel.event_log import EventLog
from luna.kernel.events import EventFilter
from tests.contract.event_log_words import follow, labels, write


class FollowContract:
    """What following promises. Subclass me and give me a ``log`` fixture."""

    async def test_a_follower_gets_past_events_then_new_ones(self, log: EventLog) -> None:
        """
        There is no seam between reading history and waiting for more.
        """
        await log.append(write("a/1", "1", "2"))
        following = asyncio.create_task(follow(log, 4))
        await asyncio.sleep(0.02)
        await log.append(write("a/1", "3"))
        await log.append(write("a/1", "4"))
        pages = await following

        assert [label for page in pages for label in labels(page.events)] == ["1", "2", "3", "4"]

    async def test_following_resumes_after_a_position(self, log: EventLog) -> None:
        """
        *after* is exclusive.
        """
        await log.append(write("a/1", "1", "2", "3"))
        pages = await follow(log, 1, after=2)

        assert [label for page in pages for label in labels(page.events)] == ["3"]

    async def test_an_empty_page_says_that_the_head_was_reached(self, log: EventLog) -> None:
        """
        Once, whether there was history or not.
        """
        async with asyncio.timeout(10), aclosing(log.follow(after=0)) as pages:
            first = await anext(pages)
            await log.append(write("a/1", "1"))
            second = await anext(pages)
        async with asyncio.timeout(10), aclosing(log.follow(after=0)) as pages:
            history, reached = await anext(pages), await anext(pages)

        assert (list(first.events), first.position, first.done) == ([], 0, True)
        assert (labels(second.events), second.position) == (["1"], 1)
        assert labels(history.events) == ["1"]
        assert (list(reached.events), reached.position, reached.done) == ([], 1, True)

    async def test_a_follower_gets_only_what_it_wants(self, log: EventLog) -> None:
        """
        From history and live.
        """
        wanted = EventFilter(category="b")
        await log.append(write("a/1", "1"))
        await log.append(write("b/1", "2"))
        following = asyncio.create_task(follow(log, 2, wanted=wanted))
        await asyncio.sleep(0.02)
        await log.append(write("a/1", "3"))
        await log.append(write("b/1", "4"))

        assert [label for page in await following for label in labels(page.events)] == ["2", "4"]

    async def test_a_filter_that_skips_much_says_how_far_it_is(self, log: EventLog) -> None:
        """
        So that a place to resume from does not lag behind.
        """
        async with asyncio.timeout(10), aclosing(log.follow(EventFilter(category="b"), after=0)) as pages:
            await anext(pages)
            await log.append_many([write("a/1", str(n)) for n in range(2500)])
            skipped = await anext(pages)

        assert list(skipped.events) == []
        assert skipped.position >= 1000

    async def test_a_slow_follower_misses_nothing(self, log: EventLog) -> None:
        """
        However far the others have gone meanwhile.
        """
        async with asyncio.timeout(20), aclosing(log.follow(after=0)) as pages:
            await anext(pages)
            await log.append_many([write("a/1", str(n)) for n in range(12_000)])
            seen: list[int] = []
            while len(seen) < 12_000:
                seen += [event.position for event in (await anext(pages)).events]

        assert seen == list(range(1, 12_001))

    async def test_many_followers_see_the_same(self, log: EventLog) -> None:
        """
        In the same order.
        """
        following = [asyncio.create_task(follow(log, 200)) for _ in range(20)]
        await asyncio.sleep(0)
        for n in range(0, 200, 10):
            await asyncio.gather(*[log.append(write(f"a/{m}", str(m))) for m in range(n, n + 10)])
        seen = [[event for page in await task for event in page.events] for task in following]

        assert all(events == seen[0] for events in seen)
        assert [event.position for event in seen[0]] == list(range(1, 201))
