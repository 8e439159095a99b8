"""The rules of the guard: words that stand for concepts, and what concepts near each other mean."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

RULES_FILE: Final = Path(__file__).with_name("rules.toml")
TOKEN: Final = re.compile(r"[^\W_]+|[.!?;\n]")
KNOWN_MAX: Final = 50_000
"""How many words are remembered with what they may begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What it means when concepts stand near each other, or a pattern is found."""

    id: str
    category: str
    weight: float
    description: str
    needs: Sequence[str] = ()
    within: int = 0
    unless: frozenset[str] = frozenset()
    """The concepts that make it mean something harmless."""
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """All rules, and the words they are made of."""

    version: str
    rules: Sequence[Rule]
    phrases: Mapping[str, Sequence[tuple[tuple[str, ...], str]]]
    """By the first letters of the first word: the words, each maybe ending in ``*``, and their concept."""
    thresholds: Mapping[str, float]
    _known: dict[str, Sequence[tuple[tuple[str, ...], str]]] = field(default_factory=dict)

    def beginning_with(self, word: str) -> Sequence[tuple[tuple[str, ...], str]]:
        """Return the phrases that *word* may begin."""
        found = self._known.get(word)
        if found is None:
            found = [one for one in self.phrases.get(word[:2], ()) if fits(word, one[0][0])]
            if len(self._known) < KNOWN_MAX:
                self._known[word] = found
        return found

    def named(self, id: str) -> Rule:
        """Return the rule of that *id*."""
        return next(rule for rule in self.rules if rule.id == id)

    @cached_property
    def words(self) -> Mapping[str, Sequence[str]]:
        """By their first two letters, the longest first: whole words to cut text without spaces by."""
        known = {word.rstrip("*") for phrases in self.phrases.values() for phrase, _ in phrases for word in phrase}
        found: dict[str, list[str]] = {}
        for word in sorted((word for word in known if len(word) > 1), key=len, reverse=True):
            found.setdefault(word[:2], []).append(word)
        return found


def fits(word: str, wanted: str) -> bool:
    """Tell whether *word* is *wanted*, or begins like it where that ends in ``*``."""
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted


def load(path: Path = RULES_FILE) -> Lexicon:
    """Read the rules.

    Raises:
        ValueError: a rule names a concept that has no words.

    """
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    concepts: Mapping[str, Mapping[str, Sequence[str]]] = read["concepts"]
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for concept, languages in concepts.items():
        for phrase in (phrase for spelled in languages.values() for phrase in spelled):
            words = tuple(phrase.split())
            phrases.setdefault(words[0][:2], []).append((words, concept))
    rules = [_rule(id, said) for id, said in sorted(read["rules"].items())]
    unknown = {name for rule in rules for name in (*rule.needs, *rule.unless)} - concepts.keys()
    if unknown:
        raise ValueError(f"rules name concepts without words: {sorted(unknown)}")
    return Lexicon(version=read["version"], rules=rules, phrases=phrases, thresholds=read["thresholds"])


def _rule(id: str, said: Mapping[str, Any]) -> Rule:
    return Rule(
        id=id,
        category=said["category"],
        weight=said["weight"],
        description=said["description"],
        needs=tuple(said.get("needs", ())),
        within=said.get("within", 10),
        unless=frozenset(said.get("unless", ())),
        pattern=re.compile(said["pattern"], re.MULTILINE) if "pattern" in said else None,
    )
