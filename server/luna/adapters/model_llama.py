"""Generates in the node itself, with GGUF files and llama.cpp."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from threading import Event
from typing import Final

from luna.adapters.model_llama_engine import LlamaEngine
from luna.adapters.model_llama_folder import ModelFile, ModelFolder
from luna.kernel.generation import Finished, Piece, Prompt
from luna.kernel.language_model import ModelInfo, PullProgress
from luna.kernel.model_errors import ModelError, ModelServerError, PullRejectedError

CONTEXT_TOKENS: Final = 8192
WAITING_MAX: Final = 8


class LlamaServer:
    """Holds one model in memory, and answers one prompt at a time: both take all that a machine has."""

    name = "llama"

    def __init__(
        self,
        place: Path,
        *,
        context_tokens: int = CONTEXT_TOKENS,
        waiting_max: int = WAITING_MAX,
        open_engine: Callable[[Path, int], LlamaEngine] = LlamaEngine.open,
    ) -> None:
        self._place = place
        self._folder = ModelFolder(place)
        self._open_engine = open_engine
        self._window = context_tokens
        self._waiting_max = waiting_max
        self._waiting = 0
        self._turn = asyncio.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="llama")
        self._held: tuple[ModelFile, LlamaEngine] | None = None
        self._over = Event()
        """Nobody waits for the answer that is under way."""
        self._closed = False

    async def models(self) -> Sequence[ModelInfo]:
        """Return the models of the folder. llama-cpp-python need not be there for that.

        Raises:
            ModelServerError: the folder cannot be read.

        """
        self._check_open()
        return [self._info(file) for file in await asyncio.to_thread(self._folder.files)]

    async def generate(self, model: str, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """Yield what *model* says to *prompt*, as it says it. Closing the generator stops it after the next token.

        Raises:
            ModelMissingError: there is no such file.
            ModelServerError: it cannot be loaded, or too many wait already.
            PromptRejectedError: the model cannot be asked this.

        """
        file = await self._find(model)
        async with self._turn_of_mine(), aclosing(self._pieces(await self._engine(file), prompt)) as pieces:
            async for piece in pieces:
                yield piece
                if isinstance(piece, Finished):
                    return
        raise ModelServerError(f"{self._place} was closed in the middle of an answer")

    async def load(self, model: str) -> ModelInfo:
        """Bring *model* into memory, in place of another.

        Raises:
            ModelMissingError: there is no such file.
            ModelServerError: it cannot be loaded.

        """
        file = await self._find(model)
        async with self._turn_of_mine():
            await self._engine(file)
            return self._info(file)

    async def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        """Refuse: files are brought there by hand.

        Raises:
            PullRejectedError: always.

        """
        raise PullRejectedError(f"put {model} into {self._place} by hand: the node fetches no files")
        yield

    async def aclose(self) -> None:
        """Stop what is under way, and let go of the memory."""
        self._closed = True
        self._over.set()
        # Its one thread is through with the answer before it comes to this.
        await self._unload()
        await asyncio.to_thread(self._pool.shutdown)

    async def _find(self, model: str) -> ModelFile:
        self._check_open()
        return await asyncio.to_thread(self._folder.find, model)

    @asynccontextmanager
    async def _turn_of_mine(self) -> AsyncIterator[None]:
        if self._waiting > self._waiting_max:
            raise ModelServerError(f"{self._waiting_max} others wait for the models in {self._place} already")
        self._waiting += 1
        try:
            async with self._turn:
                self._check_open()
                yield
        finally:
            self._waiting -= 1

    async def _engine(self, file: ModelFile) -> LlamaEngine:
        if self._held and self._held[0] == file:
            return self._held[1]
        await self._unload()
        window = file.info(self._window, is_loaded=False).context_tokens
        loop = asyncio.get_running_loop()
        engine = await loop.run_in_executor(self._pool, self._open_engine, file.path, window)
        if self._closed:
            await asyncio.to_thread(engine.close)
        self._check_open()
        self._held = file, engine
        return engine

    async def _unload(self) -> None:
        if self._held:
            _, engine = self._held
            self._held = None
            await asyncio.get_running_loop().run_in_executor(self._pool, engine.close)

    async def _pieces(self, engine: LlamaEngine, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[Piece | None] = asyncio.Queue()
        over = self._over = Event()

        def work() -> None:
            for piece in engine.answer(prompt, lambda: not over.is_set()):
                loop.call_soon_threadsafe(pieces.put_nowait, piece)

        working = loop.run_in_executor(self._pool, work)
        working.add_done_callback(lambda _: pieces.put_nowait(None))
        try:
            while piece := await pieces.get():
                yield piece
            await _told(working)
        finally:
            over.set()
            # The next one must not begin before this one has ended.
            await asyncio.wait([working])

    def _info(self, file: ModelFile) -> ModelInfo:
        return file.info(self._window, is_loaded=self._held is not None and self._held[0] == file)

    def _check_open(self) -> None:
        if self._closed:
            raise ModelServerError(f"what answers with the models in {self._place} is closed")


async def _told(working: asyncio.Future[None]) -> None:
    try:
        await working
    except ModelError:
        raise
    except Exception as error:  # the library shares no class of error
        raise ModelServerError(f"llama.cpp failed: {error}") from error
