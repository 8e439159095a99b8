"""What answers are generated with."""

from collections.abc import Sequence
from dataclasses import dataclass

from luna.kernel.language_model import ModelServer


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTools:
    """The servers of language models, and which of their models answer chats."""

    servers: Sequence[ModelServer] = ()
    ladder: Sequence[str] = ()
    """Names such as ``ollama/mistral:7b``, the first asked first; none: all there are, the largest first."""
    tokens_daily: int = 0
    """How many tokens each caller may use a day in chats; 0: as many as they want."""
