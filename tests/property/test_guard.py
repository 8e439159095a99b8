"""Wherever a rule matches, it points into the text that was sent."""

from hypothesis import given, settings
from hypothesis import strategies as st

from luna.modules.assistantia.disguises import views
from luna.modules.assistantia.guard import PromptGuard
from luna.modules.assistantia.learned import load_model
from luna.modules.assistantia.lexicon import load
from luna.modules.assistantia.masking import find, mask

GUARD = PromptGuard(load(), load_model())
PIECES = st.sampled_from(
    [
        "ignore",
        "all previous",
        "instructions",
        "1gn0r3",
        "@rules",
        "\u200b",
        "ﬁ",
        "é",
        "İ",
        "%69%67%6e",
        "aWdub3JlIGFsbA==",
        " ",
        "4111",
        "\n",
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=20).map("".join))


@given(TEXTS)
@settings(deadline=None, max_examples=150)
def test_offsets_are_always_in_the_original(text: str) -> None:
    """
    In every way to read it, and in the verdict.
    """
    for view in views(text):
        assert len(view.text) == len(view.starts) == len(view.ends)
        assert all(0 <= start < end <= len(text) for start, end in zip(view.starts, view.ends, strict=True))
    assert all(0 <= span.start < span.end <= len(text) for span in GUARD.check(text).spans)


@given(TEXTS)
@settings(deadline=None, max_examples=150)
def test_masking_keeps_the_length(text: str) -> None:
    """
    And what is masked has no letter left.
    """
    found = find(text)
    masked = mask(text, found)

    assert len(masked) == len(text)
    assert all(not masked[it.start : it.end].replace("*", "").isalnum() for it in found)
