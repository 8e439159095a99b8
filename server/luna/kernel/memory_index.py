"""The port that every index of memories implements."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from luna.kernel.embedding import Vectors
from luna.kernel.memory_rows import Batch, Found, IndexStats, Key, Moment, Row, Scrolled, Version, Where


class MemoryReader(Protocol):
    """One state of the memories. Everything it answers may be `IndexUnavailableError` instead."""

    @property
    def version(self) -> int:
        """Return the number of this state. Higher is later."""
        ...

    @property
    def position(self) -> int:
        """Return the position of the log that this state has reached, 0 if none."""
        ...

    async def nearest(self, vector: Vectors, where: Where, limit: int, *, exact: bool = False) -> Found:
        """Find up to *limit* memories by meaning, closest first. *exact* compares with every one.

        Raises:
            VectorsError: *vector* has another dimension, or no direction.

        """
        ...

    async def matching(self, text: str, where: Where, limit: int) -> Found:
        """Find up to *limit* memories that have words of *text*, best first. *text* has no syntax."""
        ...

    async def scroll(self, where: Where, after: str, limit: int) -> Scrolled:
        """Return up to *limit* memories with an id after *after*, by id."""
        ...

    async def get(self, keys: Sequence[Key]) -> Mapping[Key, Row]:
        """Return those of *keys* that there are, superseded and expired ones too."""
        ...

    async def vectors(self, keys: Sequence[Key]) -> Mapping[Key, Vectors]:
        """Return the vectors of those of *keys* that there are."""
        ...

    async def count(self, where: Where) -> int:
        """Return how many memories count."""
        ...


class MemoryIndex(MemoryReader, Protocol):
    """Finds memories by meaning and by words. Rebuilt from the log whenever needed.

    ``tests/contract/memory_index.py`` states these promises as tests; an
    adapter is an index exactly when that suite passes.

    Whenever the process ends, the index found afterwards is that of some
    position of the log, says which, and `apply` of everything after it leads
    to the same memories as if nothing had happened: applying again what was
    applied before changes nothing.

    What a reader sees is the present, and moves on with each batch.
    """

    @property
    def model_id(self) -> str:
        """Return the model that made the vectors."""
        ...

    @property
    def dimension(self) -> int:
        """Return the size of a vector."""
        ...

    async def apply(self, batch: Batch) -> None:
        """Change what *batch* says. Returning means that readers see it.

        Batches come one at a time, in the order of the log. What is removed or changed is so in the storage too. What
        is only added comes there within a second: an index that is opened after a crash may lack it, and its position
        says so.

        Raises:
            VectorsError: a vector has another dimension, or no direction. Nothing was changed.
            IndexFullError: there is no room.
            IndexUnavailableError: the storage failed, for this batch or for what came before it; *batch* may be
                applied again.

        """
        ...

    async def expired(self, at_ns: int, limit: int) -> Sequence[Key]:
        """Return up to *limit* memories, of any namespace, that have expired by then. Costs nothing if none ever do."""
        ...

    async def at(self, moment: Moment) -> MemoryReader:
        """Return a reader of a past state, which does not move on.

        Raises:
            VersionUnknownError: there is none.

        """
        ...

    async def versions(self, limit: int = 100) -> Sequence[Version]:
        """Return the versions that can still be read, newest first. Tagged ones are kept, others for a while."""
        ...

    async def tag(self, name: str) -> Version:
        """Keep the present version under *name*. The same version may be given the name again.

        Raises:
            TagTakenError: *name* names another version.

        """
        ...

    async def untag(self, name: str) -> None:
        """Let go of the version of that name, if there is one."""
        ...

    async def tend(self) -> bool:
        """Do what upkeep is due, beside searches and batches: merge, index, drop old versions. Return whether any was.

        What was removed goes with the versions that had it.

        Whoever runs the index calls it every few seconds.
        """
        ...

    async def optimize(self) -> None:
        """Do all upkeep now, due or not: afterwards every row is in the indexes that its number deserves."""
        ...

    async def purge(self) -> None:
        """Forget for good: afterwards nothing that was removed can be read from the storage, and no past version.

        Tags go too.
        """
        ...

    async def stats(self) -> IndexStats:
        """Return how the index is."""
        ...

    async def aclose(self) -> None:
        """Let go of what is open."""
        ...


class MemoryIndexes(Protocol):
    """Where the index of a node is kept."""

    async def open(self, model_id: str, dimension: int) -> MemoryIndex:
        """Return what is stored, or an empty index if nothing is. What a crash has torn is mended.

        Raises:
            IndexMismatchError: it is of another model, dimension or format.
            IndexUnavailableError: it cannot be read.

        """
        ...

    async def create(self, model_id: str, dimension: int) -> MemoryIndex:
        """Throw away what is stored, and return an empty index. Indexes opened before must not be used."""
        ...
