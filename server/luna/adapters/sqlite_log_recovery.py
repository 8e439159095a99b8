"""Saves what is intact of a damaged log into a new file, and sets the damaged one aside."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import gmtime, strftime
from typing import Final
from uuid import uuid4

import apsw

from luna.adapters.sqlite_log_salvage import DAMAGE, Salvage
from luna.adapters.sqlite_log_schema import HEAD, create, number, open_reader, run
from luna.adapters.write_lock import WriteLock
from luna.kernel.event_errors import LogReadOnlyError
from luna.kernel.log_admin import RecoveryReport

_PAGE_BYTES: Final = 4096
_PAGE_COUNT: Final = slice(28, 32)
_FREE_LIST: Final = slice(32, 40)
_SUFFIXES: Final = ("", "-wal", "-shm")


def survey(path: Path) -> int:
    """Return the last position up to which every event of a damaged log is intact."""
    try:
        with _opened(path) as damaged:
            return Salvage(damaged, None).copy()
    except (*DAMAGE, OSError):
        return 0


def recover(path: Path) -> RecoveryReport:
    """Move a damaged log aside, and put a new one with the intact events in its place.

    Raises:
        LogReadOnlyError: a process is using the log.

    """
    lock = WriteLock(path)
    if not lock.acquire():
        raise LogReadOnlyError(path, "a process is using it; stop the node first")
    try:
        fresh = path.with_name(f"{path.name}.recovering")
        for suffix in _SUFFIXES:
            fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
        report = _recover(path, fresh)
        for suffix in _SUFFIXES:
            with suppress(FileNotFoundError):
                path.with_name(path.name + suffix).rename(report.damaged_path + suffix)
        fresh.rename(path)
        return report
    finally:
        lock.release()


def _recover(path: Path, fresh: Path) -> RecoveryReport:
    last_good, consumers, whole = 0, [""][:0], False
    with closing(apsw.Connection(str(fresh))) as target:
        run(target, "PRAGMA journal_mode = wal")
        run(target, "PRAGMA synchronous = full")
        try:
            with _opened(path) as damaged:
                salvage = Salvage(damaged, target)
                last_good = salvage.copy()
                consumers = list(salvage.consumers())
                whole = salvage.whole
        except DAMAGE:
            # Not even a new first page makes it readable: the new log starts empty.
            create(target, str(uuid4()))
        return RecoveryReport(
            path=str(path),
            damaged_path=str(path.with_name(f"{path.name}.corrupt-{strftime('%Y%m%dT%H%M%SZ', gmtime())}")),
            last_good_position=last_good,
            event_count=number(target, "SELECT count(*) FROM events"),
            consumers=consumers,
            log_id_kept=whole,
        )


@contextmanager
def _opened(path: Path) -> Iterator[apsw.Connection]:
    """Open a damaged file; if its first page is beyond use, a copy of it with a new one.

    Raises:
        apsw.Error: it cannot be read at all.

    """
    with TemporaryDirectory(dir=path.parent, prefix=f"{path.name}.") as folder:
        readable = path if _is_readable(path) else _mended(path, Path(folder))
        with closing(open_reader(readable)) as connection:
            number(connection, HEAD)
            yield connection


def _is_readable(path: Path) -> bool:
    with suppress(*DAMAGE), closing(open_reader(path)) as connection:
        number(connection, HEAD)
        return True
    return False


def _mended(path: Path, folder: Path) -> Path:
    """Return a copy of the file whose first page comes from a new log: the tables begin on the same pages in all."""
    new, copy = folder / "new", folder / path.name
    with closing(apsw.Connection(str(new))) as connection:
        run(connection, "PRAGMA journal_mode = wal")
        create(connection, str(uuid4()))
    shutil.copyfile(path, copy)
    with suppress(FileNotFoundError):
        shutil.copyfile(path.with_name(f"{path.name}-wal"), copy.with_name(f"{copy.name}-wal"))
    page = bytearray(new.read_bytes()[:_PAGE_BYTES])
    page[_PAGE_COUNT] = (copy.stat().st_size // _PAGE_BYTES).to_bytes(4, "big")
    page[_FREE_LIST] = bytes(8)
    with copy.open("r+b") as file:
        file.write(page)
    return copy
