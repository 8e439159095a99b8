"""What is known of keys is what a set would know, however many came and in whichever order."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luna.adapters import lance_known
from luna.adapters.lance_known import KnownKeys

HASHES = st.lists(st.one_of(st.integers(-9, 9), st.integers(-(2**63), 2**63 - 1)), max_size=40)


@pytest.fixture(autouse=True, scope="module")
def few() -> Iterator[None]:
    """Ten are many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lance_known, "_RECENT_MAX", 10)
        yield


@given(st.lists(HASHES, max_size=8), HASHES)
def test_a_key_is_known_once_it_came(batches: Sequence[list[int]], asked: list[int]) -> None:
    """
    And no other.
    """
    known, came = KnownKeys(), set[int]()
    for batch in batches:
        known.add(batch)
        came.update(batch)
        assert known.among(batch).all()

    assert known.among(asked).tolist() == [each in came for each in asked]


def test_keys_that_were_there_are_known() -> None:
    """
    By what they are spelled.
    """
    known = KnownKeys(["b", "a"])

    assert known.among([hash("a"), hash("c"), hash("b")]).tolist() == [True, False, True]
