"""Turns events into rows of the log's table, and rows into events."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import apsw

from luna.adapters.sqlite_log_schema import Value, text
from luna.kernel.appends import Draft
from luna.kernel.event_ids import id_bytes, id_text
from luna.kernel.events import Event

NAMES_CACHED_MAX: Final = 50_000
COLUMNS: Final = (
    "position, stream_id, stream_version, event_id, type_id, category_id, source_id, time_ns,"
    " schema_version, correlation, causation, trace, leaf_hash, payload"
)
Row: TypeAlias = tuple[Any, ...]
"""What the tables hold: they are STRICT, so the types are as declared there."""
_WIDTH: Final = COLUMNS.count(",") + 1
_ROWS_MAX: Final = 64
_UUID_LENGTH: Final = 36
_TRACE_LENGTH: Final = 32


def _insert_sql(count: int) -> str:
    row = f"({', '.join('?' * _WIDTH)})"
    return f"INSERT INTO events ({COLUMNS}) VALUES {', '.join([row] * count)}"  # noqa: S608  constants only


_INSERTS: Final = {count: _insert_sql(count) for count in (1, 2, 4, 8, 16, 32, _ROWS_MAX)}


def row_of(draft: Draft, stream_id: int, category_id: int, type_id: int, source_id: int) -> tuple[Value, ...]:
    """Return the row that holds the event of *draft*."""
    new, position, _, stream_version, event_id, time_ns, leaf_hash = draft
    return (
        position,
        stream_id,
        stream_version,
        bytes.fromhex(event_id.replace("-", "")),
        type_id,
        category_id,
        source_id,
        time_ns,
        new.schema_version,
        pack_id(new.correlation_id) if new.correlation_id else None,
        pack_id(new.causation_id) if new.causation_id else None,
        _pack_trace(new.trace_id) if new.trace_id else None,
        leaf_hash,
        new.payload,
    )


def insert(connection: apsw.Connection, values: Sequence[Value]) -> None:
    """Write rows, given one after the other, with as few statements as possible.

    Each statement lets go of the interpreter and has to win it back; one a
    row would starve this thread beside a busy event loop.
    """
    begin, count = 0, _ROWS_MAX
    while begin < len(values):
        while count * _WIDTH > len(values) - begin:
            count //= 2
        connection.execute(_INSERTS[count], values[begin : begin + count * _WIDTH])
        begin += count * _WIDTH


def pack_id(id: str) -> Value:
    """Return a UUID as its 16 bytes, another text as it is, nothing as ``NULL``."""
    if len(id) == _UUID_LENGTH:
        try:
            return id_bytes(id)
        except ValueError:
            return id
    return id or None


def _pack_trace(trace_id: str) -> Value:
    if len(trace_id) == _TRACE_LENGTH:
        try:
            raw = bytes.fromhex(trace_id)
        except ValueError:
            return trace_id
        return raw if raw.hex() == trace_id else trace_id
    return trace_id or None


def unpack_id(value: Value) -> str:
    """Return what `pack_id` was given."""
    if value is None:
        return ""
    return id_text(value) if isinstance(value, bytes) else str(value)


def unpack_trace(value: Value) -> str:
    """Return the trace id of a row."""
    if value is None:
        return ""
    return value.hex() if isinstance(value, bytes) else str(value)


class Names:
    """The names behind the numbers in rows, looked up once."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._known: dict[str, dict[int, str]] = {"streams": {}, "types": {}, "sources": {}}

    def event(self, row: Row) -> Event:
        """Return the event in a row of `COLUMNS`."""
        position, stream, version, id, type, _, source, time_ns, schema, correlation, causation, trace, leaf, data = row
        return Event(
            position=position,
            stream=self.name("streams", stream),
            stream_version=version,
            event_id=id_text(id),
            type=self.name("types", type),
            payload=data or b"",
            source=self.name("sources", source),
            time_ns=time_ns,
            correlation_id=unpack_id(correlation),
            causation_id=unpack_id(causation),
            trace_id=unpack_trace(trace),
            schema_version=schema,
            leaf_hash=leaf,
        )

    def name(self, table: str, id: int) -> str:
        """Return the name that *id* stands for in *table*."""
        known = self._known[table]
        found = known.get(id)
        if found is None:
            if len(known) >= NAMES_CACHED_MAX:
                known.clear()
            found = text(self._connection, f"SELECT name FROM {table} WHERE id = ?", (id,))  # noqa: S608  ours
            known[id] = found
        return found
