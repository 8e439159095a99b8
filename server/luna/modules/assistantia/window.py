"""Cuts what a language model is told so that it fits into the window of the model. Pure."""

import math
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

CONTEXT_TOKENS_DEFAULT: Final = 4096
"""The window of a model that does not say."""
ANSWER_TOKENS: Final = 1024
"""The room that is kept for an answer without a limit of its own."""
ANSWER_SHARE_MAX: Final = 0.5
"""The largest share of the window that is kept for the answer."""
PASSAGES_SHARE: Final = 0.5
"""The largest share of what is left beside the message that passages take where there is more to tell."""
BYTES_PER_TOKEN: Final = 3
"""Fewer than tokens have, so that what is taken to fit does."""
MESSAGE_TOKENS: Final = 6
"""What a message takes beside its text."""

T = TypeVar("T")


def tokens(text: str) -> int:
    """Return how many tokens *text* has, at most."""
    return math.ceil(len(text.encode()) / BYTES_PER_TOKEN) + MESSAGE_TOKENS


def room(context_tokens: int, answer_tokens: int) -> int:
    """Return how many tokens the prompt may have; 0 for what is not known."""
    window = context_tokens or CONTEXT_TOKENS_DEFAULT
    return window - min(answer_tokens or ANSWER_TOKENS, int(window * ANSWER_SHARE_MAX))


def first_fitting(items: Sequence[T], sizes: Sequence[int], most: int) -> Sequence[T]:
    """Return the first of *items*, as many as have *most* together."""
    return list(_while_fitting(items, sizes, most))


def _while_fitting(items: Sequence[T], sizes: Sequence[int], left: int) -> Iterator[T]:
    for item, size in zip(items, sizes, strict=True):
        left -= size
        if left < 0:
            return
        yield item
