"""Texts turned into vectors that are near each other when the texts mean the same."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]
"""One row a text, each of unit length: the scalar product of two is their cosine."""


class EmbedderUnavailableError(Exception):
    """The texts could not be embedded: the dependency failed, not the request. Trying again later may help."""


class EmbedderModelError(EmbedderUnavailableError):
    """The model is damaged, absent, or not the one that was expected. Trying again does not help."""


class TextVectors(Protocol):
    """Embeds texts with one model, in the thread of whoever asks. Several may ask at once."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector for each of *texts*, in their order.

        Raises:
            EmbedderModelError: the model cannot be loaded.

        """
        ...


class Embedder(Protocol):
    """Embeds texts with one model."""

    @property
    def model_id(self) -> str:
        """The model. Vectors of different ids must not be compared."""
        ...

    @property
    def dimension(self) -> int:
        """How many numbers a vector has. 0 if only the model knows and no text was embedded yet."""
        ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector for each of *texts*, in their order.

        What a text has beyond the model's limit is not looked at. An empty text has a vector as well.

        Raises:
            EmbedderUnavailableError: the texts could not be embedded.

        """
        ...

    async def aclose(self) -> None:
        """Let go of what the model holds. Embedding afterwards fails."""
        ...
