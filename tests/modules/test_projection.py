"""A projection knows when it was damaged, and can always be folded again."""

from collections.abc import Sequence
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luna.kernel.events import Event, EventFilter
from luna.kernel.projection import Derivation, Entries, Projection, SnapshotError

LOG = "0197d0a0-0000-7000-8000-000000000000"


def _count(entries: Entries, event: Event) -> Entries:
    return {event.type: str(int(entries.get(event.type, b"0")) + 1).encode()}


TALLY = Derivation(name="tests/tally", wanted=EventFilter(category="tally"), fold=_count)


def events(kinds: Sequence[str], category: str = "tally") -> list[Event]:
    positions = count(1)
    return [
        Event(
            position=position,
            stream=f"{category}/1",
            stream_version=position,
            event_id="",
            type=kind,
            payload=b"",
            source="",
            time_ns=0,
            correlation_id="",
            causation_id="",
            trace_id="",
            schema_version=1,
            leaf_hash=b"",
        )
        for kind, position in zip(kinds, positions, strict=False)
    ]


def folded(kinds: Sequence[str]) -> Projection:
    projection = Projection(TALLY)
    for event in events(kinds):
        projection.apply(event)
    return projection


@given(st.lists(st.sampled_from("abcdefgh"), max_size=50))
def test_the_checksum_that_is_carried_along_is_that_of_what_is_held(kinds: list[str]) -> None:
    """
    After every event, and again after a restart from a snapshot.
    """
    projection = folded(kinds)
    again = Projection(TALLY)
    again.restore(projection.snapshot(LOG), LOG, len(kinds))

    assert projection.found() == projection.checksum
    assert (again.entries, again.position, again.checksum) == (
        projection.entries,
        projection.position,
        projection.checksum,
    )


@given(st.lists(st.sampled_from("abc"), max_size=20), st.lists(st.sampled_from("abc"), max_size=20))
def test_damage_shows_whatever_is_folded_after_it(before: list[str], after: list[str]) -> None:
    """
    Also where the damaged entry itself is changed; folding all again mends it.
    """
    # Values that are damaged are no numbers: the tally must not read them.
    projection = Projection(Derivation(name="tests/newest", wanted=EventFilter(), fold=_newest))
    everything = events(before + after)
    for event in everything[: len(before)]:
        projection.apply(event)
    projection.damage()
    for event in everything[len(before) :]:
        projection.apply(event)
    assert projection.found() != projection.checksum

    fresh = Projection(Derivation(name="tests/newest", wanted=EventFilter(), fold=_newest))
    for event in everything:
        fresh.apply(event)
    projection.take_over(fresh)
    assert projection.found() == projection.checksum == fresh.checksum


def test_an_event_counts_once() -> None:
    """
    And one that is not wanted not at all.
    """
    projection = folded("ab")
    again = [projection.apply(event) for event in events("ab")]
    projection.apply(events("abc", "other")[2])

    assert again == [False, False]
    assert projection.entries == {"a": b"1", "b": b"1"}
    assert projection.position == 3


@pytest.mark.parametrize(
    ("log_id", "head", "harm"),
    [("0197d0a0-0000-7000-8000-000000000001", 2, b""), (LOG, 1, b""), (LOG, 2, b"x")],
    ids=["of another log", "of a log that lost events", "damaged"],
)
def test_a_snapshot_that_does_not_fit_is_refused(log_id: str, head: int, harm: bytes) -> None:
    """
    The log is there to begin from.
    """
    snapshot = folded("ab").snapshot(LOG) + harm

    with pytest.raises(SnapshotError):
        Projection(TALLY).restore(snapshot, log_id, head)


def _newest(entries: Entries, event: Event) -> Entries:
    del entries
    return {event.type: str(event.position).encode()}
