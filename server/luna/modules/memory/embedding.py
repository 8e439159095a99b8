"""Opens the embedder when it is first needed, and again if that failed."""

import asyncio
from contextlib import AsyncExitStack

from luna.kernel.embedding import Embedder
from luna.kernel.memory_tools import MemoryTools


class LateEmbedder:
    """The embedder of the node. `aclose` it."""

    def __init__(self, tools: MemoryTools) -> None:
        self._tools = tools
        self._opening = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._embedder: Embedder | None = None

    async def opened(self) -> Embedder:
        """Return the embedder.

        Raises:
            EmbedderUnavailableError: its model cannot be loaded.

        """
        async with self._opening:
            if self._embedder is None:
                self._embedder = await self._stack.enter_async_context(self._tools.embedder())
            return self._embedder

    async def aclose(self) -> None:
        """Let go of it."""
        await self._stack.aclose()
