"""Tools for streams that never end."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _End:
    """Nothing comes any more."""

    error: Exception | None = None
    """Why not."""


class Begun(Generic[T_co]):
    """Items of which the first is asked for at once. `aclose` it, read or not."""

    def __init__(self, items: AsyncGenerator[T_co, None]) -> None:
        self._items = items
        self._first = asyncio.ensure_future(anext(items))
        self._is_read = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T_co:
        if self._is_read:
            return await anext(self._items)
        self._is_read = True
        return await self._first

    async def aclose(self) -> None:
        """Close the items, whatever they are waiting for."""
        await _dropped(self._first)
        if not self._first.cancelled():
            # Whoever closes it does not want to know.
            self._first.exception()
        await self._items.aclose()


async def with_pauses(items: AsyncGenerator[T, None] | Begun[T], *, every: float) -> AsyncGenerator[T | None, None]:
    """Yield from *items*, and ``None`` whenever *every* seconds pass without one.

    The pending ``anext`` is kept across pauses: cancelling it, as
    `asyncio.wait_for` would, ends the generator it belongs to.
    """
    async with aclosing(items):
        while True:
            pending = asyncio.ensure_future(anext(items))
            try:
                while not (await asyncio.wait({pending}, timeout=every))[0]:
                    yield None
            finally:
                await _dropped(pending)
            try:
                item = pending.result()
            except StopAsyncIteration:
                return
            yield item


async def until(items: AsyncGenerator[T, None], stop: asyncio.Event) -> AsyncGenerator[T, None]:
    """Yield from *items* until *stop* is set. They are closed then, whatever they are waiting for."""
    async with aclosing(items):
        stopped = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                pending = asyncio.ensure_future(anext(items))
                try:
                    await asyncio.wait({pending, stopped}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    await _dropped(pending)
                if pending.cancelled():
                    return
                try:
                    item = pending.result()
                except StopAsyncIteration:
                    return
                yield item
        finally:
            stopped.cancel()


async def in_batches(items: AsyncGenerator[T, None], *, ahead: int) -> AsyncGenerator[Sequence[T], None]:
    """Yield what has come from *items* since the last time, all at once; wait for nothing but the first of it.

    Items are read while the batch before is still dealt with, up to *ahead* of them. What follows slowly
    gets more at a time, instead of falling behind. Closing this closes *items*, whatever they are waiting for.
    """
    come: asyncio.Queue[T | _End] = asyncio.Queue(ahead)
    reading = asyncio.ensure_future(_read(items, come))
    try:
        end: _End | None = None
        while end is None:
            batch = list[T]()
            item: T | _End = await come.get()
            while not isinstance(item, _End):
                batch.append(item)
                if come.empty():
                    break
                item = come.get_nowait()
            else:
                end = item
            if batch:
                yield batch
        if end.error is not None:
            raise end.error
    finally:
        reading.cancel()
        await asyncio.wait({reading})


async def pipelined(
    items: AsyncIterator[T], start: Callable[[T], Awaitable[asyncio.Future[R]]], *, ahead: int
) -> AsyncGenerator[R, None]:
    """Start work on each of *items*, up to *ahead* at a time, and yield the results in the order of the items.

    Items are started one after the other. No more is read from *items* than
    is under way. Work that is unfinished when this is closed is cancelled.
    """
    under_way: asyncio.Queue[asyncio.Future[R] | None] = asyncio.Queue(ahead)
    feeder = asyncio.ensure_future(_feed(items, start, under_way))
    try:
        while (result := await under_way.get()) is not None:
            yield await result
    finally:
        feeder.cancel()
        while not under_way.empty():
            if left := under_way.get_nowait():
                left.cancel()
        await asyncio.wait({feeder})


async def _dropped(pending: asyncio.Future[T]) -> None:
    """Wait for nothing more of *pending*, unless it is there."""
    if not pending.done():
        pending.cancel()
        await asyncio.wait({pending})


async def _read(items: AsyncGenerator[T, None], come: "asyncio.Queue[T | _End]") -> None:
    end = _End()
    try:
        async with aclosing(items):
            async for item in items:
                await come.put(item)
    except Exception as error:  # noqa: BLE001  it is raised again by whoever takes it
        end = _End(error)
    await come.put(end)


async def _feed(
    items: AsyncIterator[T],
    start: Callable[[T], Awaitable[asyncio.Future[R]]],
    under_way: asyncio.Queue[asyncio.Future[R] | None],
) -> None:
    try:
        async for item in items:
            await under_way.put(await start(item))
        await under_way.put(None)
    except Exception as error:  # noqa: BLE001  it is raised again by whoever awaits its turn
        failed: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        failed.set_exception(error)
        await under_way.put(failed)
