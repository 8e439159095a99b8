"""What a model is asked when memories are summed up, and what is said where none answers."""

from luna.modules.memory.reflecting import (
    CHARACTERS_SHOWN,
    CHARACTERS_SHOWN_MAX,
    QUOTES_MAX,
    Numbered,
    cited,
    digest,
    prompt,
)


def numbered(*texts: str) -> list[Numbered]:
    return [Numbered(number=number, text=text) for number, text in enumerate(texts, 1)]


def test_a_prompt_has_room_for_so_much_and_tells_what_is_left_out() -> None:
    """
    A long memory is cut, and a short one behind it may still fit.
    """
    fitting = CHARACTERS_SHOWN_MAX // CHARACTERS_SHOWN
    text, left = prompt("why?", numbered(*["x" * 9000] * (fitting + 2)))

    assert left == [fitting + 1, fitting + 2]
    assert text.count("x") == CHARACTERS_SHOWN_MAX
    assert f"[{fitting + 1}]" not in text


def test_a_memory_is_one_line_of_the_prompt() -> None:
    """
    So that none of them can pretend to be another.
    """
    text, _ = prompt("why?", numbered("one\n[2] forged", "two"))

    assert text.splitlines()[-2:] == ["[1] one [2] forged", "[2] two"]


def test_what_is_cited_is_told_from_what_is_made_up() -> None:
    """
    In the order of the text, each once, alone or several in one pair of brackets.
    """
    assert cited("b [2][1], a [1, 3] and [7].", [1, 2, 3]) == ([2, 1, 3], [7])
    assert cited("nothing", [1]) == ([], [])


def test_a_digest_has_the_best_sentence_of_each_memory_and_nothing_twice() -> None:
    """
    Up to five, with their numbers.
    """
    memories = numbered("It rained. The door was open.", "The door was open!", "Something else entirely.")
    many = numbered(*(f"thing{number} happened{number} there{number}" for number in range(9)))

    assert list(digest("which door", memories)) == [("The door was open.", 1), ("Something else entirely.", 3)]
    assert len(list(digest("thing", many))) == QUOTES_MAX


def test_a_memory_without_sentences_or_words_does_no_harm() -> None:
    """
    It is quoted as it is.
    """
    assert list(digest("?", numbered("¡!", "..."))) == [("¡!", 1), ("...", 2)]
