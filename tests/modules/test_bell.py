"""A bell wakes everybody who waits, and nobody who comes later."""

import asyncio

from luna.kernel.bell import Bell


async def waiting(bell: Bell, count: int) -> list[asyncio.Task[None]]:
    """Return tasks that wait for the next ring."""
    tasks = [asyncio.create_task(bell.wait()) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_everybody_who_waits_is_woken() -> None:
    """
    By one ring, and who comes after it waits on.
    """
    bell = Bell()
    tasks = await waiting(bell, 3)
    bell.ring()
    late = await waiting(bell, 1)
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks)

    assert not late[0].done()
    bell.ring()
    async with asyncio.timeout(5):
        await late[0]


async def test_nothing_is_missed_between_looking_and_waiting() -> None:
    """
    What was taken before looking is set, however often it rang meanwhile; the one after that is not.
    """
    bell = Bell()
    taken = bell.next
    bell.ring()
    bell.ring()

    assert taken.is_set()
    assert not bell.next.is_set()


async def test_a_ring_that_nobody_hears_is_over() -> None:
    """
    Unlike an event that stays set.
    """
    bell = Bell()
    bell.ring()
    (late,) = await waiting(bell, 1)
    await asyncio.sleep(0)

    assert not late.done()
    late.cancel()
