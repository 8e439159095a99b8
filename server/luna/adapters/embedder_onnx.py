"""Embeds texts with an ONNX model, in threads of its own."""

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import ceil
from pathlib import Path
from typing import Final

import numpy as np

from luna.adapters.embedder_onnx_model import OnnxModel
from luna.adapters.embedder_slices import in_slices
from luna.kernel.embedding import EmbedderUnavailableError, Vectors

THREADS_MAX: Final = 4
SLICE: Final = 8
"""Texts that a thread embeds at a time before it looks who else is waiting: some 15 ms for short ones."""
SLICE_MANY: Final = 32
"""As many for who brings more, and has threads of his own, which stand back: each text costs a tenth less."""
SLICE_CHARACTERS: Final = 2048
"""As many in longer ones: some 70 ms."""
NICE: Final = 10
"""How far the threads stand back that embed many texts, behind everything else that the machine does."""


class OnnxEmbedder:
    """Loads the model when the first text comes."""

    def __init__(
        self, load: Callable[[], OnnxModel], *, model_id: str, dimension: int, threads: int | None = None
    ) -> None:
        self.model_id = model_id
        self.dimension = dimension
        self._load = load
        self._threads = threads or min(THREADS_MAX, os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="embed")
        # On Linux it is the thread that becomes nicer, and there is no way back without privileges.
        self._patient = ThreadPoolExecutor(
            self._threads, thread_name_prefix="embed-many", initializer=os.nice, initargs=(NICE,)
        )
        self._loading: asyncio.Future[OnnxModel] | None = None
        self._closed = False

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector for each of *texts*: of the first 8,192 characters and the model's number of tokens.

        Raises:
            EmbedderUnavailableError: the embedder is closed.
            EmbedderModelError: the model cannot be loaded.

        """
        self._check_open()
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        model = await self._model()
        pool, most = (self._pool, SLICE) if len(texts) <= SLICE else (self._patient, SLICE_MANY)

        async def embed(part: Sequence[str]) -> Vectors:
            self._check_open()
            return await asyncio.get_running_loop().run_in_executor(pool, model.vectors, part)

        size = min(most, ceil(len(texts) / self._threads))
        return await in_slices(texts, embed, size=size, width=self._threads, characters=SLICE_CHARACTERS)

    async def aclose(self) -> None:
        """Wait for what the threads are at, and end them."""
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown)
        await asyncio.to_thread(self._patient.shutdown)
        self._loading = None

    def _check_open(self) -> None:
        if self._closed:
            raise EmbedderUnavailableError("the embedder is closed")

    async def _model(self) -> OnnxModel:
        if self._loading is None or (self._loading.done() and self._loading.exception()):
            # A file that was damaged may have been put right since.
            loop = asyncio.get_running_loop()
            self._loading = loop.run_in_executor(self._pool, self._load)
        # Whoever gives up must not take the model from the others.
        return await asyncio.shield(self._loading)


async def open_onnx(path: Path, *, threads: int | None = None) -> OnnxEmbedder:
    """Return an embedder with the model at *path*, which names itself by what it holds.

    Raises:
        EmbedderModelError: the model cannot be loaded.

    """
    model = await asyncio.to_thread(OnnxModel.load, path)
    return OnnxEmbedder(
        partial(OnnxModel.load, path, model.digest),
        model_id=f"{path.stem}@sha256:{model.digest[:8]}",
        dimension=model.dimension,
        threads=threads,
    )
