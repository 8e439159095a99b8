"""Judges a text: how likely it is an attack on a model, and why."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from luna.modules.assistantia.decoding import views
from luna.modules.assistantia.lexicon import Lexicon, Rule
from luna.modules.assistantia.matching import matches

HIDDEN_FACTOR: Final = 1.2
"""How much more a match counts that had to be decoded: whoever hides it means it."""
QUOTED_FACTOR: Final = 0.4
"""How much less a match counts that is quoted in a text about attacks."""
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
    """Judges texts by the rules of a lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon

    def check(self, text: str, *, level: str = "MEDIUM", foreign: bool = False) -> Verdict:
        """Judge *text* at *level*; *foreign* text was written by no user."""
        weights: dict[str, float] = {}
        spans: dict[tuple[int, int, str], Span] = {}
        for span, weight in self._weighed(text):
            weights[span.rule.id] = max(weights.get(span.rule.id, 0.0), weight)
            spans[span.start, span.end, span.rule.id] = span
        score = _joined(weights.values())
        threshold = self.lexicon.thresholds[level] * (FOREIGN_FACTOR if foreign else 1)
        rules = {span.rule.id: span.rule for span in spans.values()}
        return Verdict(
            refused=score >= threshold,
            score=score,
            threshold=threshold,
            rules=sorted(rules.values(), key=lambda rule: (-weights[rule.id], rule.id)),
            spans=[spans[key] for key in sorted(spans)],
        )

    def _weighed(self, text: str) -> Iterator[tuple[Span, float]]:
        quoted: list[tuple[int, int]] | None = None
        for view in views(text):
            for match in matches(view, self.lexicon):
                start, end = view.original(match.start, match.end)
                if quoted is None:
                    quoted = [found.span() for found in _QUOTED.finditer(text)] if _ABOUT.search(text) else []
                weight = match.rule.weight * (HIDDEN_FACTOR if view.hidden else 1)
                if any(opened <= start and end <= closed for opened, closed in quoted):
                    weight *= QUOTED_FACTOR
                yield Span(start=start, end=end, rule=match.rule), min(weight, WEIGHT_MAX)


def _joined(weights: Iterable[float]) -> float:
    remaining = 1.0
    for weight in weights:
        remaining *= 1 - weight
    return 1 - remaining
