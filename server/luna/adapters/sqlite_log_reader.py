"""Answers questions about the log from one connection that only reads."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from luna.adapters.sqlite_log_lanes import (
    LANES_MAX,
    Lane,
    Range,
    Search,
    indexed,
    merged,
    narrowed,
    of_source,
    of_stream,
)
from luna.adapters.sqlite_log_rows import COLUMNS, Names, pack_id
from luna.adapters.sqlite_log_schema import HEAD, TAIL, Bindings, Value, log_id_of, many, number, open_reader, rows
from luna.kernel.event_ids import id_bytes, is_id
from luna.kernel.events import Direction, Event, EventFilter, LogStats, Page

PAGE_EVENTS_MAX: Final = 500
PAGE_BYTES_MAX: Final = 1024 * 1024
_LOOKED_AT_MAX: Final = 5_000
"""How many events one page may look at; a page that found nothing says how far it looked."""
_TIME_MAX: Final = 2**63 - 1
_FIND_MANY: Final = f"SELECT {COLUMNS} FROM carray(?) AS wanted CROSS JOIN events ON event_id = wanted.value"  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How a filter is answered."""

    lanes: Sequence[Lane]
    """Indices that find all candidates; none: a plain scan."""
    conditions: str
    """What candidates must meet besides."""
    bindings: Sequence[Value]


