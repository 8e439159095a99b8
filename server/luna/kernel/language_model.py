"""Language models, and the servers that hold them."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from luna.kernel.generation import Piece, Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model that a server holds. What is 0 or empty is not known."""

    name: str
    """What the server calls it."""
    size_bytes: int = 0
    parameters: int = 0
    context_tokens: int = 0
    """The longest prompt and answer together."""
    quantization: str = ""
    is_loaded: bool | None = None
    """Whether it is in memory; ``None``: the server does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullProgress:
    """How far a model is fetched."""

    status: str
    """What is being done, in words of the server."""
    done_bytes: int = 0
    total_bytes: int = 0
    """0: not known yet."""


class ModelServer(Protocol):
    """Holds language models, and generates with them."""

    @property
    def name(self) -> str:
        """What the node calls it: the first part of the names of its models."""
        ...

    async def models(self) -> Sequence[ModelInfo]:
        """Return what it holds.

        Raises:
            ModelServerError: it does not answer.

        """
        ...

    def generate(self, model: str, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """Yield what *model* says to *prompt* as it says it: words, calls of tools, and one `Finished` at the end.

        Closing the generator stops the model at once.

        Raises:
            ModelMissingError: it holds no such model.
            ModelServerError: it does not answer, or no longer.
            PromptRejectedError: the model cannot be asked this.

        """
        ...

    async def load(self, model: str) -> ModelInfo:
        """Bring *model* into memory, so that the next answer begins sooner.

        Raises:
            ModelMissingError: it holds no such model.
            ModelServerError: it does not answer, or has no room.

        """
        ...

    def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        """Fetch *model*, and yield how far that is. Closing the generator stops it; what was fetched may be kept.

        Raises:
            ModelServerError: it does not answer, or no longer.
            PullRejectedError: it cannot be fetched.

        """
        ...

    async def aclose(self) -> None:
        """Stop what is under way and let go of what it holds."""
        ...
