"""Removes the oldest events of a category, a bounded step at a time."""

from typing import Final

import apsw

from luna.adapters.sqlite_log_schema import TAIL, integers, number, rows, run

STEP_EVENTS: Final = 500


def prune(connection: apsw.Connection, category: str, before_ns: int, keep: int | None) -> int:
    """Remove up to `STEP_EVENTS` events of *category* within a transaction; return how many went."""
    category_id = number(connection, "SELECT id FROM categories WHERE name = ?", (category,))
    ((bound,),) = rows(connection, "SELECT min(checkpoint) FROM consumers")
    kept_from = _kept_from(connection, category_id, keep)
    positions: list[int] = []
    for position, time_ns in rows(
        connection,
        "SELECT position, time_ns FROM events INDEXED BY events_by_category WHERE category_id = ?"
        " ORDER BY position LIMIT ?",
        (category_id, STEP_EVENTS),
    ):
        old = time_ns < before_ns or position < kept_from
        if not old or (bound is not None and position > int(bound)):
            break
        positions.append(position)
    if positions:
        _remove(connection, positions)
    return len(positions)


def _kept_from(connection: apsw.Connection, category_id: int, keep: int | None) -> int:
    """Return the position of the oldest of the newest *keep* events, or beyond all if none is kept."""
    if keep is None:
        return 0
    if keep == 0:
        return number(connection, "SELECT max(position) + 1 FROM events")
    return number(
        connection,
        "SELECT position FROM events INDEXED BY events_by_category WHERE category_id = ?"
        " ORDER BY position DESC LIMIT 1 OFFSET ?",
        (category_id, keep - 1),
    )


def _remove(connection: apsw.Connection, positions: list[int]) -> None:
    found = (integers(positions),)
    run(
        connection,
        "UPDATE streams SET pruned_version = max(pruned_version, gone.version) FROM"
        " (SELECT stream_id, max(stream_version) AS version FROM events WHERE position IN carray(?) GROUP BY stream_id)"
        " AS gone WHERE streams.id = gone.stream_id",
        found,
    )
    counted = [position for position in positions if position <= number(connection, TAIL)]
    if counted:
        run(
            connection,
            "UPDATE types SET event_count = event_count - gone.n FROM"
            " (SELECT type_id, count(*) AS n FROM events WHERE position IN carray(?) GROUP BY +type_id) AS gone"
            " WHERE types.id = gone.type_id",
            (integers(counted),),
        )
    run(connection, "INSERT INTO pruned SELECT position, leaf_hash FROM events WHERE position IN carray(?)", found)
    run(connection, "DELETE FROM consumer_parked WHERE position IN carray(?)", found)
    run(connection, "DELETE FROM events WHERE position IN carray(?)", found)
