"""The words of the rules are found in a text as they are spelled there."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Final

import pytest

from luna.modules.assistantia.lexicon import ANY, LETTERS_MAX, RULES_FILE, Lexicon, Phrases, load, spelled
from luna.modules.assistantia.matching import concepts
from luna.modules.assistantia.normalise import plain

_ESCAPED: Final = re.compile(r"\\.")
LEXICON = load()
PHRASES = Phrases(
    [
        (("ander*",), "change"),
        (("i", "want"), "wish"),
        (("andere", "regeln"), "rules"),
        (("an*", "reg*"), "near"),
        (("andere",), "other"),
        (("x*",), "letter"),
    ]
)


@pytest.mark.parametrize(
    ("word", "alone", "longer"),
    [
        ("andere", ["change", "other"], ["rules", "near"]),
        ("aendere", ["change", "other"], ["rules", "near"]),
        ("anderes", ["change"], ["near"]),
        ("ander", ["change"], ["near"]),
        ("ande", [], ["near"]),
        ("a", [], []),
        ("i", [], ["wish"]),
        ("x", ["letter"], []),
        ("xe", ["letter"], []),
        ("und", [], []),
        ("", [], []),
    ],
)
def test_a_word_begins_what_it_is_or_what_goes_on_as_it_does(
    word: str, alone: Sequence[str], longer: Sequence[str]
) -> None:
    """
    In the order of the rules, and without the dots of German.
    """
    begun = PHRASES.beginning[word]

    assert list(begun.concepts) == alone
    assert [it.concept for it in begun.longer] == longer


def test_the_next_word_tells_which_phrases_go_on() -> None:
    """
    What must follow it stays to be looked for.
    """
    assert PHRASES.going_on["aendere", "regeln"] == (((), "rules"), ((), "near"))
    assert PHRASES.going_on["aendere", "register"] == (((), "near"),)
    assert PHRASES.going_on["aendere", "dinge"] == ()


def test_a_word_without_end_is_read_and_not_remembered() -> None:
    """
    Whoever sends it can neither break the guard nor fill its memory.
    """
    word = "o" + "e" * 100_000
    hits = concepts(f"andere {word} ignore{word} previous", LEXICON)

    assert "override" in hits
    remembered = [*LEXICON.phrases.beginning, *("".join(two) for two in LEXICON.phrases.going_on)]
    assert max(map(len, remembered)) <= LETTERS_MAX


def test_words_of_the_rules_may_be_written_as_people_write() -> None:
    """
    They are read as texts are.
    """
    assert spelled("Mode débridé") == ("mode", "debride")
    assert spelled("N'OBÉIS* z.B. mots-clés") == ("n", "obeis*", "z", ".", "b", ".", "mots", "cles")
    assert spelled("Maßnahm*") == spelled("maßnahm*") == (plain("Maßnahm").text + "*",)


def test_every_phrase_of_the_rules_is_found_where_it_stands() -> None:
    """
    None has letters that texts lose before they are compared with it.
    """
    assert [phrase for phrase in _phrases() if not _is_found(phrase)] == []


def test_a_phrase_with_other_letters_than_texts_have_is_not_found() -> None:
    """
    Words are not made plain where they are compared.
    """
    assert not concepts("mode debride", _of(("mode", "debridé")))


def test_every_pattern_of_the_rules_is_for_texts_as_they_are_read() -> None:
    """
    It asks for no capital and no accent.
    """
    asked = [_ESCAPED.sub("", rule.pattern.pattern) for rule in LEXICON.rules if rule.pattern]

    assert asked == [plain(letters).text for letters in asked]


def test_no_phrase_stands_twice_in_a_language_of_a_concept() -> None:
    """
    It would count twice.
    """
    written = [[*map(spelled, phrases)] for languages in _concepts().values() for phrases in languages.values()]

    assert [phrases for phrases in written if len(phrases) > len(set(phrases))] == []


def test_no_word_of_the_rules_has_more_letters_than_are_looked_at() -> None:
    """
    It would never be found.
    """
    assert max(len(word) for phrase in _phrases() for word in phrase.split()) < LETTERS_MAX


def _concepts() -> Mapping[str, Mapping[str, Sequence[str]]]:
    read: Mapping[str, Mapping[str, Sequence[str]]] = tomllib.loads(RULES_FILE.read_text(encoding="utf-8"))["concepts"]
    return read


def _phrases() -> Sequence[str]:
    return [phrase for languages in _concepts().values() for written in languages.values() for phrase in written]


def _is_found(phrase: str) -> bool:
    """Tell whether *phrase*, and no other, is found in a text that says it."""
    return "it" in concepts(plain(phrase.replace(ANY, "")).text, _of(spelled(phrase)))


def _of(words: Sequence[str]) -> Lexicon:
    return Lexicon(version="", rules=(), phrases=Phrases([(words, "it")]), thresholds={})
