"""Finds the concepts in a view of a text, and the rules that they fulfil."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Final, TypeAlias

from luna.modules.assistantia.lexicon import TOKEN, Lexicon, Rule, fits
from luna.modules.assistantia.normalise import View

SPANS_MAX: Final = 8
"""How many matches of one rule are told."""
UNLESS_FACTOR: Final = 0.5
"""How much less a match counts near concepts that make it harmless: whoever attacks may add them."""
SENTENCE: Final = 4
"""How many words the end of a sentence is as far as."""
_END_OF_TEXT: Final = "\n"
_ENDS: Final = frozenset(".!?;" + _END_OF_TEXT)

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
        if rule.pattern:
            yield from islice(_by_pattern(rule, view.text), SPANS_MAX)
        elif rule.needs and all(map(hits.__contains__, rule.needs)):
            yield from islice(_by_concepts(rule, hits), SPANS_MAX)


def concepts(text: str, lexicon: Lexicon) -> Hits:
    """Return where each concept stands in *text*."""
    hits: dict[str, Found] = {}
    tokens = list(TOKEN.finditer(text))
    words = [*map(itemgetter(0), tokens), _END_OF_TEXT]
    beginning, going_on, place = lexicon.phrases.beginning, lexicon.phrases.going_on, 0
    for index, token in enumerate(tokens):
        word = words[index]
        if word in _ENDS:
            place += SENTENCE
            continue
        begun = beginning[word]
        for concept in begun.concepts:
            _add(hits, concept, place, *token.span())
        for rest, concept in going_on[word, words[index + 1]] if begun.longer else ():
            last = index + 1 + len(rest)
            if last < len(tokens) and all(map(fits, words[index + 2 : last + 1], rest)):
                _add(hits, concept, place, token.start(), tokens[last].end())
        place += 1
    return hits


def _add(hits: dict[str, Found], concept: str, place: int, start: int, end: int) -> None:
    found = hits.get(concept)
    if found is None:
        found = hits[concept] = Found([], [])
    found.places.append(place)
    found.ranges.append((start, end))


def _by_pattern(rule: Rule, text: str) -> Iterator[Match]:
    if rule.pattern is not None:
        for found in rule.pattern.finditer(text):
            if found.end() > found.start():
                yield Match(rule=rule, weight=rule.weight, start=found.start(), end=found.end())


def _by_concepts(rule: Rule, hits: Hits) -> Iterator[Match]:
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
    places, index = found.places, bisect_left(found.places, place)
    before = place - places[index - 1] if index else within + 1
    after = places[index] - place if index < len(places) else within + 1
    if min(before, after) > within:
        return None
    return found.ranges[index - 1 if before <= after else index]
