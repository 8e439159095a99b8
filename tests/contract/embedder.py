"""What every embedder promises."""

import asyncio
from typing import Final

import numpy as np
import pytest

from luna.kernel.embedding import Embedder, EmbedderUnavailableError

TEXTS: Final = [
    "The user drinks green tea in the morning.",
    "Disk /dev/sda is 94 % full.",
    "Réduis la charge à 10 h 42, s’il te plaît.",
    "今日は雨が降っています。",
    "🙂",
    "a",
    "",
    "  ",
    "The breaker of the event log opened after five failures, and closed again when a probe had succeeded.",
]
LONG: Final = "the harbour of the old town is full of boats " * 20_000
"""900 kB."""


class EmbedderContract:
    """The promises of `luna.kernel.embedding.Embedder`, as tests."""

    tolerance = 1e-3
    """How much a number of a vector may depend on what else is embedded."""

    async def test_every_text_has_one_unit_vector(self, embedder: Embedder) -> None:
        """
        Whatever the language, and even if there is nothing in it.
        """
        vectors = await embedder.embed(TEXTS)

        assert vectors.shape == (len(TEXTS), embedder.dimension)
        assert vectors.dtype == np.float32
        assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5

    async def test_a_vector_does_not_depend_on_its_company(self, embedder: Embedder) -> None:
        """
        Each text gets in a batch, in its place, what it gets alone.
        """
        texts = [f"{text} {number}" for number in range(6) for text in TEXTS]
        batch = await embedder.embed(texts)
        alone = np.concatenate([await embedder.embed([text]) for text in reversed(texts)])[::-1]

        assert np.abs(batch - alone).max() <= self.tolerance

    async def test_no_text_has_no_vector(self, embedder: Embedder) -> None:
        """
        An empty list is no mistake.
        """
        await embedder.embed(["something"])
        vectors = await embedder.embed([])

        assert vectors.shape == (0, embedder.dimension)
        assert vectors.dtype == np.float32

    async def test_a_long_text_is_cut(self, embedder: Embedder) -> None:
        """
        It is no failure, and near to what it begins with.
        """
        long, beginning, other = await embedder.embed([LONG, LONG[:4500], "an invoice for two chairs"])

        assert long @ beginning > 0.9
        assert long @ other < 0.5

    async def test_calls_at_the_same_time_get_their_own(self, embedder: Embedder) -> None:
        """
        Nobody's vectors are mixed up.
        """
        calls = [[f"{text} of call {call}" for text in TEXTS] for call in range(8)]
        together = await asyncio.gather(*(embedder.embed(texts) for texts in calls))
        for texts, vectors in zip(calls, together, strict=True):
            assert np.abs(await embedder.embed(texts) - vectors).max() <= self.tolerance

    async def test_the_loop_goes_on_meanwhile(self, embedder: Embedder) -> None:
        """
        Others get a turn more often than there are texts.
        """
        texts = [f"{text} and more {number}" for number in range(4) for text in TEXTS]
        embedding = asyncio.create_task(embedder.embed(texts))
        turns = 0
        while not embedding.done():
            await asyncio.sleep(0)
            turns += 1

        assert len(await embedding) == len(texts)
        assert turns > len(texts)

    async def test_one_who_gives_up_harms_nobody(self, embedder: Embedder) -> None:
        """
        The others get their vectors, also of the same text.
        """
        text = "somebody has no patience"
        impatient = asyncio.create_task(embedder.embed([text]))
        patient = asyncio.create_task(embedder.embed([text]))
        await asyncio.sleep(0)
        impatient.cancel()
        vectors = await patient

        assert impatient.cancelled()
        assert np.abs(vectors - await embedder.embed([text])).max() <= self.tolerance

    async def test_the_model_has_a_name(self, embedder: Embedder) -> None:
        """
        It stays the same, whatever is embedded.
        """
        before = embedder.model_id
        await embedder.embed(["something"])

        assert before
        assert embedder.model_id == before

    async def test_a_closed_one_says_so(self, embedder: Embedder) -> None:
        """
        It does not wait for ever.
        """
        await embedder.embed(["something"])
        await embedder.aclose()
        with pytest.raises(EmbedderUnavailableError, match="closed"):
            await embedder.embed(["something else"])
