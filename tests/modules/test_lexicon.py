"""The words of the rules are found in a text as they are spelled there."""

import tomllib
from collections.abc import Sequence

import pytest

from luna.modules.assistantia.lexicon import LETTERS_MAX, RULES_FILE, Phrases, load
from luna.modules.assistantia.matching import concepts

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


def test_no_word_of_the_rules_has_more_letters_than_are_looked_at() -> None:
    """
    It would never be found.
    """
    concepts = tomllib.loads(RULES_FILE.read_text(encoding="utf-8"))["concepts"]
    phrases = [phrase for languages in concepts.values() for spelled in languages.values() for phrase in spelled]

    assert max(len(word) for phrase in phrases for word in phrase.split()) < LETTERS_MAX
