"""Text ends where it is to stop, however it is cut into tokens."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from luna.adapters.model_llama_text import SaidText


def told(said: list[bytes], stops: list[str]) -> str:
    text = SaidText(stops)
    heard = ""
    for part in said:
        heard += text.add(part)
        if text.has_stopped:
            break
    return heard + text.end()


@given(text=st.text("abé🙂"), stops=st.lists(st.text("abé", max_size=3), max_size=3), cuts=st.sets(st.integers(1, 40)))
def test_a_stop_is_found_wherever_tokens_end(text: str, stops: list[str], cuts: set[int]) -> None:
    """
    In the middle of a letter, too; and nothing after it is told.
    """
    content = text.encode()
    places = [0, *sorted(cut for cut in cuts if cut < len(content)), len(content)]
    parts = [content[start:end] for start, end in itertools.pairwise(places)]
    # Who stops as early as it can stops at the place whose stop is complete first.
    ends = [text.index(stop) + len(stop) for stop in stops if stop and stop in text]

    heard = told(parts, stops)
    assert text.startswith(heard)
    assert not any(stop in heard for stop in stops if stop)
    if not ends:
        assert heard == text
    else:
        assert len(heard) < min(ends)


def test_what_cannot_be_a_stop_is_told_at_once() -> None:
    """
    Only what may be the beginning of one waits.
    """
    text = SaidText(["###"])

    assert text.add(b"one #") == "one "
    assert text.add(b"two") == "#two"
    assert text.add(b" ##") == " "
    assert text.end() == "##"


def test_half_a_letter_waits_for_the_rest() -> None:
    """
    One that never comes is a question mark.
    """
    text = SaidText([])

    assert text.add("é".encode()[:1]) == ""
    assert text.add("é".encode()[1:]) == "é"
    assert text.add("🙂".encode()[:2]) == ""
    assert text.end() == "\ufffd"
