"""Makes the embedder that the settings ask for."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from luna.adapters.embedder_cache import CachingEmbedder
from luna.adapters.embedder_minilm import minilm
from luna.adapters.embedder_onnx import open_onnx
from luna.adapters.embedder_openai import OpenAiEmbedder
from luna.adapters.embedder_sentence_transformers import SentenceTransformersEmbedder
from luna.kernel.embedding import Embedder
from luna.settings import Settings


@asynccontextmanager
async def embedder(settings: Settings) -> AsyncIterator[Embedder]:
    """Yield the embedder, which remembers what it embedded lately.

    Raises:
        EmbedderModelError: the model of the settings cannot be loaded.

    """
    async with aclosing(CachingEmbedder(await _chosen(settings))) as made:
        yield made


async def _chosen(settings: Settings) -> Embedder:
    if settings.embedder == "openai":
        return OpenAiEmbedder(settings.embedder_url, settings.embedder_model, key=settings.embedder_key)
    if settings.embedder == "onnx" and settings.embedder_path:
        return await open_onnx(settings.embedder_path)
    if settings.embedder == "sentence-transformers" and settings.embedder_path:
        return await SentenceTransformersEmbedder.open(settings.embedder_path)
    return minilm()
