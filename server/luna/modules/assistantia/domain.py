"""Answers a question with sentences that others wrote. Pure.

A sentence scores by the words that it shares with the question, rare words
more than common ones, and by how well memory says that its text fits. The best
are taken, none that says the same again, and every one names what it is from.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Final

from luna.kernel.sentences import say_the_same, sentences
from luna.modules.assistantia.normalise import unaccented

SENTENCES_MAX: Final = 4
SENTENCE_CHARACTERS_MAX: Final = 600
SIMILARITY_MIN: Final = 0.35
"""From which on a text answers a question that it shares no words with."""
FIT_WEIGHT: Final = 0.5
STEM_LETTERS: Final = 6
"""Words that begin alike are taken for forms of one word."""

_WORD: Final = re.compile(r"\w{2,}")
_EMPTY: Final = (
    (
        "a an and are as at be by did do does for from has have how if in into is it its me my of on or our so that "
        "the their them then there they this to was we were what when where which who whom whose why will with you "
        "your about can could would should tell"
    ),
    (
        "au aux avec ce ces cela dans de des du elle en est et etait etre il ils je la le les leur lui ma mais me mes "
        "mon ne nos notre nous on ou par pas pour pourquoi quand que quel quelle quels quelles qui sa se ses son sont "
        "sur ta te tes ton tu un une vos votre vous comment"
    ),
    "el los las del al y o por con su sus es son un una como cuando donde quien que cual porque",
    (
        "der die das den dem des ein eine einer einem einen und oder ist sind war von zu mit auf fur im am wie was "
        "wann wo wer warum welche welcher"
    ),
)
"""Words that say nothing about what is asked: English, French, Spanish, German."""
_STOP: Final = frozenset(word for language in _EMPTY for word in language.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text that may hold an answer."""

    text: str
    event_id: str
    memory_id: str = ""
    fit: float = 0.0
    """How well it fits the question as a whole, 0 to 1."""
    similarity: float | None = None
    """How near it is to the question in meaning, if they were compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A sentence, and the passage that it is from."""

    text: str
    passage: Passage
    score: float
    words: frozenset[str]


def quotes(question: str, passages: Sequence[Passage], *, most: int = SENTENCES_MAX) -> Sequence[Quote]:
    """Return the sentences of *passages* that answer *question*, the best first; none where nothing fits."""
    wanted = stems(question)
    candidates = [(text, passage, stems(text)) for passage in passages for text in _sentences(passage.text)]
    rarity = _rarity(words for _, _, words in candidates)
    scored = [
        Quote(text=text, passage=passage, words=words, score=_score(wanted, words, passage, rarity))
        for text, passage, words in candidates
    ]
    fitting = [quote for quote in scored if _fits(quote, wanted)]
    # Sorting is stable: of equals, what memory put first stays first.
    return list(_distinct(sorted(fitting, key=lambda quote: -quote.score)))[:most]


def stems(text: str) -> frozenset[str]:
    """Return the words of *text* that mean something, without accents and endings."""
    return frozenset(_stem(word) for word in _WORD.findall(unaccented(text)) if word not in _STOP)


def cited(chosen: Sequence[Quote]) -> Sequence[Passage]:
    """Return what *chosen* is from, in the order in which it is numbered."""
    return list({_key(quote.passage): quote.passage for quote in chosen}.values())


def numbers(chosen: Sequence[Quote]) -> Sequence[int]:
    """Return for each of *chosen* the number of what it is from, counted from 1."""
    known = [_key(passage) for passage in cited(chosen)]
    return [known.index(_key(quote.passage)) + 1 for quote in chosen]


def _key(passage: Passage) -> tuple[str, str]:
    return passage.event_id, passage.memory_id


def _sentences(text: str) -> Iterator[str]:
    for sentence in sentences(text):
        if stems(sentence):
            yield sentence[:SENTENCE_CHARACTERS_MAX]


def _rarity(sentences: Iterable[frozenset[str]]) -> Mapping[str, float]:
    found = list(sentences)
    seen = Counter(word for words in found for word in words)
    return {word: log(1 + len(found) / count) for word, count in seen.items()}


def _score(wanted: frozenset[str], words: frozenset[str], passage: Passage, rarity: Mapping[str, float]) -> float:
    shared = sum(rarity[word] for word in wanted & words)
    # A long sentence shares words by chance.
    return shared / (1 + 0.1 * len(words)) + FIT_WEIGHT * passage.fit


def _fits(quote: Quote, wanted: frozenset[str]) -> bool:
    near = quote.passage.similarity
    return bool(quote.words & wanted) or (near is not None and near >= SIMILARITY_MIN)


def _distinct(ordered: Iterable[Quote]) -> Iterator[Quote]:
    taken: list[frozenset[str]] = []
    for quote in ordered:
        if not any(say_the_same(quote.words, words) for words in taken):
            taken.append(quote.words)
            yield quote


@lru_cache(maxsize=4096)
def _stem(word: str) -> str:
    return word.rstrip("s")[:STEM_LETTERS] or word
