"""Makes the servers of language models that the settings ask for."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

from luna.adapters.model_llama import LlamaServer
from luna.adapters.model_ollama import OllamaServer
from luna.adapters.model_openai import OpenAiServer
from luna.kernel.language_model import ModelServer
from luna.kernel.model_tools import ModelTools
from luna.settings import Settings


@asynccontextmanager
async def model_tools(settings: Settings) -> AsyncIterator[ModelTools]:
    """Yield the servers, whether they answer or not, and hang up afterwards."""
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(aclosing(server)) for server in _servers(settings)]
        yield ModelTools(servers=servers, ladder=settings.ladder, tokens_daily=settings.chat_tokens_daily)


def _servers(settings: Settings) -> Iterator[ModelServer]:
    if settings.ollama_url:
        yield OllamaServer(settings.ollama_url, context_tokens=settings.model_context_tokens)
    if settings.openai_url:
        yield OpenAiServer(settings.openai_url, key=settings.openai_key)
    if settings.llama_path:
        yield LlamaServer(settings.llama_path, context_tokens=settings.model_context_tokens)
