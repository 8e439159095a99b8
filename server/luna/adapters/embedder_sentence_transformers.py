"""Embeds texts with any model of sentence-transformers that lies in a folder."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from luna.adapters.embedder_slices import in_slices
from luna.kernel.embedding import EmbedderModelError, EmbedderUnavailableError, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

CHARACTERS_MAX: Final = 8192
"""What a text has beyond this is cut off before it is split into tokens, which would take long."""
SLICE: Final = 32
_READ: Final = 2**20


class SentenceTransformersEmbedder:
    """Has one thread, in which torch uses as many as it likes."""

    def __init__(self, model: "SentenceTransformer", *, model_id: str, pool: ThreadPoolExecutor) -> None:
        self.model_id = model_id
        self.dimension = int(model.get_embedding_dimension() or 0)
        self._model = model
        self._pool = pool
        self._closed = False

    @classmethod
    async def open(cls, folder: Path) -> Self:
        """Load the model in *folder*. It takes some seconds, and nothing is downloaded.

        Raises:
            EmbedderModelError: there is none, or sentence-transformers is not installed.

        """
        loop = asyncio.get_running_loop()
        pool = ThreadPoolExecutor(1, thread_name_prefix="embed")
        try:
            model = await loop.run_in_executor(pool, _load, folder)
            digest = await loop.run_in_executor(pool, _digest, folder)
        except BaseException:
            pool.shutdown(wait=False)
            raise
        return cls(model, model_id=f"{folder.name}@sha256:{digest[:8]}", pool=pool)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector for each of *texts*: of the first 8,192 characters and the model's number of tokens.

        Raises:
            EmbedderUnavailableError: the embedder is closed.

        """
        if self._closed:
            raise EmbedderUnavailableError("the embedder is closed")
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return await in_slices(texts, self._part, size=SLICE, width=1)

    async def aclose(self) -> None:
        """Wait for what the thread is at, and end it."""
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown)

    async def _part(self, texts: Sequence[str]) -> Vectors:
        if self._closed:
            raise EmbedderUnavailableError("the embedder is closed")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._encode, texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        cut = [text[:CHARACTERS_MAX] for text in texts]
        vectors = self._model.encode(cut, batch_size=SLICE, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


def _load(folder: Path) -> "SentenceTransformer":
    if not (folder / "modules.json").is_file():
        raise EmbedderModelError(f"{folder} holds no model of sentence-transformers: it has no modules.json")
    try:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415  torch takes seconds
    except ImportError as error:
        raise EmbedderModelError(
            "sentence-transformers is not installed: pip install 'arkalia-luna[embeddings]', or ARKALIA_EMBEDDER=minilm"
        ) from error
    try:
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    except Exception as error:  # the libraries share no class of error
        raise EmbedderModelError(f"cannot load the model in {folder}: {error}") from error


def _digest(folder: Path) -> str:
    """Return what tells this model from any other, wherever the folder is."""
    digest = sha256()
    for path in sorted(folder.rglob("*.json")) + sorted(folder.rglob("*.safetensors")):
        digest.update(str(path.relative_to(folder)).encode())
        with path.open("rb") as file:
            while part := file.read(_READ):
                digest.update(part)
    return digest.hexdigest()
