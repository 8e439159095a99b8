"""Judges a text: how likely it is an attack on a model, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from luna.kernel.embedding import EmbedderUnavailableError
from luna.modules.assistantia.disguises import views
from luna.modules.assistantia.learned import Model
from luna.modules.assistantia.lexicon import Lexicon, Rule
from luna.modules.assistantia.matching import Hits, Match, concepts, matches
from luna.modules.assistantia.normalise import View
from luna.modules.assistantia.quoting import Quote, told_about
from luna.modules.assistantia.second_look import SecondLook, passage

HIDDEN_FACTOR: Final = 1.2
"""How much more a match counts that had to be decoded: whoever hides it means it."""
LEARNED_LEAST: Final = 0.0
"""From which score on what was learned is named as a reason where no rule is."""
DOUBTFUL: Final = 0.1
"""From which chance on it is looked for what a text only quotes, and a second look is taken."""
SURE: Final = 0.97
"""From which chance on none is."""
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
class Doubt:
    """What a second look is taken at."""

    passage: str
    span: Span
    """The place that weighs most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is found in all readings of a text, the chance that it is an attack, and where it looks most like one."""

    found: Found
    chance: float
    passage: str
    span: Span | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the guard thinks of a text."""

    refused: bool
    score: float
    threshold: float
    rules: Sequence[Rule]
    """The strongest first."""
    spans: Sequence[Span]
    doubt: Doubt | None = None
    """``None``: no second look is to be taken."""


class PromptGuard:
    """Judges texts by the rules of a lexicon, and by what was learned from labelled texts."""

    def __init__(self, lexicon: Lexicon, model: Model, second: SecondLook | None = None) -> None:
        self.lexicon = lexicon
        self.model = model
        self._second = second
        self._learned = lexicon.named("learned")

    def check(self, text: str, *, level: str = "MEDIUM", foreign: bool = False) -> Verdict:
        """Judge *text* at *level*; *foreign* text was written by no user."""
        return self.look_again(self.first_look(text, level=level, foreign=foreign))

    def first_look(self, text: str, *, level: str = "MEDIUM", foreign: bool = False) -> Verdict:
        """Judge *text* without a second look, and tell whether it is worth one."""
        readings = self.readings(text)
        gains = [self.model.gains(it.view.text, it.hits) for it in readings]
        look = self._looked(readings, gains)
        if look.chance >= DOUBTFUL and (told := quoted(text, readings)) is not readings:
            look = self._looked(told, gains)
        found, chance = look.found, look.chance
        threshold = self.lexicon.thresholds[level] * (FOREIGN_FACTOR if foreign else 1)
        rules = {span.rule.id: span.rule for span in found.spans.values()}
        doubtful = self._second is not None and DOUBTFUL <= chance < SURE
        return Verdict(
            refused=chance >= threshold,
            score=chance,
            threshold=threshold,
            rules=sorted(rules.values(), key=lambda rule: (-found.weights[rule.id], rule.id)),
            spans=[found.spans[key] for key in sorted(found.spans)],
            doubt=Doubt(passage=look.passage, span=look.span) if doubtful and look.span else None,
        )

    def look_again(self, verdict: Verdict) -> Verdict:
        """Take the second look that a first is worth; without the model that it takes, the first one holds."""
        if verdict.doubt is None or self._second is None:
            return verdict
        try:
            chance = self._second.chance(verdict.score, verdict.doubt.passage)
        except EmbedderUnavailableError:
            return replace(verdict, doubt=None)
        settled = replace(verdict, refused=chance >= verdict.threshold, score=chance, doubt=None)
        if settled.refused and not settled.rules:
            return replace(settled, rules=[self._learned], spans=[verdict.doubt.span])
        return settled

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

    def _looked(self, readings: Sequence[Reading], gains: Sequence[NDArray[np.float64]]) -> Look:
        """Look at all *readings* of a text."""
        found = self.ruled(readings)
        scored = [self.model.score(it.view.text, gain, it.quotes) for it, gain in zip(readings, gains, strict=True)]
        best = max(range(len(scored)), key=lambda index: scored[index].score)
        window, view = scored[best], readings[best].view
        chance = self.model.joined(window.score, found.chance)
        span = None
        if window.end:
            begin, stop = view.original(*window.told)
            span = Span(start=begin, end=stop, rule=self._learned)
            if not found.spans and window.score >= LEARNED_LEAST:
                found.add(span, chance)
        return Look(found=found, chance=chance, passage=passage(view.text, window.start, window.end), span=span)


def quoted(text: str, readings: Sequence[Reading]) -> Sequence[Reading]:
    """Return *readings* of *text* with what it only quotes."""
    quotes = told_about(text)
    if not quotes:
        return readings
    return [replace(it, quotes=[one for quote in quotes for one in quote.viewed(it.view)]) for it in readings]
