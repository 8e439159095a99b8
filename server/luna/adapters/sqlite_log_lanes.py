"""Finds the positions of wanted events through indices, so that a read costs what it returns."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import apsw

from luna.adapters.sqlite_log_schema import BLOCK, TAIL, Value, number, rows, text

LANES_MAX: Final = 64
"""With more names than this in a filter, a plain scan is cheaper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The positions above *low*, up to *high*."""

    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Where to look, which way, and for how many."""

    within: Range
    backward: bool
    count: int

    @property
    def order(self) -> str:
        """The SQL word for the direction."""
        return "DESC" if self.backward else "ASC"


_WITHIN: Final = """(SELECT position FROM events WHERE stream_id = ?1 AND stream_version <= (low + high + 1) / 2
     ORDER BY stream_version DESC LIMIT 1) <= ?2"""
_BISECT: Final = f"""
WITH RECURSIVE step (low, high) AS (
    SELECT (SELECT min(stream_version) FROM events WHERE stream_id = ?1) - 1,
           (SELECT max(stream_version) FROM events WHERE stream_id = ?1)
    UNION ALL
    SELECT iif({_WITHIN}, (low + high + 1) / 2, low), iif({_WITHIN}, high, (low + high + 1) / 2 - 1)
    FROM step WHERE low < high)
SELECT low FROM step WHERE low >= high"""  # noqa: S608  constants only

Lane = Callable[[apsw.Connection, Search], Sequence[int]]
"""Returns up to so many positions of one index, in order."""


def indexed(index: str, column: str, value: Value) -> Lane:
    """Return the lane of the events whose *column* has *value*."""

    def lane(connection: apsw.Connection, search: Search) -> Sequence[int]:
        return _positions(
            connection,
            f"SELECT position FROM events INDEXED BY {index} WHERE {column} = ? AND position > ? AND position <= ?"  # noqa: S608
            f" ORDER BY position {search.order} LIMIT ?",
            (value, search.within.low, search.within.high, search.count),
        )

    return lane


def of_stream(stream_id: int) -> Lane:
    """Return the lane of one stream, whose index is in order of versions."""

    def lane(connection: apsw.Connection, search: Search) -> Sequence[int]:
        low = _version_at(connection, stream_id, search.within.low)
        high = _version_at(connection, stream_id, search.within.high)
        return _positions(
            connection,
            "SELECT position FROM events INDEXED BY events_by_stream"  # noqa: S608
            " WHERE stream_id = ? AND stream_version > ? AND stream_version <= ?"
            f" ORDER BY stream_version {search.order} LIMIT ?",
            (stream_id, low, high, search.count),
        )

    return lane


def of_source(source_id: int) -> Lane:
    """Return the lane of one source: the blocks that have it, and the events behind the last block."""

    def lane(connection: apsw.Connection, search: Search) -> Sequence[int]:
        low, high = search.within.low, search.within.high
        blocks = _positions(
            connection,
            "SELECT e.position FROM block_sources AS b CROSS JOIN events AS e"  # noqa: S608
            f" ON e.position BETWEEN b.block * {BLOCK} + 1 AND b.block * {BLOCK} + {BLOCK}"
            " WHERE b.source_id = ?1 AND b.block BETWEEN ?2 AND ?3 AND +e.source_id = ?1"
            " AND e.position > ?4 AND e.position <= ?5"
            f" ORDER BY b.block {search.order}, e.position {search.order} LIMIT ?6",
            (source_id, low // BLOCK, max(0, high - 1) // BLOCK, low, high, search.count),
        )
        tail = _positions(
            connection,
            "SELECT position FROM events WHERE source_id = ? AND position > ? AND position <= ?"  # noqa: S608
            f" ORDER BY position {search.order} LIMIT ?",
            (source_id, max(low, number(connection, TAIL)), high, search.count),
        )
        found = [*tail, *blocks] if search.backward else [*blocks, *tail]
        return found[: search.count]

    return lane


def merged(connection: apsw.Connection, lanes: Sequence[Lane], search: Search) -> Sequence[int]:
    """Return the first positions of all *lanes* together."""
    if len(lanes) == 1:
        return lanes[0](connection, search)
    found = {position for lane in lanes for position in lane(connection, search)}
    return sorted(found, reverse=search.backward)[: search.count]


def narrowed(connection: apsw.Connection, within: Range, since: int, until: int) -> Range:
    """Cut *within* to the blocks that have events from *since* on and before *until*."""
    tail = number(connection, TAIL)
    first = next(_blocks(connection, within, since, until, backward=False), None)
    low = max(within.low, min(tail, within.high) if first is None else first * BLOCK)
    if within.high > tail and _any(connection, max(within.low, tail), within.high, since, until):
        return Range(low=low, high=within.high)
    last = next(_blocks(connection, within, since, until, backward=True), None)
    return Range(low=low, high=low if last is None else min(within.high, last * BLOCK + BLOCK))


def _blocks(connection: apsw.Connection, within: Range, since: int, until: int, *, backward: bool) -> Iterator[int]:
    """Yield the blocks that overlap the time, looking only into spans that do."""
    order = "DESC" if backward else "ASC"
    low, high = within.low // BLOCK, max(0, within.high - 1) // BLOCK
    spans = rows(
        connection,
        "SELECT span FROM spans WHERE span BETWEEN ? AND ? AND time_max >= ? AND time_min < ?"  # noqa: S608
        f" UNION ALL SELECT (SELECT ifnull(max(span), -1) + 1 FROM spans) ORDER BY 1 {order}",
        (low // BLOCK, high // BLOCK, since, until),
    )
    for (span,) in list(spans):
        first = span * BLOCK
        found = rows(
            connection,
            "SELECT block FROM blocks WHERE block BETWEEN ? AND ? AND time_max >= ? AND time_min < ?"  # noqa: S608
            f" ORDER BY block {order} LIMIT 1",
            (max(low, first), min(high, first + BLOCK - 1), since, until),
        )
        yield from [block for (block,) in found]


def _any(connection: apsw.Connection, low: int, high: int, since: int, until: int) -> bool:
    found = number(
        connection,
        "SELECT count(*) FROM (SELECT 1 FROM events WHERE position > ? AND position <= ?"
        " AND time_ns >= ? AND time_ns < ? LIMIT 1)",
        (low, high, since, until),
    )
    return found > 0


def _version_at(connection: apsw.Connection, stream_id: int, position: int) -> int:
    """Return the version of the stream's last event at or before *position*, by bisection."""
    return number(connection, _BISECT, (stream_id, position))


def _positions(connection: apsw.Connection, sql: str, bindings: Sequence[Value]) -> Sequence[int]:
    """Return the positions that *sql* finds, fetched in one step."""
    found: list[int] = json.loads(text(connection, f"SELECT json_group_array(position) FROM ({sql})", bindings))  # noqa: S608
    return found
