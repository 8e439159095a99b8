"""Keeps the index as the log says: what it lacks is read from there, whatever happened to it.

Rule 1: the index says which position of the log it has reached, and changes together with it. Whatever comes after is
applied in order, so nothing is missing and nothing is there twice, wherever the process was killed.
Rule 2: what was recorded just now need not be read again. But as soon as it is unknown what was recorded, all of it is.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from luna.kernel.embedding import Embedder
from luna.kernel.event_log import EventLog
from luna.kernel.memory_errors import IndexMismatchError
from luna.kernel.memory_index import MemoryIndex
from luna.kernel.memory_tools import MemoryTools
from luna.modules.memory.batches import Batches
from luna.modules.memory.embedding import LateEmbedder
from luna.modules.memory.errors import IndexDownError, IndexOtherError, ReindexingError
from luna.modules.memory.facts import WANTED, Fact
from luna.modules.memory.progress import Progress
from luna.modules.memory.sealing import Sealer

PAGE: Final = 32
"""How many facts are read at a time. One may have three megabytes."""
PATIENCE_SECONDS: Final = 6.0
"""How long a call waits for an index that is being opened."""
SAMPLE: Final = "how large is a vector"

_log = logging.getLogger(__name__)


class Projection:
    """The index, and how far it has come."""

    def __init__(self, events: EventLog, tools: MemoryTools, model: LateEmbedder, sealer: Sealer) -> None:
        self._events = events
        self._indexes = tools.indexes
        self._right = tools.right
        self._model = model
        self._batches = Batches(model, sealer)
        self._ready = asyncio.Event()
        self._wanted = asyncio.Event()
        self._index: MemoryIndex | None = None
        self._writing = asyncio.Lock()
        self._job: asyncio.Task[None] | None = None
        self.seen = 0
        """Everything of memory in the log up to here is in the index."""
        self.lost = True
        """Whether there may be facts in the log that nobody knows of here."""
        self.mismatch = ""
        """Why what is stored cannot be used, until it is made anew."""
        self.progress: Progress | None = None

    @property
    def index(self) -> MemoryIndex:
        """What to look into.

        Raises:
            IndexOtherError: it has to be made anew.
            IndexDownError: it is not open.

        """
        if self.mismatch:
            raise IndexOtherError(self.mismatch)
        if self._index is None:
            raise IndexDownError("it is not open yet")
        return self._index

    async def wanted(self) -> None:
        """Wait until there is something to find, or somebody asks: what nobody uses is not loaded."""
        if not (await self._events.read(WANTED, limit=1)).events:
            await self._wanted.wait()

    async def ready(self) -> MemoryIndex:
        """Wait a while for the index to be open, and return it.

        Raises:
            IndexOtherError: it has to be made anew.
            IndexDownError: it is not open.

        """
        self._wanted.set()
        if self._index is None and not self.mismatch:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._ready.wait()
        return self.index

    @property
    def reindexing(self) -> bool:
        """Whether the index is being made anew."""
        return self._job is not None and not self._job.done()

    @property
    def settled(self) -> bool:
        """Whether the index is open, and of this model."""
        return self._index is not None and not self.reindexing and not self.mismatch

    async def catch_up(self) -> None:
        """Apply what the log has that the index has not."""
        async with self._writing:
            await self._read_on()

    async def apply(self, recorded: Sequence[Fact]) -> None:
        """Apply what was recorded just now, in the order of the log."""
        async with self._writing:
            if self.lost:
                await self._read_on()
                return
            # The rest was read from the log meanwhile.
            async for batch in self._batches.of(self.index, [fact for fact in recorded if fact.position > self.seen]):
                await self.index.apply(batch)
                self.seen = batch.position

    async def tend(self) -> None:
        """Do what upkeep is due."""
        if self._index is not None and self.settled:
            await self._index.tend()

    def reindex(self) -> Progress:
        """Begin to make the index anew, and return what tells how far that is.

        Raises:
            ReindexingError: that is under way.

        """
        if self.reindexing:
            raise ReindexingError
        self._wanted.set()
        self.progress = progress = Progress()
        self._job = asyncio.create_task(self._make_anew(progress))
        return progress

    async def aclose(self) -> None:
        """Let go of the index."""
        if self._job is not None:
            self._job.cancel()
            await asyncio.gather(self._job, return_exceptions=True)
        if self._index is not None:
            await self._index.aclose()
        if self._right is not None:
            self._right.release()

    async def _open(self) -> None:
        self._take_right()
        model = await self._model.opened()
        try:
            self._index = await self._indexes.open(model.model_id, await self._dimension(model))
        except IndexMismatchError as error:
            self.mismatch = str(error)
            self._ready.set()
            raise IndexOtherError(self.mismatch) from error
        self.seen = self._index.position
        self._ready.set()

    def _take_right(self) -> None:
        if self._right is not None and not self._right.acquire():
            raise IndexDownError("the process before this one has not let go of it")

    async def _make_anew(self, progress: Progress) -> None:
        try:
            async with self._writing:
                self._take_right()
                progress.head = await self._events.head()
                before, self._index = self._index, None
                if before is not None:
                    await before.aclose()
                model = await self._model.opened()
                self._index = await self._indexes.create(model.model_id, await self._dimension(model))
                self.seen, self.mismatch, self.lost = 0, "", True
                await self._read_on(progress)
        except Exception as error:  # noqa: BLE001  however storage fails, whoever watches is told
            _log.exception("making the memory index anew failed")
            progress.failure = error
        finally:
            progress.finish()

    async def _read_on(self, progress: Progress | None = None) -> None:
        """Read the log to its end. Only then nothing is lost any more."""
        progress = progress or Progress()
        if self._index is None:
            await self._open()
        while True:
            page = await self._events.read(WANTED, after=self.seen, limit=PAGE)
            async for batch in self._batches.of(self.index, page.events):
                await self.index.apply(batch)
                progress.memories += len(batch.rows)
            self.seen = max(self.seen, page.position)
            progress.reach(self.seen)
            if page.done:
                self.lost = False
                return

    async def _dimension(self, model: Embedder) -> int:
        # Only some models say it before they have embedded a text.
        return model.dimension or int((await model.embed([SAMPLE])).shape[1])
