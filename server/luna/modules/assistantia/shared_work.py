"""Shares one long piece of work among all who want the same, until nobody is left who does."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Generic, TypeVar

from luna.kernel.bell import Bell

T = TypeVar("T")


class SharedWork(Generic[T]):
    """Does pieces of work, each under a name, and tells whoever follows one how far it is."""

    def __init__(self, begin: Callable[[str], AsyncGenerator[T, None]]) -> None:
        self._begin = begin
        self._under_way: dict[str, _Work[T]] = {}

    async def follow(self, name: str) -> AsyncGenerator[T, None]:
        """Yield what the work called *name* yields, from its newest item on. Who is slow misses items, not the last.

        Work that nobody follows any more is stopped. If it fails, everybody is told.
        """
        work = self._under_way.get(name)
        if work is None:
            work = self._under_way[name] = _Work(self._begin(name), lambda: self._forget(name, work))
        work.followers += 1
        try:
            async with aclosing(work.items()) as items:
                async for item in items:
                    yield item
        finally:
            work.followers -= 1
            if not work.followers:
                self._forget(name, work)
                await work.stop()

    def _forget(self, name: str, work: "_Work[T] | None") -> None:
        if self._under_way.get(name) is work:
            self._under_way.pop(name, None)


class _Work(Generic[T]):
    """One piece of work."""

    def __init__(self, items: AsyncGenerator[T, None], ended: Callable[[], None]) -> None:
        self.followers = 0
        self._ended = ended
        self._newest: T | None = None
        self._count = 0
        self._is_done = False
        self._failure: Exception | None = None
        self._changed = Bell()
        self._task = asyncio.create_task(self._do(items))

    async def items(self) -> AsyncGenerator[T, None]:
        """Yield the newest item whenever there is one."""
        seen = 0
        while True:
            changed = self._changed.next
            if self._newest is not None and seen < self._count:
                seen = self._count
                yield self._newest
            elif self._failure is not None:
                raise self._failure
            elif self._is_done:
                return
            else:
                await changed.wait()

    async def stop(self) -> None:
        """Stop, and return when it has."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _do(self, items: AsyncGenerator[T, None]) -> None:
        try:
            async with aclosing(items):
                async for item in items:
                    self._newest = item
                    self._count += 1
                    self._changed.ring()
        except Exception as error:  # noqa: BLE001  it is raised again by everybody who follows
            self._failure = error
        finally:
            self._is_done = True
            self._ended()
            self._changed.ring()
