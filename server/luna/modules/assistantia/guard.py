"""Judges a text: how likely it is an attack on a model, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from luna.modules.assistantia.disguises import views
from luna.modules.assistantia.learned import Model
from luna.modules.assistantia.lexicon import Lexicon, Rule
from luna.modules.assistantia.matching import Hits, Match, concepts, matches
from luna.modules.assistantia.normalise import View
from luna.modules.assistantia.quoting import Quote, told_about

HIDDEN_FACTOR: Final = 1.2
"""How much more a match counts that had to be decoded: whoever hides it means it."""
LEARNED_LEAST: Final = 0.0
"""From which score on what was learned is named as a reason where no rule is."""
SUSPICIOUS: Final = 0.13
"""From which chance on it is looked for what a text only quotes: below, no level refuses it anyway."""
FOREIGN_FACTOR: Final = 0.8
"""How much lower the threshold is for what no user wrote."""
WEIGHT_MAX: Final = 0.98


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A range of the original text, and the rule that it fulfils."""

    start: int
    end: int
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A way to read a text, its concepts, the rules that they fulfil, and what is quoted near words about attacks."""

    view: View
    hits: Hits
    matched: Sequence[Match]
    quotes: Sequence[Quote] = ()


@dataclass(slots=True)
class Found:
    """The places of a text that fulfil rules, and how much each rule weighs at most."""

    spans: dict[tuple[int, int, str], Span] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)

    def add(self, span: Span, weight: float) -> None:
        """Add a place of a rule, unless it is known from another way to read the text."""
        key = (span.start, span.end, span.rule.id)
        if key not in self.spans:
            self.spans[key] = span
            self.weights[span.rule.id] = max(self.weights.get(span.rule.id, 0.0), weight)

    @property
    def chance(self) -> float:
        """Return what the rules together think of the text."""
        remaining = 1.0
        for weight in self.weights.values():
            remaining *= 1 - weight
        return 1 - remaining


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the guard thinks of a text."""

    refused: bool
    score: float
    threshold: float
    rules: Sequence[Rule]
    """The strongest first."""
    spans: Sequence[Span]


class PromptGuard:
    """Judges texts by the rules of a lexicon, and by what was learned from labelled texts."""

    def __init__(self, lexicon: Lexicon, model: Model) -> None:
        self.lexicon = lexicon
        self.model = model
        self._learned = lexicon.named("learned")

    def check(self, text: str, *, level: str = "MEDIUM", foreign: bool = False) -> Verdict:
        """Judge *text* at *level*; *foreign* text was written by no user."""
        readings = self.readings(text)
        gains = [self.model.gains(it.view.text, it.hits) for it in readings]
        found, chance = self._found(readings, gains)
        if chance >= SUSPICIOUS and (told := quoted(text, readings)) is not readings:
            found, chance = self._found(told, gains)
        threshold = self.lexicon.thresholds[level] * (FOREIGN_FACTOR if foreign else 1)
        rules = {span.rule.id: span.rule for span in found.spans.values()}
        return Verdict(
            refused=chance >= threshold,
            score=chance,
            threshold=threshold,
            rules=sorted(rules.values(), key=lambda rule: (-found.weights[rule.id], rule.id)),
            spans=[found.spans[key] for key in sorted(found.spans)],
        )

    def readings(self, text: str) -> Sequence[Reading]:
        """Return the ways to read *text*, the plain one first."""
        return [self._read(view) for view in views(text)]

    def ruled(self, readings: Iterable[Reading]) -> Found:
        """Return what the rules alone find."""
        found = Found()
        for reading in readings:
            for match in reading.matched:
                weight = match.weight * (HIDDEN_FACTOR if reading.view.hidden else 1)
                weight *= min((it.worth for it in reading.quotes if it.holds(match.start, match.end)), default=1.0)
                start, end = reading.view.original(match.start, match.end)
                found.add(Span(start=start, end=end, rule=match.rule), min(weight, WEIGHT_MAX))
        return found

    def _read(self, view: View) -> Reading:
        hits = concepts(view.text, self.lexicon)
        return Reading(view=view, hits=hits, matched=tuple(matches(view, hits, self.lexicon)))

    def _found(self, readings: Sequence[Reading], gains: Sequence[NDArray[np.float64]]) -> tuple[Found, float]:
        """Return what is found in all *readings* of a text, and the chance that it is an attack."""
        found = self.ruled(readings)
        scored = [self.model.score(it.view.text, gain, it.quotes) for it, gain in zip(readings, gains, strict=True)]
        best = max(range(len(scored)), key=lambda index: scored[index][0])
        learned, start, end = scored[best]
        chance = self.model.joined(learned, found.chance)
        if not found.spans and end and learned >= LEARNED_LEAST:
            begin, stop = readings[best].view.original(start, end)
            found.add(Span(start=begin, end=stop, rule=self._learned), chance)
        return found, chance


def quoted(text: str, readings: Sequence[Reading]) -> Sequence[Reading]:
    """Return *readings* of *text* with what it only quotes."""
    quotes = told_about(text)
    if not quotes:
        return readings
    return [replace(it, quotes=[one for quote in quotes for one in quote.viewed(it.view)]) for it in readings]
