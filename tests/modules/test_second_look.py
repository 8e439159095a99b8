"""What the guard is in doubt about is looked at once more, by its meaning."""

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from luna.adapters.packaged_model import multilingual
from luna.kernel.embedding import EmbedderModelError, TextVectors, Vectors
from luna.modules.assistantia.features import BITS, KINDS
from luna.modules.assistantia.guard import PromptGuard
from luna.modules.assistantia.judging import judged
from luna.modules.assistantia.learned import Model
from luna.modules.assistantia.lexicon import load
from luna.modules.assistantia.second_look import PASSAGE, Head, SecondLook, passage

TEXT = "The cat sleeps on the warm oven."
LEXICON = load()


class Meaning:
    """Says the same of every text, and remembers which it was asked about and where."""

    def __init__(self, value: float) -> None:
        self._value = value
        self.asked: list[str] = []
        self.threads: set[int] = set()

    def vectors(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        self.threads.add(threading.get_ident())
        return np.full((len(texts), 1), self._value, np.float32)


class Absent:
    """A model whose file is not there."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        raise EmbedderModelError(f"there is no model for {len(texts)} texts")


def guard(meaning: TextVectors | None = None, *, bias: float = 0.0) -> PromptGuard:
    """Return one that thinks the same of every text: at a bias of 0, that the chance of an attack is a half."""
    model = Model(weights=np.zeros(KINDS << BITS, np.float32), bias=bias, join=(1.0, 1.0, 0.0), corpus="")
    one = np.ones(1, np.float32)
    head = Head(inner=one.reshape(1, 1), inner_bias=one * 10, outer=one, join=(0.0, 1.0, -10.0))
    return PromptGuard(LEXICON, model, SecondLook(head, meaning) if meaning else None)


def test_a_second_look_refuses_what_the_first_left_in_doubt() -> None:
    """
    The refusal has a reason and a place.
    """
    verdict = guard(Meaning(5.0), bias=-1.0).check(TEXT)

    assert not guard(bias=-1.0).check(TEXT).refused
    assert verdict.refused
    assert verdict.doubt is None
    assert [rule.id for rule in verdict.rules] == ["learned"]
    assert 0 <= verdict.spans[0].start < verdict.spans[0].end <= len(TEXT)


def test_a_second_look_lets_pass_what_the_first_left_in_doubt() -> None:
    """
    What looks like an attack in its words may mean something else.
    """
    assert guard().check(TEXT).refused
    assert not guard(Meaning(-5.0)).check(TEXT).refused


@pytest.mark.parametrize("bias", [-5.0, 5.0])
def test_what_is_clear_is_not_looked_at_again(bias: float) -> None:
    """
    A message of every day does not pay for it.
    """
    meaning = Meaning(0.0)

    assert guard(meaning, bias=bias).check(TEXT) == guard(bias=bias).check(TEXT)
    assert meaning.asked == []


def test_without_the_model_the_first_look_holds() -> None:
    """
    The guard goes on where the file is damaged or absent.
    """
    assert guard(Absent()).check(TEXT) == guard().check(TEXT)


async def test_a_second_look_is_taken_in_a_thread() -> None:
    """
    Others are not kept waiting, and the verdict is the same.
    """
    meaning = Meaning(5.0)
    verdict = await judged(guard(meaning), TEXT, at_once=len(TEXT))

    assert verdict == guard(Meaning(5.0)).check(TEXT)
    assert meaning.asked == [TEXT.lower()]
    assert threading.get_ident() not in meaning.threads


def test_the_passage_is_around_the_most_suspicious_window() -> None:
    """
    However long the text is, and all of a short one.
    """
    long = "a" * 1000 + "here" + "b" * 1000

    assert passage("short", 0, 5) == "short"
    assert "here" in passage(long, 1000, 1004)
    assert passage(long, 0, 80) == long[:PASSAGE]
    assert passage(long, 1924, 2004) == long[-PASSAGE:]


def test_the_model_that_comes_with_the_node_embeds_in_the_thread_that_asks() -> None:
    """
    The vectors are of unit length, and texts that mean the same are nearer, whatever language they are in.
    """
    same = ["The cat sleeps.", "Le chat dort.", "Die Katze schläft.", "El gato duerme."]
    *alike, other = multilingual().vectors([*same, "Shares fell on Monday."])

    assert np.allclose(np.linalg.norm([*alike, other], axis=1), 1, atol=1e-5)
    assert min(alike[0] @ it for it in alike[1:]) > alike[0] @ other
