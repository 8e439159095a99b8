"""The client of language models."""

from collections.abc import AsyncGenerator, Sequence
from typing import Final

import grpc.aio
from arkalia.assistantia.v1 import model_pb2 as pb
from arkalia.assistantia.v1 import model_service_pb2 as rpc
from arkalia.assistantia.v1.model_service_pb2_grpc import ModelServiceStub

from arkalia_client._calls import ask, follow

LOAD_SECONDS: Final = 300.0


class ModelClient:
    """Talks to ``arkalia.assistantia.v1.ModelService``."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = ModelServiceStub(channel)

    async def list(self) -> rpc.ListModelsResponse:
        """Return the language models, and the servers of models that do not answer."""
        return await ask(self._stub.ListModels, rpc.ListModelsRequest())

    def pull(self, model: str) -> AsyncGenerator[rpc.PullModelResponse, None]:
        """Fetch *model*, and yield how far that is. Closing this stops it, unless others wait for it too."""
        return follow(self._stub.PullModel, rpc.PullModelRequest(model=model))

    async def load(self, model: str) -> pb.Model:
        """Bring *model* into memory."""
        return (await ask(self._stub.LoadModel, rpc.LoadModelRequest(model=model), seconds=LOAD_SECONDS)).model

    def generate(
        self,
        prompt: str | Sequence[rpc.PromptMessage],
        *,
        model: str = "",
        tools: Sequence[pb.Tool] = (),
        sampling: pb.Sampling | None = None,
    ) -> AsyncGenerator[rpc.GenerateResponse, None]:
        """Yield what *model*, or the first that begins, says to *prompt*. Closing this stops it at once."""
        said = [rpc.PromptMessage(role=rpc.PROMPT_ROLE_USER, text=prompt)] if isinstance(prompt, str) else prompt
        request = rpc.GenerateRequest(messages=said, tools=tools, sampling=sampling, model=model)
        return follow(self._stub.Generate, request)
