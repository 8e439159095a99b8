"""What the benchmark of the event log asks of a log, and how it takes the time."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from luna.adapters.sqlite_log import SqliteEventLog
from luna.kernel.events import Append, Direction, EventFilter, NewEvent, StreamWrite

CALLERS: Final = 64
SMALL: Final = 1_000
"""How many events a small log has. Every log has at least these."""
PAYLOAD: Final = bytes(range(200))
RARE: Final = "arkalia.test.v1.Rare"


@dataclass(slots=True)
class Side:
    """What was measured of one side, one entry a round."""

    wall_us: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    @property
    def wall(self) -> float:
        """The median."""
        return statistics.median(self.wall_us)

    @property
    def spread(self) -> float:
        """The interquartile range over the median."""
        low, _, high = statistics.quantiles(self.wall_us, n=4)
        return (high - low) / self.wall

    @property
    def cpu(self) -> float:
        """The median."""
        return statistics.median(self.cpu_us)

    def __str__(self) -> str:
        return f"{self.wall:8.1f} µs (±{self.spread:.0%}, cpu {self.cpu:.1f})"

    def figures(self) -> Mapping[str, float]:
        """Return what goes into the record."""
        return {
            "wall_us": round(self.wall, 2),
            "cpu_us": round(self.cpu, 2),
            "spread": round(self.spread, 3),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something to ask of a log, so many times, knowing its head."""

    name: str
    repeat: int
    ask: Callable[[SqliteEventLog, int, int], Awaitable[None]]


def append_of(number: int, *, type: str = "", time_ns: int = 0, payload: bytes = PAYLOAD) -> Append:
    """Return an append of one event, like those of a node: some streams, types and sources."""
    event = NewEvent(
        type=type or f"arkalia.test.v1.Happened{number % 7}",
        payload=payload,
        source=f"node/{number % 5}",
        time_ns=time_ns,
    )
    return Append(writes=[StreamWrite(stream=f"bench/{number % 11}", events=[event])])


async def race(log: SqliteEventLog, count: int, payload: bytes = PAYLOAD) -> None:
    """Append *count* events from many callers at once."""
    numbers = iter(range(count))
    await asyncio.gather(*[_caller(log, numbers, payload) for _ in range(CALLERS)])


async def timed(side: Side, count: int, measured: Callable[[], Awaitable[object]]) -> None:
    """Measure *measured*, which does something *count* times."""
    cpu, wall = time.process_time(), time.perf_counter()
    await measured()
    side.wall_us.append((time.perf_counter() - wall) / count * 1e6)
    side.cpu_us.append((time.process_time() - cpu) / count * 1e6)


async def _caller(log: SqliteEventLog, numbers: Iterator[int], payload: bytes) -> None:
    for number in numbers:
        await log.append(append_of(number, payload=payload))


async def _append(log: SqliteEventLog, _: int, count: int) -> None:
    await race(log, count)


async def _page(log: SqliteEventLog, head: int, count: int) -> None:
    for _ in range(count):
        assert len((await log.read(after=head // 2, limit=500)).events) == 500


async def _newest(log: SqliteEventLog, _: int, count: int) -> None:
    for _ in range(count):
        assert len((await log.read(limit=20, direction=Direction.BACKWARD)).events) == 20


async def _stream(log: SqliteEventLog, head: int, count: int) -> None:
    for _ in range(count):
        assert len((await log.read(EventFilter(stream="bench/3"), after=head // 2, limit=20)).events) == 20


async def _source(log: SqliteEventLog, head: int, count: int) -> None:
    wanted = EventFilter(sources=frozenset({"node/3"}))
    for _ in range(count):
        assert len((await log.read(wanted, after=head // 2, limit=20)).events) == 20


async def _rare(log: SqliteEventLog, _: int, count: int) -> None:
    wanted = EventFilter(types=frozenset({RARE, "arkalia.test.v1.Never"}))
    for _ in range(count):
        assert len((await log.read(wanted)).events) == 10


async def _time(log: SqliteEventLog, _: int, count: int) -> None:
    wanted = EventFilter(since_ns=SMALL // 2, until_ns=SMALL // 2 + 100, category="bench")
    for _ in range(count):
        assert len((await log.read(wanted)).events) == 100


async def _id(log: SqliteEventLog, head: int, count: int) -> None:
    page = await log.read(after=head // 2, limit=1)
    for _ in range(count):
        assert await log.find(page.events[0].event_id)


QUESTIONS: Final = (
    Question(name="append", repeat=128, ask=_append),
    Question(name="a page of 500", repeat=2, ask=_page),
    Question(name="the newest 20", repeat=10, ask=_newest),
    Question(name="20 of a stream", repeat=10, ask=_stream),
    Question(name="20 of a source", repeat=10, ask=_source),
    Question(name="10 of a rare type", repeat=4, ask=_rare),
    Question(name="100 by time", repeat=4, ask=_time),
    Question(name="one by id", repeat=1000, ask=_id),
)
