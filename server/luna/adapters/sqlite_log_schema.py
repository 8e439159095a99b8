"""The tables of the event log, and how a connection to them is set up."""

from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NewType, TypeAlias, cast
from uuid import uuid4

import apsw

Value: TypeAlias = int | float | str | bytes | None
Array = NewType("Array", object)
"""Several values bound at once, for ``carray(?)``."""
Bindings: TypeAlias = Sequence[Value | Array]

FORMAT: Final = 1
"""The version of these tables, kept in ``PRAGMA user_version``."""
APPLICATION_ID: Final = 0x41524B4C
BLOCK: Final = 256
"""Events in a block, and blocks in a span."""
SQLITE_VERSION_MIN: Final = (3, 51, 3)
"""Older ones may corrupt a write-ahead log that two processes have open."""
_PAGES_CACHED_KIB: Final = 4_096
_STATEMENT_BYTES_MAX: Final = 4 * 1024 * 1024
"""What a statement may keep in memory to undo itself. By default an insert of 64 rows takes a temporary file for it."""

SCHEMA: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE categories (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE streams (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, category_id INTEGER NOT NULL,
    pruned_version INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE types (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, event_count INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL,
    stream_version INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    type_id INTEGER NOT NULL,
    category_id INTEGER NOT NULL,
    source_id INTEGER NOT NULL,
    time_ns INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    correlation ANY,
    causation ANY,
    trace ANY,
    leaf_hash BLOB NOT NULL,
    payload_hash BLOB,
    erasure_key_id INTEGER,
    payload BLOB) STRICT;
CREATE UNIQUE INDEX events_by_stream ON events (stream_id, stream_version);
CREATE UNIQUE INDEX events_by_id ON events (event_id);
CREATE INDEX events_by_type ON events (type_id);
CREATE INDEX events_by_category ON events (category_id);
CREATE INDEX events_by_correlation ON events (correlation) WHERE correlation IS NOT NULL;
CREATE TABLE pruned (position INTEGER PRIMARY KEY, leaf_hash BLOB NOT NULL) STRICT;
CREATE TABLE blocks (block INTEGER PRIMARY KEY, time_min INTEGER NOT NULL, time_max INTEGER NOT NULL) STRICT;
CREATE TABLE spans (span INTEGER PRIMARY KEY, time_min INTEGER NOT NULL, time_max INTEGER NOT NULL) STRICT;
CREATE TABLE block_sources (
    source_id INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (source_id, block)) STRICT, WITHOUT ROWID;
CREATE TABLE consumers (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, policy TEXT NOT NULL, checkpoint INTEGER NOT NULL) STRICT;
CREATE TABLE consumer_settled (
    consumer_id INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (consumer_id, position)) STRICT, WITHOUT ROWID;
CREATE TABLE consumer_waiting (
    consumer_id INTEGER NOT NULL, position INTEGER NOT NULL, attempts INTEGER NOT NULL, due_ns INTEGER NOT NULL,
    PRIMARY KEY (consumer_id, position)) STRICT, WITHOUT ROWID;
CREATE TABLE consumer_parked (
    consumer_id INTEGER NOT NULL, position INTEGER NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL,
    parked_ns INTEGER NOT NULL, PRIMARY KEY (consumer_id, position)) STRICT, WITHOUT ROWID;
"""

HEAD: Final = "SELECT max(ifnull((SELECT max(position) FROM events), 0), ifnull((SELECT max(position) FROM pruned), 0))"
TAIL: Final = f"SELECT (ifnull((SELECT max(block) FROM blocks), -1) + 1) * {BLOCK}"  # noqa: S608  constants only
"""The last position that a block covers."""


def _configure() -> None:
    """Set what SQLite takes only before anything is open in this process."""
    if not apsw.connections():
        apsw.shutdown()
        apsw.config(apsw.SQLITE_CONFIG_STMTJRNL_SPILL, _STATEMENT_BYTES_MAX)
        apsw.initialize()


_configure()


def check_library() -> str:
    """Return the version of SQLite, and refuse one that is too old to be trusted with a log.

    Raises:
        RuntimeError: it is.

    """
    found = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if found < SQLITE_VERSION_MIN:
        raise RuntimeError(f"SQLite {found} is too old for the event log, which needs {SQLITE_VERSION_MIN}")
    return apsw.sqlite_lib_version()


def open_writer(path: Path) -> apsw.Connection:
    """Open *path* for writing, and create what is missing."""
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(5_000)
    for pragma in ("journal_mode = wal", "synchronous = full", f"cache_size = -{_PAGES_CACHED_KIB}"):
        run(connection, f"PRAGMA {pragma}")
    run(connection, "PRAGMA journal_size_limit = 16777216")
    if number(connection, "PRAGMA user_version") == 0:
        create(connection, str(uuid4()))
    return connection


def create(connection: apsw.Connection, log_id: str) -> None:
    """Create the tables of a new log."""
    run(connection, "BEGIN IMMEDIATE")
    run(connection, SCHEMA)
    run(connection, "INSERT INTO meta VALUES ('log_id', ?)", (log_id,))
    run(connection, f"PRAGMA application_id = {APPLICATION_ID}")
    run(connection, f"PRAGMA user_version = {FORMAT}")
    run(connection, "COMMIT")


def open_reader(path: Path) -> apsw.Connection:
    """Open *path* for reading only."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(5_000)
    return connection


def run(connection: apsw.Connection, sql: str, bindings: Bindings = ()) -> None:
    """Execute *sql*, which returns nothing of interest."""
    for _ in rows(connection, sql, bindings):
        pass


def rows(connection: apsw.Connection, sql: str, bindings: Bindings = ()) -> apsw.Cursor:
    """Return the rows that *sql* finds."""
    return connection.execute(sql, cast("Sequence[Value]", bindings))


def number(connection: apsw.Connection, sql: str, bindings: Bindings = ()) -> int:
    """Return the single integer that *sql* finds, 0 if it finds nothing."""
    found = rows(connection, sql, bindings).fetchone()
    return int(found[0] or 0) if found else 0


def text(connection: apsw.Connection, sql: str, bindings: Bindings = ()) -> str:
    """Return the single text that *sql* finds, empty if it finds nothing."""
    found = rows(connection, sql, bindings).fetchone()
    return str(found[0]) if found else ""


def log_id_of(connection: apsw.Connection) -> str:
    """Return the UUID of the log."""
    return text(connection, "SELECT value FROM meta WHERE key = 'log_id'")


def many(values: Iterable[str] | Iterable[bytes]) -> Array:
    """Return *values* to be bound at once."""
    return Array(apsw.carray(tuple(values)))


def integers(values: Iterable[int]) -> Array:
    """Return *values* to be bound at once."""
    return Array(apsw.carray(array("q", values)))


def summarise(connection: apsw.Connection, head: int) -> None:
    """Close the blocks that *head* has completed, within the transaction that did."""
    block = number(connection, TAIL) // BLOCK
    while (block + 1) * BLOCK <= head:
        _close_block(connection, block)
        block += 1
        if block % BLOCK == 0:
            low, high = block - BLOCK, block - 1
            run(
                connection,
                "INSERT INTO spans SELECT ?, min(time_min), max(time_max) FROM blocks WHERE block BETWEEN ? AND ?",
                (low // BLOCK, low, high),
            )


def _close_block(connection: apsw.Connection, block: int) -> None:
    within = (block * BLOCK + 1, block * BLOCK + BLOCK)
    run(
        connection,
        "INSERT INTO blocks SELECT ?, ifnull(min(time_ns), 0), ifnull(max(time_ns), 0) FROM events"
        " WHERE position BETWEEN ? AND ?",
        (block, *within),
    )
    run(
        connection,
        "INSERT INTO block_sources SELECT DISTINCT source_id, ? FROM events WHERE position BETWEEN ? AND ?",
        (block, *within),
    )
    run(
        connection,
        "UPDATE types SET event_count = event_count + found.n FROM"
        " (SELECT type_id, count(*) AS n FROM events WHERE position BETWEEN ? AND ? GROUP BY type_id) AS found"
        " WHERE types.id = found.type_id",
        within,
    )
