"""Finds the concepts in a view of a text, and the rules that they fulfil."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias

from luna.modules.assistantia.lexicon import TOKEN, Lexicon, Rule, fits
from luna.modules.assistantia.normalise import View

SPANS_MAX: Final = 8
"""How many matches of one rule are told."""
UNLESS_FACTOR: Final = 0.5
"""How much less a match counts near concepts that make it harmless: whoever attacks may add them."""
SENTENCE: Final = 4
"""How many words the end of a sentence is as far as."""
LONG_WORD: Final = 15
"""Longer words are looked into: they may be several without spaces."""

Hits: TypeAlias = Mapping[str, "Found"]


@dataclass(slots=True)
class Found:
    """Where a concept stands: places counted in words, and ranges in letters, in order."""

    places: list[int]
    ranges: list[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A rule, and a range of the view that fulfils it."""

    rule: Rule
    weight: float
    start: int
    end: int


def matches(view: View, hits: Hits, lexicon: Lexicon) -> Iterator[Match]:
    """Yield the rules that *view* with the concepts *hits* fulfils, each with its first few places."""
    for rule in lexicon.rules:
        if not rule.needs and rule.pattern is None:
            continue
        found = _by_pattern(rule, view.text) if rule.pattern else _by_concepts(rule, hits)
        yield from islice(found, SPANS_MAX)


def concepts(text: str, lexicon: Lexicon) -> Hits:
    """Return where each concept stands in *text*."""
    words, spans, places = _words(text, lexicon)
    hits: dict[str, Found] = {}
    for index, word in enumerate(words):
        for phrase, concept in lexicon.beginning_with(word):
            last = index + len(phrase)
            if len(phrase) == 1 or _continues(words, index, phrase):
                found = hits.setdefault(concept, Found([], []))
                found.places.append(places[index])
                found.ranges.append((spans[index][0], spans[last - 1][1]))
    return hits


def _continues(words: Sequence[str], index: int, phrase: Sequence[str]) -> bool:
    rest = words[index + 1 : index + len(phrase)]
    return len(rest) == len(phrase) - 1 and all(map(fits, rest, phrase[1:]))


def _words(text: str, lexicon: Lexicon) -> tuple[list[str], list[tuple[int, int]], list[int]]:
    words: list[str] = []
    spans: list[tuple[int, int]] = []
    places: list[int] = []
    place = 0
    for token in TOKEN.finditer(text):
        word, start = token[0], token.start()
        if word in ".!?;\n":
            place += SENTENCE
            continue
        for piece in _cut(word, lexicon) if len(word) > LONG_WORD else (word,):
            words.append(piece)
            spans.append((start, start + len(piece)))
            places.append(place)
            start, place = start + len(piece), place + 1
    return words, spans, places


def _cut(word: str, lexicon: Lexicon) -> Sequence[str]:
    """Cut a run of letters without spaces into words that are known, if it is made of such."""
    pieces: list[str] = []
    rest = word[:200]
    while rest:
        piece = next((known for known in lexicon.words.get(rest[:2], ()) if rest.startswith(known)), rest[0])
        pieces.append(piece)
        rest = rest[len(piece) :]
    return pieces if sum(len(piece) > 1 for piece in pieces) > 1 else (word,)


def _by_pattern(rule: Rule, text: str) -> Iterator[Match]:
    if rule.pattern is not None:
        for found in rule.pattern.finditer(text):
            if found.end() > found.start():
                yield Match(rule=rule, weight=rule.weight, start=found.start(), end=found.end())


def _by_concepts(rule: Rule, hits: Hits) -> Iterator[Match]:
    if any(need not in hits for need in rule.needs):
        return
    first, *others = (hits[need] for need in rule.needs)
    for place, anchor in zip(first.places, first.ranges, strict=True):
        ranges = [anchor]
        for other in others:
            near = _nearest(other, place, rule.within)
            if near is None:
                break
            ranges.append(near)
        else:
            harmless = any(name in hits and _nearest(hits[name], place, rule.within) for name in rule.unless)
            weight = rule.weight * (UNLESS_FACTOR if harmless else 1)
            yield Match(rule=rule, weight=weight, start=min(r[0] for r in ranges), end=max(r[1] for r in ranges))


def _nearest(found: Found, place: int, within: int) -> tuple[int, int] | None:
    index = bisect_left(found.places, place)
    near = [at for at in (index - 1, index) if 0 <= at < len(found.places)]
    best = min(near, key=lambda at: abs(found.places[at] - place))
    return found.ranges[best] if abs(found.places[best] - place) <= within else None
