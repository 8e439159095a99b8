"""Measures the embedded event log against raw SQLite, and a large log against a small one.

The raw side inserts the very rows that the log writes, into the same tables,
through the same library, at the batch size that the log reached, with the
same sync mode. It does nothing else: no hashes, no checks, no callers.
"""

import argparse
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import apsw
import uuid_utils
import uvloop

from benchmarks.log_questions import CALLERS, PAYLOAD, QUESTIONS, RARE, SMALL, Side, append_of, race, timed
from luna.adapters.sqlite_log import SqliteEventLog
from luna.adapters.sqlite_log_rows import COLUMNS
from luna.adapters.sqlite_log_schema import Value, number, open_writer, run
from luna.app import calm_the_collector

ROUNDS: Final = 9
SAMPLE: Final = bytes(1024)
"""As large as a sample of a node with a few processes."""
TURNS: Final = 45
"""Short turns: what else the machine does must hit both logs."""
APPENDS: Final = 6_400
_INSERT: Final = f"INSERT INTO events ({COLUMNS}) VALUES ({', '.join('?' * (COLUMNS.count(',') + 1))})"  # noqa: S608


def main(events: int = 1_000_000) -> Mapping[str, object]:
    """Measure, print a table, and return the figures."""
    calm_the_collector()
    with TemporaryDirectory(prefix="luna-log-") as folder:
        return uvloop.run(_measure(Path(folder), events))


async def _measure(folder: Path, events: int) -> Mapping[str, object]:
    figures: dict[str, object] = {}
    async with await SqliteEventLog.open(folder / "speed.db") as log:
        for payload in (PAYLOAD, SAMPLE):
            figures[f"concurrent, {len(payload)} bytes"] = await _concurrent(log, folder / "raw.db", payload)
        figures["alone"] = await _alone(log, folder / "raw.db")
    async with (
        await SqliteEventLog.open(folder / "small.db") as small,
        await SqliteEventLog.open(folder / "large.db") as large,
    ):
        await _fill(small, SMALL)
        await _fill(large, events)
        figures["scale"] = await _scale(small, large, events)
    return figures


async def _concurrent(log: SqliteEventLog, raw: Path, payload: bytes) -> Mapping[str, object]:
    connection = open_writer(raw)
    ours, theirs = Side(), Side()
    batch = CALLERS
    for _ in range(ROUNDS):
        transactions = log._writer.transactions  # noqa: SLF001  nobody else needs to know
        await timed(ours, APPENDS, partial(race, log, APPENDS, payload))
        batch = max(1, round(APPENDS / (log._writer.transactions - transactions)))  # noqa: SLF001
        await timed(theirs, APPENDS, partial(_raw, connection, APPENDS, batch, payload))
    ratio = theirs.wall / ours.wall
    label = f"{CALLERS} callers, {len(payload):4} B  log {ours}   raw in batches of {batch} {theirs}"
    print(f"{label}   rate {ratio:.2f} x raw")
    connection.close()
    return {"log": ours.figures(), "raw": theirs.figures(), "batch": batch, "rate_ratio": round(ratio, 3)}


async def _alone(log: SqliteEventLog, raw: Path) -> Mapping[str, object]:
    connection = open_writer(raw)
    ours, theirs = Side(), Side()
    append = append_of(0)
    for _ in range(600):
        await timed(ours, 1, partial(log.append, append))
        await timed(theirs, 1, partial(_raw, connection, 1, 1, PAYLOAD))
    ratio = ours.wall / theirs.wall
    print(f"one caller, p50     log {ours}   raw commit {theirs}   time {ratio:.2f} x raw")
    connection.close()
    return {"log": ours.figures(), "raw": theirs.figures(), "time_ratio": round(ratio, 3)}


async def _scale(small: SqliteEventLog, large: SqliteEventLog, events: int) -> Mapping[str, object]:
    figures: dict[str, object] = {}
    for question in QUESTIONS:
        sides = Side(), Side()
        for _ in range(TURNS):
            for side, log in zip(sides, (small, large), strict=True):
                await timed(side, question.repeat, partial(question.ask, log, await log.head(), question.repeat))
        wall, cpu = sides[1].wall / sides[0].wall, sides[1].cpu / sides[0].cpu
        label = f"{question.name:<19} {SMALL:>8} events {sides[0]}   {events} events {sides[1]}"
        print(f"{label}   wall x {wall:.2f}, cpu x {cpu:.2f}")
        figures[question.name] = {
            "small": sides[0].figures(),
            "large": sides[1].figures(),
            "wall_ratio": round(wall, 3),
            "cpu_ratio": round(cpu, 3),
        }
    return figures


async def _fill(log: SqliteEventLog, count: int) -> None:
    """Record *count* events, ten of them of a rare type, each a nanosecond later than the one before."""
    step = 10_000
    rare = {count * n // 10 for n in range(10)}
    for begin in range(0, count, step):
        numbers = range(begin, min(count, begin + step))
        await log.append_many([append_of(n, type=RARE if n in rare else "", time_ns=n + 1) for n in numbers])


async def _raw(connection: apsw.Connection, count: int, batch: int, payload: bytes) -> None:
    """Insert *count* rows, so many a transaction, as plainly as apsw can be used."""
    head = number(connection, "SELECT max(position) FROM events")
    for begin in range(0, count, batch):
        run(connection, "BEGIN IMMEDIATE")
        for row in _rows(head + begin, min(batch, count - begin), payload):
            connection.execute(_INSERT, row)
        run(connection, "COMMIT")


def _rows(head: int, count: int, payload: bytes) -> Iterator[tuple[Value, ...]]:
    leaf = bytes(32)
    for n in range(head + 1, head + count + 1):
        id, now = uuid_utils.uuid7().bytes, time.time_ns()
        yield n, n % 11, n, id, n % 7, 1, n % 5, now, 1, None, None, None, leaf, payload


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="the size of the large log")
    main(parser.parse_args().events)
