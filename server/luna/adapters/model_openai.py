"""Generates with any server that speaks OpenAI's `/v1/chat/completions`."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from luna.adapters.model_http import ModelHttp, Patience, StatusError, meaning
from luna.adapters.model_openai_messages import ChatAnswer, chat_request, model_infos
from luna.kernel.generation import Piece, Prompt
from luna.kernel.language_model import ModelInfo, PullProgress
from luna.kernel.model_errors import ModelMissingError, ModelServerError, PullRejectedError


class OpenAiServer:
    """Speaks to one server, such as one of llama.cpp, vLLM or LocalAI."""

    name = "openai"

    def __init__(self, url: str, *, key: str = "", patience: Patience | None = None) -> None:
        self._http = ModelHttp(url, key=key)
        self._patience = patience or Patience()

    async def models(self) -> Sequence[ModelInfo]:
        """Return what it holds.

        Raises:
            ModelServerError: it does not answer.

        """
        try:
            return model_infos(await self._http.ask("GET", "/models"))
        except StatusError as error:
            raise ModelServerError(str(error)) from error

    async def generate(self, model: str, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """Yield what *model* says to *prompt*, as it says it. Closing the generator hangs up, and the model stops.

        Raises:
            ModelMissingError: it holds no such model.
            ModelServerError: it does not answer, or no longer.
            PromptRejectedError: the model cannot be asked this.

        """
        answer = ChatAnswer(prompt)
        request = chat_request(model, prompt)
        try:
            async with aclosing(self._http.lines("/chat/completions", request, self._patience)) as lines:
                async for line in lines:
                    for piece in answer.read(line):
                        yield piece
                    if answer.is_complete:
                        break
        except StatusError as error:
            raise await meaning(error, model, self.models) from error
        for piece in answer.end():
            yield piece

    async def load(self, model: str) -> ModelInfo:
        """Return what it says of *model*: such a server holds in memory what it offers.

        Raises:
            ModelMissingError: it holds no such model.
            ModelServerError: it does not answer.

        """
        held = await self.models()
        for info in held:
            if info.name == model:
                return info
        raise ModelMissingError(model, [info.name for info in held])

    async def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        """Refuse: such a server fetches no models on request.

        Raises:
            PullRejectedError: always.

        """
        raise PullRejectedError(f"{self._http.url} fetches no models; {model} has to be brought there by hand")
        yield

    async def aclose(self) -> None:
        """Hang up."""
        await self._http.aclose()
