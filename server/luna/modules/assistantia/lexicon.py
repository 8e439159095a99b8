"""The rules of the guard: words that stand for concepts, and what concepts near each other mean."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from luna.modules.assistantia.normalise import plain

RULES_FILE: Final = Path(__file__).with_name("rules.toml")
TOKEN: Final = re.compile(r"[^\W_]+|[.!?;\n]")
_UMLAUT: Final = re.compile(r"([aou])e")
"""German without its dots: words of the rules have neither."""
_SPELLED: Final = re.compile(r"[^\W_]+\*?|[.!?;*]")
_Asked = TypeVar("_Asked", bound=Sequence[str])
_Found = TypeVar("_Found")
ANY: Final = "*"
"""What stands at the end of a word that may go on."""
LETTERS_MAX: Final = 64
"""How many letters of a word are looked at: more than any word of the rules has. Longer words are not remembered."""
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


class Phrase(NamedTuple):
    """Words that stand for a concept, and their place among all."""

    place: int
    words: Sequence[str]
    concept: str


class Begun(NamedTuple):
    """What a word means by itself, and the longer phrases that begin with it."""

    concepts: Sequence[str]
    longer: Sequence[Phrase]


_NOTHING: Final = Begun((), ())


class Known(dict[_Asked, _Found]):
    """What was found out about words; not more than so many are remembered."""

    def __init__(self, find: Callable[[_Asked], _Found]) -> None:
        self._find = find

    def __missing__(self, asked: _Asked) -> _Found:
        """Find it out."""
        found = self._find(asked)
        if len(self) < KNOWN_MAX and sum(map(len, asked)) <= LETTERS_MAX:
            self[asked] = found
        return found


class Phrases:
    """The words of concepts, by how they begin; what a word of a text begins is looked up once."""

    def __init__(self, phrases: Iterable[tuple[Sequence[str], str]]) -> None:
        self._whole: dict[str, list[Phrase]] = {}
        stems: dict[str, list[Phrase]] = {}
        for place, (words, concept) in enumerate(phrases):
            beginning = stems if words[0].endswith(ANY) else self._whole
            beginning.setdefault(words[0].removesuffix(ANY), []).append(Phrase(place, words, concept))
        self._least = min(map(len, stems), default=0)
        self._stems: dict[str, list[tuple[str, Sequence[Phrase]]]] = {}
        for stem, begun in stems.items():
            self._stems.setdefault(stem[: self._least], []).append((stem, begun))
        self.beginning: Mapping[str, Begun] = Known(self._begun)
        """What a word means, and what it may begin."""
        self.going_on: Mapping[tuple[str, str], Sequence[tuple[Sequence[str], str]]] = Known(self._going_on)
        """The words that must follow a word and the one after it, and what all of them mean."""

    def _begun(self, word: str) -> Begun:
        begun = self._beginning(word[:LETTERS_MAX])
        if not begun:
            return _NOTHING
        alone = tuple(it.concept for it in begun if len(it.words) == 1)
        return Begun(alone, tuple(it for it in begun if len(it.words) > 1))

    def _beginning(self, word: str) -> Sequence[Phrase]:
        begun = list(self._whole.get(word, ()))
        for stem, phrases in self._stems.get(word[: self._least], ()):
            if word.startswith(stem):
                begun += phrases
        if not begun and _UMLAUT.search(word):
            return self._beginning(_UMLAUT.sub(r"\1", word))
        return sorted(begun)

    def _going_on(self, two: tuple[str, str]) -> Sequence[tuple[Sequence[str], str]]:
        word, after = two
        return tuple((it.words[2:], it.concept) for it in self.beginning[word].longer if fits(after, it.words[1]))


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """All rules, and the words they are made of."""

    version: str
    rules: Sequence[Rule]
    phrases: Phrases
    thresholds: Mapping[str, float]

    def named(self, id: str) -> Rule:
        """Return the rule of that *id*."""
        return next(rule for rule in self.rules if rule.id == id)


def fits(word: str, wanted: str) -> bool:
    """Tell whether *word* is *wanted*, or begins like it where that ends in ``*``."""
    return word.startswith(wanted[:-1]) if wanted.endswith(ANY) else word == wanted


def spelled(phrase: str) -> Sequence[str]:
    """Return the words of a *phrase* in the letters in which texts are read."""
    return tuple(_SPELLED.findall(plain(phrase).text))


def load(path: Path = RULES_FILE) -> Lexicon:
    """Read the rules.

    Raises:
        ValueError: a rule names a concept that has no words.

    """
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    concepts: Mapping[str, Mapping[str, Sequence[str]]] = read["concepts"]
    phrases = Phrases(
        (spelled(phrase), concept)
        for concept, languages in concepts.items()
        for written in languages.values()
        for phrase in written
    )
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
