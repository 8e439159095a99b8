"""What a memory is worth as an answer, and what is refused before it becomes a fact."""

import numpy as np
import pytest
from arkalia.memory.v1.memory_pb2 import NewMemory

from luna.modules.memory.domain import HALF_LIFE_NS, Placed, Weights, id_of, is_alive, places, score
from luna.modules.memory.errors import BatchTooLargeError, IdTakenError, PageTokenError, TextError, VectorsMisfitError
from luna.modules.memory.paging import page_from, page_to
from luna.modules.memory.requests import BATCH_BYTES_MAX, checked, given, without_twins

FIRST = Placed(rank=1, score=0.9)
BARE = Weights(recency=0, importance=0)


def test_what_is_first_both_ways_has_the_full_rank() -> None:
    """
    Whether two ways were asked or one.
    """
    both = score(FIRST, FIRST, ways=2, age_ns=0, importance=0, weights=BARE)
    one = score(FIRST, None, ways=1, age_ns=0, importance=0, weights=BARE)

    assert both.total == one.total == pytest.approx(1)


def test_two_good_places_beat_one_first_place() -> None:
    """
    That is what fusing by rank is for.
    """
    third = Placed(rank=3, score=0.5)
    both = score(third, third, ways=2, age_ns=0, importance=0, weights=BARE)
    one = score(FIRST, None, ways=2, age_ns=0, importance=0, weights=BARE)

    assert both.total == pytest.approx(61 / 63)
    assert one.total == pytest.approx(0.5)


def test_a_half_life_takes_half_of_what_age_may_take() -> None:
    """
    And unimportance all of what it may.
    """
    found = score(FIRST, None, ways=1, age_ns=HALF_LIFE_NS, importance=0, weights=Weights(recency=0.4, importance=0.5))

    assert found.recency == pytest.approx(0.8)
    assert found.importance == pytest.approx(0.5)
    assert found.total == pytest.approx(0.4)


def test_a_memory_of_the_future_is_merely_new() -> None:
    """
    A clock that was set back makes nothing worth more than all.
    """
    found = score(FIRST, None, ways=1, age_ns=-HALF_LIFE_NS, importance=1, weights=Weights(recency=1, importance=1))

    assert found.total == pytest.approx(1)


def test_places_are_counted_from_one() -> None:
    assert places(["b", "a"], [0.9, 0.1]) == {"b": Placed(rank=1, score=0.9), "a": Placed(rank=2, score=0.1)}


def test_the_id_of_a_text_follows_from_what_it_is() -> None:
    """
    Where the collection ends and the text begins is part of it.
    """
    assert id_of("a", "bc") == id_of("a", "bc")
    assert len({id_of("a", "bc"), id_of("ab", "c"), id_of("", "abc")}) == 3


def test_a_memory_is_alive_before_its_time() -> None:
    assert is_alive(None, 5)
    assert is_alive(6, 5)
    assert not is_alive(5, 5)


def test_a_blank_text_is_refused_by_its_place() -> None:
    """
    Among many, the place says which.
    """
    with pytest.raises(TextError) as caught:
        checked([NewMemory(text="words"), NewMemory(text=" \n")])

    assert caught.value.metadata == {"id": "", "index": "1"}


def test_a_batch_must_fit_into_one_event() -> None:
    text = "x" * 60_000
    with pytest.raises(BatchTooLargeError):
        checked([NewMemory(id=str(each), text=text) for each in range(BATCH_BYTES_MAX // len(text) + 1)])


@pytest.mark.parametrize(
    "packed",
    [
        np.ones(5, "<f4").tobytes(),
        np.array([1, np.nan, 1, 1], "<f4").tobytes(),
        np.array([np.inf, 1, 1, 1], "<f4").tobytes(),
        np.array([0, 0, 1, 1], "<f4").tobytes(),
    ],
    ids=["size", "nan", "infinite", "zero"],
)
def test_vectors_that_are_none_are_refused(packed: bytes) -> None:
    """
    Two of two numbers were meant.
    """
    with pytest.raises(VectorsMisfitError):
        given(packed, 2, 2)


def test_vectors_are_made_as_long_as_one() -> None:
    vectors = given(np.array([3, 4, 0, 2], "<f4").tobytes(), 2, 2)

    assert vectors is not None
    assert vectors.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0, 1]]


def test_vectors_as_long_as_one_stay_as_they_are() -> None:
    """
    To the last bit, though their lengths are rounded.
    """
    made = np.random.default_rng(1).normal(size=(9, 384)).astype("<f4")
    unit = made / np.linalg.norm(made, axis=1, keepdims=True)
    vectors = given(unit.tobytes(), 9, 384)

    assert vectors is not None
    assert np.array_equal(vectors, unit)


def test_twins_of_a_batch_count_once() -> None:
    """
    Those that only share an id are refused.
    """
    same = [NewMemory(id="a", text="x"), NewMemory(id="b", text="y"), NewMemory(id="a", text="x")]
    keys = [("n", "a"), ("n", "b"), ("n", "a")]

    assert without_twins(keys, same) == [0, 1]
    with pytest.raises(IdTakenError):
        without_twins([*keys, ("n", "b")], [*same, NewMemory(id="b", text="z")])


@pytest.mark.parametrize("token", ["nonsense", "!", page_to("a", "other")])
def test_a_page_token_is_of_its_own_list(token: str) -> None:
    assert page_from(page_to("a", "mine"), "mine") == "a"
    with pytest.raises(PageTokenError):
        page_from(token, "mine")
