"""Copies the intact events of a damaged log, up to the first that is not."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import uuid4

import apsw

from luna.adapters.sqlite_log_proof import DamagedError, checked
from luna.adapters.sqlite_log_rows import Row, insert
from luna.adapters.sqlite_log_schema import BLOCK, HEAD, create, log_id_of, number, rows, run, summarise
from luna.kernel.events import Event, category_of

DAMAGE: Final = (apsw.Error, DamagedError)
_STEP: Final = 4 * BLOCK


class Salvage:
    """Reads a damaged log; writes a new one if there is a target, else only looks how far it gets."""

    def __init__(self, damaged: apsw.Connection, target: apsw.Connection | None) -> None:
        self._damaged = damaged
        self._target = target
        self._taken: list[tuple[Row, Event]] = []
        self._pruned: list[Row] = []
        self._named: set[tuple[str, int]] = set()
        self._last_good = 0
        self.whole = False
        """Whether every event of the damaged log was intact."""

    def copy(self) -> int:
        """Copy the events, and return the last position that is intact."""
        if self._target:
            create(self._target, str(uuid4()))
        with suppress(*DAMAGE):
            self._walk()
        self._flush()
        if self._target:
            with suppress(*DAMAGE):
                self._copy_names(self._target)
        return self._last_good

    def consumers(self) -> Sequence[str]:
        """Copy the consumers, none of them beyond what was saved; return their names."""
        kept: list[str] = []
        if self._target is None:
            return kept
        with suppress(*DAMAGE):
            for id, name, policy, checkpoint in rows(self._damaged, "SELECT * FROM consumers ORDER BY name"):
                row = (id, name, policy, min(checkpoint, self._last_good))
                run(self._target, "INSERT INTO consumers VALUES (?, ?, ?, ?)", row)
                kept.append(str(name))
        for table in ("consumer_settled", "consumer_waiting", "consumer_parked"):
            with suppress(*DAMAGE):
                found = rows(self._damaged, f"SELECT * FROM {table} WHERE position <= ?", (self._last_good,))  # noqa: S608
                _insert_all(self._target, table, list(found))
        return kept

    def _walk(self) -> None:
        for row, event in checked(self._damaged):
            if not self._take_pruned(event.position):
                raise DamagedError(f"events before position {event.position} are missing")
            self._taken.append((row, event))
            self._last_good = event.position
            if len(self._taken) >= _STEP:
                self._flush()
        self.whole = self._take_pruned(number(self._damaged, HEAD) + 1)

    def _take_pruned(self, position: int) -> bool:
        """Collect what retention removed before *position*, and tell whether that is all that is missing."""
        if position == self._last_good + 1:
            return True
        found = rows(
            self._damaged,
            "SELECT position, leaf_hash FROM pruned WHERE position > ? AND position < ? ORDER BY position",
            (self._last_good, position),
        )
        pruned = list(found)
        if len(pruned) != position - self._last_good - 1:
            return False
        self._pruned += pruned
        self._last_good = position - 1
        return True

    def _flush(self) -> None:
        taken, self._taken = self._taken, []
        pruned, self._pruned = self._pruned, []
        if self._target is None:
            return
        run(self._target, "BEGIN IMMEDIATE")
        for row, event in taken:
            self._name(self._target, row, event)
        insert(self._target, [value for row, _ in taken for value in row[:-2]])
        for row, _ in taken:
            if row[-2] is not None or row[-1] is not None:
                erased = "UPDATE events SET payload_hash = ?, erasure_key_id = ? WHERE position = ?"
                run(self._target, erased, (row[-2], row[-1], row[0]))
        _insert_all(self._target, "pruned", pruned)
        summarise(self._target, self._last_good)
        run(self._target, "COMMIT")

    def _name(self, target: apsw.Connection, row: Row, event: Event) -> None:
        """Give the numbers in *row* their names, which the event's hash has vouched for."""
        names: dict[str, Row] = {
            "INSERT OR IGNORE INTO categories (id, name) VALUES (?, ?)": (row[5], category_of(event.stream)),
            "INSERT OR IGNORE INTO streams (id, name, category_id) VALUES (?, ?, ?)": (row[1], event.stream, row[5]),
            "INSERT OR IGNORE INTO types (id, name) VALUES (?, ?)": (row[4], event.type),
            "INSERT OR IGNORE INTO sources (id, name) VALUES (?, ?)": (row[6], event.source),
        }
        for sql, values in names.items():
            if (sql, values[0]) not in self._named:
                self._named.add((sql, values[0]))
                run(target, sql, values)

    def _copy_names(self, target: apsw.Connection) -> None:
        """Keep what outlives events: the log's id if nothing was lost, and the versions of pruned streams."""
        if self.whole and (log_id := log_id_of(self._damaged)):
            run(target, "UPDATE meta SET value = ? WHERE key = 'log_id'", (log_id,))
        pruned = rows(
            self._damaged, "SELECT id, name, category_id, pruned_version FROM streams WHERE pruned_version > 0"
        )
        for id, name, category_id, version in pruned:
            run(
                target,
                "INSERT OR IGNORE INTO streams (id, name, category_id) VALUES (?, ?, ?)",
                (id, name, category_id),
            )
            run(target, "UPDATE streams SET pruned_version = ? WHERE id = ?", (version, id))


def _insert_all(connection: apsw.Connection, table: str, found: Sequence[Row]) -> None:
    if found:
        marks = ", ".join("?" * len(found[0]))
        for _ in connection.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", found):  # noqa: S608
            pass
