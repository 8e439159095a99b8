"""Reads events and verifies each against its leaf hash."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

import apsw

from luna.adapters.sqlite_log_rows import COLUMNS, Names, Row
from luna.adapters.sqlite_log_schema import rows
from luna.kernel.events import Event
from luna.kernel.leaf import leaf_of

_COLUMNS: Final = f"{COLUMNS}, payload_hash, erasure_key_id"


class DamagedError(Exception):
    """What was read cannot be what was written."""


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
