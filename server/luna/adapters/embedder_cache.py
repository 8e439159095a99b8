"""Remembers the vectors of texts that were embedded lately, so that none is embedded twice."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final, TypeAlias

import numpy as np

from luna.kernel.embedding import Embedder, EmbedderUnavailableError, Vectors

TEXTS_MAX: Final = 8192
"""Vectors that are remembered: 12 MiB of them, with 384 numbers each."""
_Key: TypeAlias = tuple[str, bytes]


class CachingEmbedder:
    """Stands in front of another embedder, which it closes with itself."""

    def __init__(self, embedder: Embedder, *, texts_max: int = TEXTS_MAX) -> None:
        self._embedder = embedder
        self._texts_max = texts_max
        self._known: OrderedDict[_Key, Vectors] = OrderedDict()
        self._under_way: dict[_Key, asyncio.Task[Mapping[_Key, Vectors]]] = {}
        self._closed = False

    @property
    def model_id(self) -> str:
        """The model of the other."""
        return self._embedder.model_id

    @property
    def dimension(self) -> int:
        """The dimension of the other."""
        return self._embedder.dimension

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector for each of *texts*, waiting for those that somebody else is having embedded.

        Raises:
            EmbedderUnavailableError: the other could not embed them, or the embedder is closed.

        """
        if self._closed:
            raise EmbedderUnavailableError("the embedder is closed")
        if not texts:
            return await self._embedder.embed(texts)
        keys = [(self.model_id, sha256(text.encode()).digest()) for text in texts]
        found = {key: self._known[key] for key in keys if key in self._known}
        self._begin({key: text for key, text in zip(keys, texts, strict=True) if key not in found})
        # Whoever gives up must not take the vectors from the others.
        for task in {self._under_way[key] for key in keys if key not in found}:
            found.update(await asyncio.shield(task))
        self._keep({key: found[key] for key in keys})
        return np.stack([found[key] for key in keys])

    async def aclose(self) -> None:
        """Close the other. What is under way fails."""
        self._closed = True
        await self._embedder.aclose()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        self._known.clear()

    def _begin(self, missing: Mapping[_Key, str]) -> None:
        new = {key: text for key, text in missing.items() if key not in self._under_way}
        if not new:
            return
        task = asyncio.create_task(self._embed(new))
        self._under_way.update(dict.fromkeys(new, task))
        task.add_done_callback(lambda done: self._end(done, new))

    async def _embed(self, texts: Mapping[_Key, str]) -> Mapping[_Key, Vectors]:
        vectors = await self._embedder.embed(list(texts.values()))
        # Copies: a row of the whole would keep all of it.
        return {key: vector.copy() for key, vector in zip(texts, vectors, strict=True)}

    def _end(self, task: asyncio.Task[Mapping[_Key, Vectors]], keys: Mapping[_Key, str]) -> None:
        for key in keys:
            del self._under_way[key]
        # Asking for it is what says that somebody has seen it: all who waited may have given up.
        if not task.cancelled() and task.exception() is None:
            self._keep(task.result())

    def _keep(self, vectors: Mapping[_Key, Vectors]) -> None:
        for key, vector in vectors.items():
            self._known[key] = vector
            self._known.move_to_end(key)
        while len(self._known) > self._texts_max:
            self._known.popitem(last=False)
