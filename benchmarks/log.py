"""Measures the embedded event log against raw SQLite, and a large log against a small one.

The raw side inserts the very rows that the log writes, into the same tables,
through the same library, at the batch size that the log reached, with the
same sync mode. It does nothing else: no ids, hashes, checks, callers.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import apsw
import uuid_utils
import uvloop

from luna.adapters.sqlite_log import SqliteEventLog
from luna.adapters.sqlite_log_rows import COLUMNS
from luna.adapters.sqlite_log_schema import number, open_writer, run
from luna.kernel.events import Append, Direction, EventFilter, NewEvent, StreamWrite

CALLERS: Final = 64
ROUNDS: Final = 9
APPENDS: Final = 6_400
SMALL: Final = 1_000
PAYLOAD: Final = bytes(range(200))
RARE: Final = "arkalia.test.v1.Rare"
_INSERT: Final = f"INSERT INTO events ({COLUMNS}) VALUES ({', '.join('?' * (COLUMNS.count(',') + 1))})"  # noqa: S608


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

    def figures(self) -> Mapping[str, float]:
        """Return what goes into the record."""
        return {
            "wall_us": round(self.wall, 2),
            "cpu_us": round(statistics.median(self.cpu_us), 2),
            "spread": round(self.spread, 3),
        }


def main(events: int = 200_000) -> Mapping[str, object]:
    """Measure, print a table, and return the figures."""
    with TemporaryDirectory(prefix="luna-log-") as folder:
        return uvloop.run(_measure(Path(folder), events))


async def _measure(folder: Path, events: int) -> Mapping[str, object]:
    figures: dict[str, object] = {}
    async with await SqliteEventLog.open(folder / "speed.db") as log:
        figures["concurrent"] = await _concurrent(log, folder / "raw.db")
        figures["alone"] = await _alone(log, folder / "raw.db")
    async with (
        await SqliteEventLog.open(folder / "small.db") as small,
        await SqliteEventLog.open(folder / "large.db") as large,
    ):
        await _fill(small, SMALL)
        await _fill(large, events)
        figures["scale"] = await _scale(small, large, events)
    return figures


async def _concurrent(log: SqliteEventLog, raw: Path) -> Mapping[str, object]:
    connection = open_writer(raw)
    ours, theirs = Side(), Side()
    batch = CALLERS
    for _ in range(ROUNDS):
        transactions = log._writer.transactions  # noqa: SLF001  nobody else needs to know
        await _timed(ours, APPENDS, _callers(log, APPENDS))
        batch = max(1, round(APPENDS / (log._writer.transactions - transactions)))  # noqa: SLF001
        rows = _rows(number(connection, "SELECT max(position) FROM events"), APPENDS)
        await _timed(theirs, APPENDS, _raw(connection, rows, batch))
    ratio = theirs.wall / ours.wall
    print(
        f"{CALLERS} callers          log {_spell(ours)}   raw in batches of {batch} {_spell(theirs)}   rate {ratio:.2f} x raw"
    )
    connection.close()
    return {"log": ours.figures(), "raw": theirs.figures(), "batch": batch, "rate_ratio": round(ratio, 3)}


async def _alone(log: SqliteEventLog, raw: Path) -> Mapping[str, object]:
    connection = open_writer(raw)
    ours, theirs = Side(), Side()
    append = _append(0)
    for _ in range(600):
        await _timed(ours, 1, lambda: log.append(append))
        rows = _rows(number(connection, "SELECT max(position) FROM events"), 1)
        await _timed(theirs, 1, _raw(connection, rows, 1))
    ratio = ours.wall / theirs.wall
    print(f"one caller, p50     log {_spell(ours)}   raw commit {_spell(theirs)}   time {ratio:.2f} x raw")
    connection.close()
    return {"log": ours.figures(), "raw": theirs.figures(), "time_ratio": round(ratio, 3)}


async def _scale(small: SqliteEventLog, large: SqliteEventLog, events: int) -> Mapping[str, object]:
    figures: dict[str, object] = {}
    for name, repeat, make in _questions():
        sides = Side(), Side()
        for _ in range(ROUNDS):
            for side, log in zip(sides, (small, large), strict=True):
                await _timed(side, repeat, make(log, await log.head()))
        ratio = sides[1].wall / sides[0].wall
        cpu = statistics.median(sides[1].cpu_us) / statistics.median(sides[0].cpu_us)
        label = f"{name:<19} {SMALL:>8} events {_spell(sides[0])}   {events} events {_spell(sides[1])}"
        print(f"{label}   wall x {ratio:.2f}, cpu x {cpu:.2f}")
        figures[name] = {
            "small": sides[0].figures(),
            "large": sides[1].figures(),
            "wall_ratio": round(ratio, 3),
            "cpu_ratio": round(cpu, 3),
        }
    return figures


Measured = Callable[[], Awaitable[object]]
Question = tuple[str, int, Callable[[SqliteEventLog, int], Measured]]


def _questions() -> Sequence[Question]:
    def reading(
        count: int, wanted: EventFilter, direction: Direction, limit: int
    ) -> Callable[[SqliteEventLog, int], Measured]:
        def make(log: SqliteEventLog, head: int) -> Measured:
            async def ask() -> None:
                for _ in range(count):
                    after = 0 if direction is Direction.BACKWARD else head // 2
                    await log.read(wanted, after=after, limit=limit, direction=direction)

            return ask

        return make

    def over_time(log: SqliteEventLog, _: int) -> Measured:
        async def ask() -> None:
            for _ in range(20):
                page = await log.read(EventFilter(since_ns=SMALL // 2, until_ns=SMALL // 2 + 100, category="bench"))
                assert len(page.events) == 100

        return ask

    def one_by_id(log: SqliteEventLog, head: int) -> Measured:
        async def ask() -> None:
            page = await log.read(after=head // 2, limit=1)
            for _ in range(100):
                assert await log.find(page.events[0].event_id)

        return ask

    def rare(log: SqliteEventLog, _: int) -> Measured:
        async def ask() -> None:
            for _ in range(20):
                page = await log.read(EventFilter(types=frozenset({RARE, "arkalia.test.v1.Never"})))
                assert len(page.events) == 10

        return ask

    everything = EventFilter()
    stream, source = EventFilter(stream="bench/3"), EventFilter(sources=frozenset({"node/3"}))
    return (
        ("append", 640, lambda log, _: _callers(log, 640)),
        ("read 500", 10, reading(10, everything, Direction.FORWARD, 500)),
        ("newest 20", 50, reading(50, everything, Direction.BACKWARD, 20)),
        ("stream, 20", 50, reading(50, stream, Direction.FORWARD, 20)),
        ("source, 20", 50, reading(50, source, Direction.FORWARD, 20)),
        ("10 of a rare type", 20, rare),
        ("100 by time", 20, over_time),
        ("one by id", 100, one_by_id),
    )


async def _fill(log: SqliteEventLog, count: int) -> None:
    """Record *count* events, ten of them of a rare type, each a nanosecond later than the one before."""
    step = 10_000
    rare = {count * n // 10 for n in range(10)}
    for begin in range(0, count, step):
        numbers = range(begin, min(count, begin + step))
        await log.append_many([_append(n, type=RARE if n in rare else "", time_ns=n + 1) for n in numbers])


def _append(number: int, *, type: str = "", time_ns: int = 0) -> Append:
    event = NewEvent(
        type=type or f"arkalia.test.v1.Happened{number % 7}",
        payload=PAYLOAD,
        source=f"node/{number % 5}",
        time_ns=time_ns,
    )
    return Append(writes=[StreamWrite(stream=f"bench/{number % 11}", events=[event])])


def _callers(log: SqliteEventLog, count: int) -> Measured:
    async def ask() -> None:
        numbers = iter(range(count))
        await asyncio.gather(*[_caller(log, numbers) for _ in range(CALLERS)])

    return ask


async def _caller(log: SqliteEventLog, numbers: Iterator[int]) -> None:
    for n in numbers:
        await log.append(_append(n))


def _rows(head: int, count: int) -> Sequence[tuple[object, ...]]:
    leaf = bytes(32)
    return [
        (
            head + n,
            n % 11,
            head + n,
            uuid_utils.uuid7().bytes,
            n % 7,
            1,
            n % 5,
            time.time_ns(),
            1,
            None,
            None,
            None,
            leaf,
            PAYLOAD,
        )
        for n in range(1, count + 1)
    ]


def _raw(connection: apsw.Connection, rows: Sequence[tuple[object, ...]], batch: int) -> Measured:
    async def ask() -> None:
        for begin in range(0, len(rows), batch):
            run(connection, "BEGIN IMMEDIATE")
            for _ in connection.executemany(_INSERT, rows[begin : begin + batch]):
                pass
            run(connection, "COMMIT")

    return ask


async def _timed(side: Side, count: int, measured: Measured) -> None:
    cpu, wall = time.process_time(), time.perf_counter()
    await measured()
    side.wall_us.append((time.perf_counter() - wall) / count * 1e6)
    side.cpu_us.append((time.process_time() - cpu) / count * 1e6)


def _spell(side: Side) -> str:
    return f"{side.wall:8.1f} µs (±{side.spread:.0%}, cpu {statistics.median(side.cpu_us):.1f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000, help="the size of the large log")
    main(parser.parse_args().events)
