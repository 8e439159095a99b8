"""Patterns in a row of cycles."""

import pytest
from arkalia.zeroia.v1 import zeroia_pb2 as pb

from luna.modules.zeroia.timeline import Beat, Timeline
from tests.zeroia import SECOND, START

MINUTE = 60 * SECOND


def timeline(actions: str) -> Timeline:
    """Return the timeline of one cycle a minute, each with the action of its digit; a dot is one without a sample."""
    found = Timeline(10 * MINUTE)
    for index, digit in enumerate(actions):
        judgement = None if digit == "." else pb.Judgement(action=int(digit), pressure=int(digit) / 10)  # type: ignore[arg-type]
        found.add(Beat.of(START + index * MINUTE, judgement))
    return found


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ("", []),
        ("11", []),
        ("111", [(1, 3, True)]),
        ("1112", [(1, 3, False)]),
        ("1212", [(2, 4, True)]),
        ("12123", [(2, 4, False), (3, 3, True)]),
        ("12344", [(3, 5, True)]),
        ("4321", [(4, 4, True)]),
        ("11123444", [(1, 3, False), (3, 8, True), (1, 3, True)]),
        ("1.1.1", [(1, 3, True)]),
    ],
)
def test_patterns_are_recognised_and_the_last_one_is_open(actions: str, expected: list[tuple[int, int, bool]]) -> None:
    """
    Each pattern is (kind, cycles, open), in the order of its start.
    """
    found = [
        (pattern.kind, pattern.cycle_count, not pattern.HasField("end_time"))
        for pattern in timeline(actions).patterns()
    ]

    assert found == expected


def test_buckets_and_heat_map_hold_every_cycle() -> None:
    """
    Cycles without a sample count as cycles, but not for the means.
    """
    found = timeline("1122......44")
    buckets, cells = found.buckets(), found.heat_map()

    assert sum(bucket.cycle_count for bucket in buckets) == sum(cell.cycle_count for cell in cells) == 12
    assert [action.count for bucket in buckets for action in bucket.actions] == [2, 2, 2]
    assert max(cell.max_pressure for cell in cells) == 0.4
