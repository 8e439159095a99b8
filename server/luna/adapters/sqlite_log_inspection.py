"""Looks at the file of a log before it is used, for as long as it may."""

import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import apsw

from luna.adapters.sqlite_log_rows import COLUMNS, Names, Row
from luna.adapters.sqlite_log_schema import APPLICATION_ID, FORMAT, number, open_reader, rows, text
from luna.kernel.event_errors import LogReadOnlyError
from luna.kernel.events import Event
from luna.kernel.leaf import leaf_of
from luna.kernel.log_admin import CorruptLogError

NEWEST_CHECKED: Final = 1_000
_COLUMNS: Final = f"{COLUMNS}, payload_hash, erasure_key_id"


class DamagedError(Exception):
    """What was read cannot be what was written."""


def inspect(path: Path, seconds: float) -> None:
    """Check the structure of the file for up to *seconds*, and the hashes of the newest events.

    Raises:
        CorruptLogError: it is damaged.
        LogReadOnlyError: a newer version of the program wrote it.

    """
    if not path.exists() or path.stat().st_size == 0:
        return
    try:
        why = _complaint(path, seconds)
    except (apsw.CorruptError, apsw.NotADBError, apsw.IOError, DamagedError) as error:
        why = str(error)
    if why:
        from luna.adapters.sqlite_log_recovery import survey  # noqa: PLC0415  only a damaged log needs it

        raise CorruptLogError(path, survey(path), why)


def checked(connection: apsw.Connection, *, newest: int = 0) -> Iterator[tuple[Row, Event]]:
    """Yield rows with their events, each verified against its leaf hash: all, or the *newest*.

    Raises:
        DamagedError: one does not have the content that was recorded.

    """
    names = Names(connection)
    order = f"ORDER BY position DESC LIMIT {newest}" if newest else "ORDER BY position"
    for row in rows(connection, f"SELECT {_COLUMNS} FROM events {order}"):  # noqa: S608  constants only
        try:
            event = names.event(row[:-2])
            intact = _leaf(event, row) == event.leaf_hash
        except (ValueError, TypeError, AttributeError) as error:
            raise DamagedError(f"the event at position {row[0]} is unreadable") from error
        if not intact:
            raise DamagedError(f"the event at position {row[0]} is not what was recorded")
        yield row, event


def _complaint(path: Path, seconds: float) -> str:
    connection = open_reader(path)
    try:
        version = number(connection, "PRAGMA user_version")
        if version == 0 and number(connection, "SELECT count(*) FROM sqlite_schema") == 0:
            return ""
        if number(connection, "PRAGMA application_id") != APPLICATION_ID:
            return "it is not an event log"
        if version > FORMAT:
            raise LogReadOnlyError(path, f"its format {version} is newer than this program")
        for _ in checked(connection, newest=NEWEST_CHECKED):
            pass
        return _structure(connection, seconds)
    finally:
        connection.close()


def _structure(connection: apsw.Connection, seconds: float) -> str:
    """Return what SQLite finds wrong within *seconds*."""
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        found = text(connection, "PRAGMA quick_check(1)")
    except apsw.InterruptError:
        return ""
    finally:
        timer.cancel()
        timer.join()
    return "" if found == "ok" else found


def _leaf(event: Event, row: Row) -> bytes:
    kept = row[-2]
    payload_hash = kept if isinstance(kept, bytes) else sha256(event.payload).digest()
    return leaf_of(
        event.position,
        event.stream,
        event.stream_version,
        event.event_id,
        event.type,
        event.source,
        event.time_ns,
        event.correlation_id,
        event.causation_id,
        event.trace_id,
        event.schema_version,
        payload_hash,
    )