class LogReader:
    """One connection, for one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.connection = open_reader(path)
        self._names = Names(self.connection)

    def page(self, wanted: EventFilter, after: int, limit: int, direction: Direction) -> Page:
        """Return up to *limit* wanted events beyond *after*."""
        # The head comes first: what is looked up later cannot miss anything at or before it.
        head = self.head()
        backward = direction is Direction.BACKWARD
        within = _within(after, head, backward=backward)
        plan = self._plan(wanted)
        if plan is None or within.low >= within.high:
            return _page([], min(1, head) if backward else max(after, head), backward=backward, head=head)
        whole = within
        if wanted.since_ns or wanted.until_ns:
            within = narrowed(self.connection, within, wanted.since_ns, wanted.until_ns or _TIME_MAX)
        count = min(limit, PAGE_EVENTS_MAX)
        search = Search(within=within, backward=backward, count=_LOOKED_AT_MAX if plan.conditions else count)
        found, frontier = self._along(plan, search) if plan.lanes else self._across(plan, search)
        events, complete = _cut(found, count)
        if not complete:
            frontier = events[-1].position
        elif frontier is None:
            frontier = 1 if backward else whole.high
        return _page(events, frontier, backward=backward, head=head)

    def find(self, event_id: str) -> Event | None:
        """Return the event of that id."""
        return next(iter(self.find_many([event_id])), None)

    def find_many(self, event_ids: Sequence[str]) -> list[Event]:
        """Return the events of those ids that there are, in that order."""
        ids = [id_bytes(event_id) for event_id in event_ids if is_id(event_id)]
        return list(self._events(_FIND_MANY, (many(ids),))) if ids else []

    def head(self) -> int:
        """Return the position of the newest event."""
        return number(self.connection, HEAD)

    def log_id(self) -> str:
        """Return the UUID of the log, empty while there are no tables."""
        if number(self.connection, "PRAGMA user_version") == 0:
            return ""
        return log_id_of(self.connection)

    def stats(self, *, writable: bool) -> LogStats:
        """Return figures about the log. The counters cover whole blocks; what is behind them is counted."""
        tail = number(self.connection, TAIL)
        counted = rows(
            self.connection,
            "SELECT name, event_count + ifnull(late.n, 0) FROM types LEFT JOIN"
            " (SELECT type_id, count(*) AS n FROM events WHERE position > ? GROUP BY +type_id) AS late"
            " ON late.type_id = types.id",
            (tail,),
        )
        types = {str(name): count for name, count in counted if count}
        size = number(self.connection, "PRAGMA page_count") * number(self.connection, "PRAGMA page_size")
        wal = self._path.with_name(f"{self._path.name}-wal")
        return LogStats(
            log_id=self.log_id(),
            head=self.head(),
            first_position=number(self.connection, "SELECT min(position) FROM events"),
            event_count=sum(types.values()),
            stream_count=number(self.connection, "SELECT max(id) FROM streams"),
            size_bytes=size + (wal.stat().st_size if wal.exists() else 0),
            writable=writable,
            types=types,
        )

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def _along(self, plan: _Plan, search: Search) -> tuple[Iterable[Event], int | None]:
        """Return what the indices find, and the last position looked at if there may be more."""
        positions = merged(self.connection, plan.lanes, search)
        sql = f"SELECT {COLUMNS} FROM events WHERE position = ?{plan.conditions}"  # noqa: S608
        found = self.connection.executemany(sql, [(position, *plan.bindings) for position in positions])
        return map(self._names.event, found), positions[-1] if len(positions) == search.count else None

    def _across(self, plan: _Plan, search: Search) -> tuple[Iterable[Event], int | None]:
        """Return what a scan finds, and the last position looked at if there may be more."""
        low, high = search.within.low, search.within.high
        frontier = None
        if plan.conditions and high - low > search.count:
            low, high = (high - search.count, high) if search.backward else (low, low + search.count)
            frontier = low + 1 if search.backward else high
        sql = (
            f"SELECT {COLUMNS} FROM events WHERE position > ? AND position <= ?{plan.conditions}"  # noqa: S608
            f" ORDER BY position {search.order}"
        )
        return self._events(sql, (low, high, *plan.bindings)), frontier

    def _events(self, sql: str, bindings: Bindings) -> Iterator[Event]:
        return map(self._names.event, self.connection.execute(sql, bindings))

    def _plan(self, wanted: EventFilter) -> _Plan | None:
        """Choose the most telling index for *wanted*; ``None`` if a name in it was never recorded."""
        kinds = self._kinds(wanted)
        if kinds is None:
            return None
        chosen = next((kind for kind in kinds if len(kind.ids) <= LANES_MAX), None)
        conditions = "".join(f" AND +{kind.column} IN ({_marks(kind.ids)})" for kind in kinds if kind is not chosen)
        bindings = [id for kind in kinds if kind is not chosen for id in kind.ids]
        for bound, sql in ((wanted.since_ns, " AND time_ns >= ?"), (wanted.until_ns, " AND time_ns < ?")):
            if bound:
                conditions += sql
                bindings.append(bound)
        return _Plan(lanes=chosen.lanes() if chosen else (), conditions=conditions, bindings=bindings)

    def _kinds(self, wanted: EventFilter) -> "list[_Kind] | None":
        """Return the conditions of *wanted*, the most selective first."""
        kinds: list[_Kind] = []
        for column, table, names in (
            ("stream_id", "streams", [wanted.stream] if wanted.stream else []),
            ("correlation", "", [wanted.correlation_id] if wanted.correlation_id else []),
            ("type_id", "types", sorted(wanted.types)),
            ("category_id", "categories", [wanted.category] if wanted.category else []),
            ("source_id", "sources", sorted(wanted.sources)),
        ):
            if names:
                ids = self._ids(table, names) if table else [pack_id(name) for name in names]
                if not ids:
                    return None
                kinds.append(_Kind(column=column, ids=ids))
        return kinds

    def _ids(self, table: str, names: Sequence[str]) -> Sequence[Value]:
        sql = f"SELECT id FROM {table} WHERE name IN ({_marks(names)})"  # noqa: S608
        return [id for (id,) in rows(self.connection, sql, names)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A condition on one column."""

    column: str
    ids: Sequence[Value]

    def lanes(self) -> Sequence[Lane]:
        """Return the indices that find what meets it."""
        if self.column == "stream_id":
            return [of_stream(cast("int", id)) for id in self.ids]
        if self.column == "source_id":
            return [of_source(cast("int", id)) for id in self.ids]
        return [indexed(f"events_by_{self.column.removesuffix('_id')}", self.column, id) for id in self.ids]


def _within(after: int, head: int, *, backward: bool) -> Range:
    """Return the positions beyond *after*."""
    if not backward:
        return Range(low=min(after, head), high=head)
    return Range(low=0, high=min(head, after - 1) if after else head)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _cut(found: Iterable[Event], count: int) -> tuple[list[Event], bool]:
    """Take what fits into a page, and tell whether that was all."""
    events: list[Event] = []
    size = 0
    for event in found:
        size += len(event.payload)
        if len(events) == count or (events and size > PAGE_BYTES_MAX):
            return events, False
        events.append(event)
    return events, True


def _page(events: Sequence[Event], position: int, *, backward: bool, head: int) -> Page:
    return Page(events=events, position=position, done=position <= 1 if backward else position >= head)
