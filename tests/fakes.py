"""Stand-ins that behave, not mocks that record."""

import asyncio
import heapq
import re
from collections.abc import Coroutine, Sequence
from hashlib import blake2b
from itertools import count
from typing import Any

import numpy as np

from luna.kernel.embedding import EmbedderUnavailableError, Vectors


class FakeClock:
    """A clock that moves only when told to."""

    def __init__(self, *, wall_ns: int = 1_700_000_000_000_000_000) -> None:
        self._wall_ns = wall_ns
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def wall_ns(self) -> int:
        return self._wall_ns + round(self._elapsed * 1e9)

    def monotonic(self) -> float:
        return 1000.0 + self._elapsed

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        # Counted from the call, not from when the loop first runs it: time may pass in between.
        if seconds <= 0:
            return asyncio.sleep(0)
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), woken))
        return _until(woken)

    def advance(self, seconds: float) -> None:
        """Let time pass; whoever slept long enough wakes up when the loop runs next."""
        self._elapsed += seconds
        while self._sleepers and self._sleepers[0][0] <= self._elapsed:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)


async def _until(woken: asyncio.Future[None]) -> None:
    await woken


class HashEmbedder:
    """Counts words in places that their hashes choose: texts that share words are near each other."""

    def __init__(self, *, dimension: int = 384, model_id: str = "hash") -> None:
        self.model_id = f"{model_id}-{dimension}"
        self.dimension = dimension
        self.embedded: list[str] = []
        """Every text that was embedded, in order."""
        self.failure: EmbedderUnavailableError | None = None
        """What to fail with, until it is taken away again."""
        self._closed = False

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if self._closed:
            raise EmbedderUnavailableError("the embedder is closed")
        if self.failure:
            raise self.failure
        self.embedded += texts
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            await asyncio.sleep(0)
            for word in re.findall(r"\w+", text.lower()) or [""]:
                digest = int.from_bytes(blake2b(word.encode(), digest_size=8).digest())
                vectors[row, digest % self.dimension] += 1.0
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    async def aclose(self) -> None:
        self._closed = True
