"""Translates between the contract of language models and the shelf that they are on."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeAlias

import grpc.aio
from arkalia.assistantia.v1 import model_service_pb2 as rpc
from arkalia.assistantia.v1 import model_service_pb2_grpc as stubs

from luna.kernel.streams import with_pauses
from luna.modules.assistantia.generating import Generator
from luna.modules.assistantia.model_desk import ModelDesk
from luna.modules.assistantia.model_messages import from_model, from_models, from_progress, from_said, to_prompt
from luna.modules.assistantia.models import ModelShelf

Context: TypeAlias = grpc.aio.ServicerContext[object, object]


class ModelServicer(stubs.ModelServiceServicer):
    """Implements ``arkalia.assistantia.v1.ModelService``."""

    def __init__(self, shelf: ModelShelf, desk: ModelDesk, generator: Generator, *, checkpoint_seconds: float) -> None:
        self._shelf = shelf
        self._desk = desk
        self._generator = generator
        self._checkpoint_seconds = checkpoint_seconds

    async def ListModels(self, request: rpc.ListModelsRequest, context: Context) -> rpc.ListModelsResponse:
        return from_models(await self._shelf.models())

    async def PullModel(
        self, request: rpc.PullModelRequest, context: Context
    ) -> AsyncGenerator[rpc.PullModelResponse, None]:
        told = rpc.PullModelResponse()
        steps = with_pauses(self._desk.pull(request.model), every=self._checkpoint_seconds)
        async with aclosing(steps):
            async for step in steps:
                # In quiet times it is said again.
                told = told if step is None else from_progress(step)
                yield told

    async def LoadModel(self, request: rpc.LoadModelRequest, context: Context) -> rpc.LoadModelResponse:
        return rpc.LoadModelResponse(model=from_model(await self._desk.load(request.model)))

    async def Generate(
        self, request: rpc.GenerateRequest, context: Context
    ) -> AsyncGenerator[rpc.GenerateResponse, None]:
        answer = self._generator.generate(to_prompt(request), request.model)
        async with aclosing(with_pauses(answer, every=self._checkpoint_seconds)) as parts:
            async for part in parts:
                yield rpc.GenerateResponse() if part is None else from_said(part)
