"""The dependencies of memory, each behind its breaker: what embeds, and each way of looking into the index."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar

from luna.kernel.clock import Clock
from luna.kernel.embedding import EmbedderUnavailableError, Vectors
from luna.kernel.memory_errors import IndexUnavailableError
from luna.kernel.memory_index import MemoryReader
from luna.kernel.memory_rows import Found, Key, Row, Where
from luna.manifest import MakeBreaker
from luna.modules.memory.embedding import LateEmbedder
from luna.modules.memory.errors import EmbedderRestingError, IndexDownError
from luna.resilience.circuit import CircuitKey, CircuitOpenError, CircuitPolicy, Side
from luna.resilience.engine import BreakerEngine
from luna.resilience.guard import guard

POLICY: Final = CircuitPolicy(consecutive_failures=3, open_seconds=5.0, open_seconds_max=60.0)
PRIORITY: Final = 3
"""As that of the rpcs that depend on them."""

T = TypeVar("T")


class Guards:
    """Calls what memory depends on."""

    def __init__(self, model: LateEmbedder, clock: Clock, process: str, breaker: MakeBreaker) -> None:
        def around(peer: str, method: str) -> BreakerEngine:
            key = CircuitKey(process=process, side=Side.CLIENT, peer=peer, method=f"memory/{method}", priority=PRIORITY)
            return breaker(key, POLICY)

        self._model = model
        self._clock = clock
        self._embedding = around("embedder", "embed")
        self._indexed = around("index", "indexed")
        self._flat = around("index", "flat")
        self._words = around("index", "words")
        self._ids = around("index", "ids")
        self.embedding_fails = True
        """Whether the last texts could not be embedded. It is not known before the first."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of *texts*.

        Raises:
            EmbedderRestingError: they cannot be made now.

        """
        try:
            async with guard(self._embedding, self._clock):
                vectors = await (await self._model.opened()).embed(texts)
        except (EmbedderUnavailableError, CircuitOpenError) as error:
            self.embedding_fails = True
            raise EmbedderRestingError(str(error)) from error
        self.embedding_fails = False
        return vectors

    async def nearest(self, reader: MemoryReader, vector: Vectors, where: Where, limit: int) -> Found:
        """Find memories by meaning: by the vector index or, if that fails, by comparing with all.

        Raises:
            IndexDownError: neither works.

        """
        try:
            return await self._ask(self._indexed, lambda: reader.nearest(vector, where, limit))
        except IndexDownError:
            return await self._ask(self._flat, lambda: reader.nearest(vector, where, limit, exact=True))

    async def matching(self, reader: MemoryReader, text: str, where: Where, limit: int) -> Found:
        """Find memories by words.

        Raises:
            IndexDownError: it cannot be looked for them.

        """
        return await self._ask(self._words, lambda: reader.matching(text, where, limit))

    async def known(self, reader: MemoryReader, keys: Sequence[Key]) -> Mapping[Key, Row]:
        """Find memories by their ids.

        Raises:
            IndexDownError: it cannot be looked for them.

        """
        return await self._ask(self._ids, lambda: reader.get(keys))

    async def _ask(self, breaker: BreakerEngine, call: Callable[[], Awaitable[T]]) -> T:
        try:
            async with guard(breaker, self._clock, _is_failure):
                return await call()
        except (IndexUnavailableError, CircuitOpenError) as error:
            raise IndexDownError(str(error)) from error


def _is_failure(error: Exception) -> bool:
    return isinstance(error, IndexUnavailableError)
