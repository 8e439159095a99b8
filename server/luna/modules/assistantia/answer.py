"""Composes answers without a language model, and says so. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from luna.modules.assistantia.domain import Passage, cited, numbers, quotes
from luna.modules.assistantia.draft import Part

LABEL: Final = "No language model wrote this; it quotes what the node has on record:"
NOTHING: Final = "The node remembers nothing that answers this. No language model wrote this."


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What there is to answer from."""

    passages: Sequence[Passage] = ()
    notes: Sequence[str] = ()
    """Why it is less than it could be."""
    refused: str = ""
    """Why there can be no answer at all."""
    explains: bool = False
    """Whether the passages are the explanation itself, in order."""
    seconds: float = 0.0
    """How long it was looked for."""


def compose(question: str, found: Found) -> Iterator[Part]:
    """Yield the answer to *question*, part by part."""
    if found.refused:
        yield Part(text=f"There is no answer: {found.refused}.")
    elif found.explains:
        yield from _explained(found.passages)
    else:
        yield from _quoted(question, found.passages)


def _explained(passages: Sequence[Passage]) -> Iterator[Part]:
    yield Part(text=LABEL)
    for place, passage in enumerate(passages):
        yield Part(text=f"\n\n- {passage.text} [1]", citation=None if place else passage, number=1)


def _quoted(question: str, passages: Sequence[Passage]) -> Iterator[Part]:
    chosen = quotes(question, passages)
    if not chosen:
        yield Part(text=NOTHING)
        return
    yield Part(text=LABEL)
    named: set[int] = set()
    sources = cited(chosen)
    for quote, number in zip(chosen, numbers(chosen), strict=True):
        source = None if number in named else sources[number - 1]
        named.add(number)
        yield Part(text=f"\n\n- {quote.text} [{number}]", citation=source, number=number)
