"""The use cases of memory."""

from collections.abc import Sequence
from itertools import repeat
from typing import Final

from arkalia.memory.v1 import memory_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.embedding import Vectors
from luna.kernel.memory_errors import TagTakenError
from luna.kernel.memory_rows import Hit, IndexStats, Row, Scrolled, Version, Where
from luna.modules.memory.domain import SIMILAR_MIN, is_alive
from luna.modules.memory.errors import MemoryUnknownError, TagInUseError, index_failures
from luna.modules.memory.forgetting import Forgetting
from luna.modules.memory.guards import Guards
from luna.modules.memory.progress import Progress
from luna.modules.memory.projection import Projection
from luna.modules.memory.recall import Recaller
from luna.modules.memory.recorder import Recorder
from luna.modules.memory.requests import Retained, Retaining, checked, given
from luna.modules.memory.restoring import Restoring

__all__ = ["MemoryService"]

_SIMILAR_EXTRA: Final = 1
"""The memory itself is among its neighbours."""


class MemoryService:
    """Retains, finds by id."""

    def __init__(
        self,
        clock: Clock,
        *,
        projection: Projection,
        recorder: Recorder,
        forgetting: Forgetting,
        restoring: Restoring,
        guards: Guards,
        recaller: Recaller,
    ) -> None:
        self.projection = projection
        self.recaller = recaller
        self.forgetting = forgetting
        self.restoring = restoring
        self._clock = clock
        self._recorder = recorder
        self._guards = guards

    async def requested(
        self,
        namespace: str,
        memories: Sequence[pb.NewMemory],
        vectors: bytes = b"",
        *,
        visible: bool,
        late: bool = False,
    ) -> Retaining:
        """Return what to `retain`.

        Raises:
            TextError: a text is blank.
            BatchTooLargeError: they do not fit into one event.
            VectorsMisfitError: the vectors are not those of the texts.

        """
        index = await self.projection.ready()
        # They are gone through many times, and a repeated field wraps each of them anew.
        memories = [*memories]
        return Retaining(
            namespace=namespace,
            memories=memories,
            keys=[*zip(repeat(namespace), checked(memories), strict=False)],
            vectors=given(vectors, len(memories), index.dimension),
            visible=visible,
            late=late and not visible,
        )

    async def retain(self, request: Retaining) -> Retained:
        """Retain memories with whatever else waits.

        Raises:
            IdTakenError: an id belongs to another memory.
            EmbedderRestingError: they cannot be embedded.
            IndexDownError: it cannot be looked whether they are there.

        """
        return await self._recorder.submit(request)

    async def similar(self, namespace: str, id: str, vector: Vectors | None, limit: int) -> Sequence[Hit]:
        """Return the memories that say nearly the same as one that was retained just now."""
        if vector is None or not limit:
            return ()
        where = Where(namespace=namespace, alive_at_ns=self._clock.wall_ns())
        found = await self._guards.nearest(await self.projection.ready(), vector, where, limit + _SIMILAR_EXTRA)
        return [hit for hit in found.hits if hit.score >= SIMILAR_MIN and hit.row.id != id][:limit]

    async def get(self, namespace: str, id: str) -> Row:
        """Return one memory.

        Raises:
            MemoryUnknownError: the namespace has none with that id.

        """
        row = (await self._guards.known(await self.projection.ready(), [(namespace, id)])).get((namespace, id))
        if row is None or not is_alive(row.expire_ns, self._clock.wall_ns()):
            raise MemoryUnknownError(namespace, id)
        return row

    async def scroll(self, where: Where, after: str, limit: int) -> Scrolled:
        """Return a page of memories.

        Raises:
            IndexDownError: it cannot be read.

        """
        with index_failures():
            return await (await self.projection.ready()).scroll(where, after, limit)

    async def versions(self, limit: int) -> Sequence[Version]:
        """Return past states of the index."""
        with index_failures():
            return await (await self.projection.ready()).versions(limit)

    async def tag(self, tag: str) -> Version:
        """Keep the present state of the index.

        Raises:
            TagInUseError: the tag names another.

        """
        try:
            with index_failures():
                return await (await self.projection.ready()).tag(tag)
        except TagTakenError as error:
            raise TagInUseError(tag, error.version) from error

    def reindex(self) -> Progress:
        """Begin to make the index anew."""
        self.recaller.forget()
        return self.projection.reindex()

    async def stats(self, namespace: str) -> tuple[IndexStats, int]:
        """Return how the index is, and how many memories the namespace has."""
        index = await self.projection.ready()
        with index_failures():
            if not namespace:
                return await index.stats(), 0
            return await index.stats(), await index.count(Where(namespace=namespace, alive_at_ns=self._clock.wall_ns()))
