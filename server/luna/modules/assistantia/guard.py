"""Judges a text: how likely it is an attack on a model, and why."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from luna.modules.assistantia.decoding import views
from luna.modules.assistantia.learned import Model
from luna.modules.assistantia.lexicon import Lexicon, Rule
from luna.modules.assistantia.matching import Hits, concepts, matches
from luna.modules.assistantia.normalise import View

HIDDEN_FACTOR: Final = 1.2
"""How much more a match counts that had to be decoded: whoever hides it means it."""
QUOTED_FACTOR: Final = 0.4
"""How much less a match counts that is quoted right after words about attacks."""
ABOUT_LETTERS: Final = 80
"""How far before a quote words about attacks are looked for, in the same line."""
LEARNED_LEAST: Final = 0.0
"""From which score on what was learned is named as a reason where no rule is."""
FOREIGN_FACTOR: Final = 0.8
"""How much lower the threshold is for what no user wrote."""
WEIGHT_MAX: Final = 0.98

_QUOTED: Final = re.compile(
    r"\"[^\"\n]{4,400}\"|“[^”\n]{4,400}”|«[^»\n]{4,400}»|„[^“\n]{4,400}“|`[^`]{4,2000}`|'[^'\n]{8,400}'"
)
_ABOUT: Final = re.compile(
    r"\b(?:injections?|attacks?|attaques?|ataques?|angriffe?|detect\w*|d[ée]tect\w*|erkenn\w*|filtr\w*|filters?|"
    r"class(?:ify|ifier|er)|unit tests?|regex|blog|article|example|exemple|ejemplo|beispiel|owasp|red[ -]team\w*|"
    r"protect\w*|prot[ée]g\w*|sch[üu]tz\w*)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A range of the original text, and the rule that it fulfils."""

    start: int
    end: int
    rule: Rule


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
        quotes = _told_about(text)
        weights: dict[str, float] = {}
        spans: dict[tuple[int, int, str], Span] = {}
        learned, place = -math.inf, (0, 0)
        for view in views(text):
            hits = concepts(view.text, self.lexicon)
            for span, weight in self._weighed(quotes, view, hits):
                weights[span.rule.id] = max(weights.get(span.rule.id, 0.0), weight)
                spans[span.start, span.end, span.rule.id] = span
            score, start, end = self.model.score(view.text, hits)
            if score > learned:
                learned, place = score, view.original(start, end) if end else (0, 0)
        chance = self.model.joined(learned, _joined(weights.values()))
        if not spans and place[1] and learned >= LEARNED_LEAST:
            weights[self._learned.id] = chance
            spans[(*place, self._learned.id)] = Span(start=place[0], end=place[1], rule=self._learned)
        threshold = self.lexicon.thresholds[level] * (FOREIGN_FACTOR if foreign else 1)
        rules = {span.rule.id: span.rule for span in spans.values()}
        return Verdict(
            refused=chance >= threshold,
            score=chance,
            threshold=threshold,
            rules=sorted(rules.values(), key=lambda rule: (-weights[rule.id], rule.id)),
            spans=[spans[key] for key in sorted(spans)],
        )

    def ruled(self, text: str) -> float:
        """Return what the rules alone think of *text*."""
        quotes = _told_about(text)
        weights: dict[str, float] = {}
        for view in views(text):
            for span, weight in self._weighed(quotes, view, concepts(view.text, self.lexicon)):
                weights[span.rule.id] = max(weights.get(span.rule.id, 0.0), weight)
        return _joined(weights.values())

    def _weighed(self, quotes: Sequence[tuple[int, int]], view: View, hits: Hits) -> Iterator[tuple[Span, float]]:
        for match in matches(view, hits, self.lexicon):
            start, end = view.original(match.start, match.end)
            weight = match.weight * (HIDDEN_FACTOR if view.hidden else 1)
            if any(opened <= start and end <= closed for opened, closed in quotes):
                weight *= QUOTED_FACTOR
            yield Span(start=start, end=end, rule=match.rule), min(weight, WEIGHT_MAX)


def _told_about(text: str) -> list[tuple[int, int]]:
    """Return the quotes that follow words about attacks."""
    if not _ABOUT.search(text):
        return []
    return [quote.span() for quote in _QUOTED.finditer(text) if _follows(text, quote.start())]


def _follows(text: str, start: int) -> bool:
    line = text.rfind("\n", 0, start) + 1
    return _ABOUT.search(text, max(line, start - ABOUT_LETTERS), start) is not None


def _joined(weights: Iterable[float]) -> float:
    remaining = 1.0
    for weight in weights:
        remaining *= 1 - weight
    return 1 - remaining
