"""What the embedded log promises about its file, beyond what every log promises."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path

import apsw
import pytest

from luna.adapters.sqlite_log import SqliteEventLog, SqliteLogPolicy
from luna.adapters.sqlite_log_schema import BLOCK, number, open_reader, run
from luna.kernel.clock import SystemClock
from luna.kernel.consumers import ConsumerPolicy
from luna.kernel.event_errors import LogFullError, LogReadOnlyError
from luna.kernel.events import Append, Checkpoint, EventFilter
from luna.kernel.log_admin import ConsumerChanges
from tests.contract.event_log_words import follow, labels, new, read_all, uid, write

BRIEF = SqliteLogPolicy(handover_seconds=0.3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


@pytest.fixture
async def log(path: Path) -> AsyncIterator[SqliteEventLog]:
    async with await SqliteEventLog.open(path) as log:
        yield log


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if _mount("-t", "tmpfs", "-o", "size=2m", "none", disk):
        pytest.skip("only root can mount a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)  # noqa: S607


async def test_a_log_is_the_same_after_it_was_closed(path: Path) -> None:
    """
    Events, versions, ids, consumers, and its own id.
    """
    event = new("1", event_id=uid())
    async with await SqliteEventLog.open(path) as log:
        await log.consumer_storage.create("c", ConsumerPolicy(after=0))
        first = await log.append(write("a/1", event))
        await log.append(Append(writes=[], checkpoint=Checkpoint(consumer="c", position=1)))
        events, log_id = await read_all(log), log.log_id
    async with await SqliteEventLog.open(path) as log:
        again = await log.append(write("a/1", event))
        await log.append(write("a/1", "2", expected=1))
        stored = await log.consumer_storage.load("c")

        assert (await read_all(log))[:1] == events
        assert (again.events, again.duplicate) == (first.events, True)
        assert stored.settled == {1}
        assert log.log_id == log_id == (await log.stats()).log_id


async def test_time_and_source_are_found_across_blocks(log: SqliteEventLog) -> None:
    """
    In blocks that are closed, and behind the last of them, also where times are out of order.
    """
    count = 5 * BLOCK + 40
    appends = [
        write("a/1", new(str(n), time_ns=1000 * n + 1, source=f"s{n // 300}", type=f"t{n % 3}")) for n in range(count)
    ]
    appends[700] = write("a/1", new("stray", time_ns=17))
    await log.append_many(appends)
    everything = await read_all(log)
    for wanted in (
        EventFilter(since_ns=400_000, until_ns=900_000),
        EventFilter(since_ns=1_200_000),
        EventFilter(until_ns=20),
        EventFilter(since_ns=10, until_ns=20, types=frozenset({"test.Happened"})),
        EventFilter(since_ns=9_000_000),
        EventFilter(sources=frozenset({"s1"})),
        EventFilter(sources=frozenset({"s0", "s4"}), types=frozenset({"t1"})),
        EventFilter(sources=frozenset({"s2"}), since_ns=700_000),
    ):
        expected = [event for event in everything if wanted.admits(event)]

        assert await read_all(log, wanted, limit=100) == expected, wanted
        assert await read_all(log, wanted, limit=100, backward=True) == expected[::-1], wanted


async def test_a_full_file_refuses_appends_until_there_is_room(path: Path, log: SqliteEventLog) -> None:
    """
    Nothing of the refused batch is there, reading goes on.
    """
    await log.append(write("a/1", "1"))

    async def limit(pages: int) -> None:
        await log._change(lambda connection: run(connection, f"PRAGMA max_page_count = {pages}"))

    await limit(number(open_reader(path), "PRAGMA page_count") + 2)
    big = [log.append(write("a/1", new(payload=bytes(50_000)))) for _ in range(4)]
    outcomes = await asyncio.gather(*big, log.append(write("a/1", new(payload=bytes(9_000)))), return_exceptions=True)
    refused = await log.stats()

    assert all(isinstance(outcome, LogFullError) for outcome in outcomes)
    assert not refused.writable
    assert labels(await read_all(log)) == ["1"]

    await limit(1_000_000)
    await log.append(write("a/1", "2", expected=1))

    assert labels(await read_all(log)) == ["1", "2"]
    assert (await log.stats()).writable


async def test_a_full_disk_refuses_appends_until_there_is_room(small_disk: Path) -> None:
    """
    With a real disk, which other files fill up too.
    """
    async with await SqliteEventLog.open(small_disk / "events.db") as log:
        recorded = await _append_until_refused(log)

        assert 10 < recorded == len(await read_all(log))

        _mount("-o", "remount,size=8m", small_disk)
        await log.append(write("a/1", "room", expected=recorded))

        assert (await log.stats()).writable


async def test_a_second_process_reads_at_once_and_writes_after_the_first(path: Path) -> None:
    """
    Its appends wait for the lock, its followers see what the first one writes.
    """
    first = await SqliteEventLog.open(path)
    await first.append(write("a/1", "1"))
    async with await SqliteEventLog.open(path) as second:
        following = asyncio.create_task(follow(second, 3))
        await first.append(write("a/1", "2", expected=1))
        waiting = asyncio.create_task(second.append(write("a/1", "3", expected=2)))
        await asyncio.sleep(0.1)

        assert not waiting.done()
        assert labels(await read_all(second)) == ["1", "2"]

        await first.aclose()
        await waiting
        pages = await following

        assert [label for page in pages for label in labels(page.events)] == ["1", "2", "3"]


async def test_appends_do_not_wait_forever_for_the_lock(path: Path) -> None:
    """
    They are refused, and the next ones try again.
    """
    async with await SqliteEventLog.open(path), await SqliteEventLog.open(path, policy=BRIEF) as second:
        started = time.monotonic()
        with pytest.raises(LogReadOnlyError, match="another process"):
            await second.append(write("a/1", "1"))

        assert 0.2 < time.monotonic() - started < 5


async def test_a_closed_log_refuses(path: Path) -> None:
    """
    Both ways, with an error that says so, and its followers end.
    """
    log = await SqliteEventLog.open(path)
    following = asyncio.create_task(follow(log, 1))
    queued = asyncio.create_task(log.append(write("a/1", "1")))
    await asyncio.sleep(0.02)
    await log.aclose()
    await queued
    await following
    with pytest.raises(LogReadOnlyError, match="closed"):
        await log.append(write("a/1", "2"))
    with pytest.raises(LogReadOnlyError, match="closed"):
        await log.read()


async def test_a_killed_writer_loses_nothing_that_it_acknowledged(path: Path) -> None:
    """
    And no append is half there.
    """
    script = Path(__file__).with_name("log_killed.py")
    for round in range(3):
        with subprocess.Popen([sys.executable, script, path], stdout=subprocess.PIPE) as process:  # noqa: ASYNC220
            assert process.stdout
            first = process.stdout.readline()
            await asyncio.sleep(0.15 + 0.05 * round)
            process.send_signal(signal.SIGKILL)
            acknowledged = {first, *process.stdout}
        async with await SqliteEventLog.open(path) as log:
            events = await read_all(log)
            found = [event.payload for event in events]
            pairs = {payload: found.count(payload) for payload in found}

        whole = {line.strip() for line in acknowledged if line.endswith(b"\n")}
        assert len(whole) > 1
        assert whole <= pairs.keys()
        assert set(pairs.values()) == {2}
        assert [event.position for event in events] == list(range(1, len(events) + 1))


@pytest.mark.alone
async def test_the_event_loop_is_not_held_up(log: SqliteEventLog) -> None:
    """
    By large batches, by reading, by pruning.
    """
    appends = [write("a/1", new(payload=bytes(2000))) for _ in range(3000)]

    async def work() -> None:
        for begin in range(0, 3000, 500):
            await log.append_many(appends[begin : begin + 500])
        await read_all(log)
        await log.prune("a", keep=10)

    # Other processes hold the loop up as well, so the best of a few attempts counts.
    assert min([await _longest_pause(work()) for _ in range(5)]) < 0.04


async def _longest_pause(work: Coroutine[None, None, None]) -> float:
    """Return how long the loop kept a ready timer waiting at most."""
    longest = 0.0
    working = asyncio.create_task(work)
    while not working.done():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - before - 0.001)
    await working
    return longest


async def _append_until_refused(log: SqliteEventLog) -> int:
    recorded = 0
    while True:
        try:
            await log.append(write("a/1", new(payload=bytes(20_000))))
        except LogFullError:
            return recorded
        recorded += 1


def _mount(*arguments: str | Path) -> int:
    return subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode  # noqa: S607


def test_the_tables_are_opened_as_they_were_created(path: Path) -> None:
    """
    Full sync, a write-ahead log, and a format number.
    """

    async def settings() -> tuple[int, str]:
        async with await SqliteEventLog.open(path, SystemClock()) as log:
            await log.consumer_storage.create("c", ConsumerPolicy())
            await log.consumer_storage.save("c", ConsumerChanges(checkpoint=0))
            return await log._change(lambda c: (number(c, "PRAGMA synchronous"), str(c.pragma("journal_mode"))))

    assert asyncio.run(settings()) == (2, "wal")
    with apsw.Connection(str(path)) as connection:
        assert number(connection, "PRAGMA user_version") == 1
