"""A damaged log is noticed before it is used, and what is intact of it is saved."""

import os
import random
from pathlib import Path

import pytest

from luna.adapters.sqlite_log import SqliteEventLog
from luna.adapters.sqlite_log_recovery import recover
from luna.kernel.consumers import ConsumerPolicy
from luna.kernel.event_errors import LogReadOnlyError
from luna.kernel.events import Event
from luna.kernel.log_admin import ConsumerChanges, CorruptLogError
from tests.contract.event_log_words import new, read_all, uid, write

COUNT = 3000
PAGE = 4096


@pytest.fixture
async def events(path: Path) -> list[Event]:
    """The events of a log of a few hundred pages."""
    async with await SqliteEventLog.open(path) as log:
        await log.append_many(
            [write(f"a/{n % 5}", new(payload=bytes([n % 256]) * 300, correlation_id=uid())) for n in range(COUNT)]
        )
        await log.consumer_storage.create("c", ConsumerPolicy())
        await log.consumer_storage.save("c", ConsumerChanges(checkpoint=COUNT - 1))
        return await read_all(log)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


def overwrite(path: Path, at: int, count: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(random.Random(at).randbytes(count))


async def damaged(path: Path) -> CorruptLogError:
    with pytest.raises(CorruptLogError) as caught:
        await SqliteEventLog.open(path)
    return caught.value


def change_last(path: Path, payload: bytes) -> None:
    content = path.read_bytes()
    at = content.rindex(payload)
    path.write_bytes(content[:at] + b"!" + content[at + 1 :])


def diary(path: Path) -> None:
    path.write_bytes(b"my diary\n" * 1000)


def size_of(path: Path) -> int:
    return path.stat().st_size


async def check_recovery(path: Path, events: list[Event], *, last_good: int) -> None:
    """Recover, and see that exactly the intact prefix is there, and that the log works."""
    report = recover(path)
    async with await SqliteEventLog.open(path) as log:
        saved = await read_all(log)
        await log.append(write("a/0", "later"))
        stored = [await log.consumer_storage.load(name) for name in await log.consumer_storage.names()]

    assert report.last_good_position == report.event_count == last_good == len(saved)
    assert saved == events[:last_good]
    assert size_of(Path(report.damaged_path)) > 0
    assert all(consumer.checkpoint <= last_good for consumer in stored)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
async def test_garbage_inside_is_noticed_and_the_prefix_saved(path: Path, events: list[Event], share: float) -> None:
    """
    Whichever page it hits.
    """
    size = size_of(path)
    overwrite(path, int(size * share) // PAGE * PAGE, 6 * PAGE)
    error = await damaged(path)

    assert str(path) in str(error)
    assert f"arkalia recover {path}" in str(error)
    assert str(error.last_good_position) in str(error)
    assert 0 <= error.last_good_position <= COUNT
    await check_recovery(path, events, last_good=error.last_good_position)


async def test_a_garbled_header_costs_nothing(path: Path, events: list[Event]) -> None:
    """
    The first page is the same in every log.
    """
    overwrite(path, 0, 100)
    error = await damaged(path)

    assert error.last_good_position == COUNT
    await check_recovery(path, events, last_good=COUNT)


async def test_a_truncated_file_is_noticed(path: Path, events: list[Event]) -> None:
    """
    What is in the part that is left is saved.
    """
    os.truncate(path, size_of(path) // 2 // PAGE * PAGE)
    error = await damaged(path)

    assert error.last_good_position < COUNT
    await check_recovery(path, events, last_good=error.last_good_position)


async def test_a_changed_payload_is_noticed(path: Path, events: list[Event]) -> None:
    """
    Even where the file is well-formed: the leaf hash tells.
    """
    change_last(path, bytes([(COUNT - 10) % 256]) * 300)
    error = await damaged(path)

    assert "not what was recorded" in str(error)
    assert COUNT - 400 < error.last_good_position < COUNT
    await check_recovery(path, events, last_good=error.last_good_position)


async def test_a_file_that_is_no_log_is_not_touched(path: Path) -> None:
    """
    It is refused; recovering it keeps it aside and starts an empty log.
    """
    diary(path)
    error = await damaged(path)
    report = recover(path)

    assert error.last_good_position == 0
    assert size_of(Path(report.damaged_path)) == 9000
    async with await SqliteEventLog.open(path) as log:
        assert await log.head() == 0


async def test_pruned_events_are_not_missed(path: Path, events: list[Event]) -> None:
    """
    Their hashes stand in for them.
    """
    async with await SqliteEventLog.open(path) as log:
        assert await log.prune("a", keep=1000) == COUNT - 1000
    overwrite(path, 0, 100)
    error = await damaged(path)
    report = recover(path)
    async with await SqliteEventLog.open(path) as log:
        saved = await read_all(log)

    assert error.last_good_position == report.last_good_position == COUNT
    assert saved == events[-1000:]


async def test_a_log_in_use_is_not_recovered(path: Path) -> None:
    """
    The node has to be stopped first.
    """
    async with await SqliteEventLog.open(path):
        with pytest.raises(LogReadOnlyError, match="stop the node"):
            recover(path)
