"""Has memories summed up by the language models of the node, in the process where they are."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

import grpc.aio
from arkalia.assistantia.v1 import model_pb2, model_service_pb2, prompt_guard_pb2, prompt_guard_service_pb2
from arkalia.assistantia.v1 import model_service_pb2_grpc as model_stubs
from arkalia.assistantia.v1 import prompt_guard_service_pb2_grpc as guard_stubs
from arkalia.memory.v1 import memory_service_pb2 as rpc

from luna.kernel.errors import DomainError
from luna.modules.memory.reflecting import CHARACTERS_READ, LABEL, NOTHING, ORDERS, Numbered, cited, digest, prompt

GUARD_SECONDS: Final = 5.0
TEMPERATURE: Final = 0.2
TOKENS_MAX: Final = 512

_GUARD: Final = prompt_guard_service_pb2.DESCRIPTOR.services_by_name["PromptGuardService"].full_name
_MODELS: Final = model_service_pb2.DESCRIPTOR.services_by_name["ModelService"].full_name


@dataclass(slots=True, kw_only=True)
class _Said:
    """What was said so far, and by whom."""

    text: str = ""
    model: str = ""
    notes: list[str] = field(default_factory=list)


class Reflector:
    """Sums up what was recalled."""

    def __init__(self, peers: Callable[[str], grpc.aio.Channel]) -> None:
        self._peers = peers

    async def reflect(
        self, request: rpc.ReflectRequest, recalled: rpc.RecallResponse
    ) -> AsyncGenerator[rpc.ReflectResponse, None]:
        """Yield what was recalled, what it says as a whole, and how that was found.

        Raises:
            grpc.aio.AioRpcError: a model stopped in the middle of what it said.

        """
        yield rpc.ReflectResponse(begun=rpc.ReflectBegun(memories=recalled.memories, rung=recalled.rung))
        said = _Said()
        memories = [
            Numbered(number=at, text=it.memory.text[:CHARACTERS_READ]) for at, it in enumerate(recalled.memories, 1)
        ]
        readable = await self._screened(memories, said)
        async with aclosing(self._by_model(request, readable or (), said)) as parts:
            async for part in parts:
                yield part
        if not said.text:
            for text in _quoted(request.text, memories if readable is None else readable):
                said.text += text
                yield rpc.ReflectResponse(delta=text)
        yield rpc.ReflectResponse(done=_done(said, [it.number for it in memories]))

    async def _screened(self, memories: Sequence[Numbered], said: _Said) -> Sequence[Numbered] | None:
        """Return what gives no orders, as nothing in memory should; ``None``: nobody can tell."""
        source = prompt_guard_pb2.TEXT_SOURCE_MEMORY
        prompts = [prompt_guard_service_pb2.CheckPromptRequest(text=it.text, source=source) for it in memories]
        if not prompts:
            return ()
        try:
            stub = guard_stubs.PromptGuardServiceStub(self._peers(_GUARD))
            request = prompt_guard_service_pb2.CheckPromptsRequest(prompts=prompts)
            answer = await stub.CheckPrompts(request, timeout=GUARD_SECONDS)
        except (grpc.aio.AioRpcError, DomainError) as error:
            said.notes.append(f"no language model was asked, because the guard does not answer: {_why(error)}")
            return None
        kept = [it for it, verdict in zip(memories, answer.verdicts, strict=True) if not verdict.refused]
        if dropped := len(memories) - len(kept):
            said.notes.append(f"{dropped} recalled memories were left out, because the guard takes them for attacks")
        return kept

    async def _by_model(
        self, request: rpc.ReflectRequest, memories: Sequence[Numbered], said: _Said
    ) -> AsyncGenerator[rpc.ReflectResponse, None]:
        if not memories:
            return
        try:
            async with aclosing(self._generated(request, memories, said)) as parts:
                async for part in parts:
                    yield part
        except (grpc.aio.AioRpcError, DomainError) as error:
            if said.text:
                raise
            said.notes.append(f"no language model summed this up: {_why(error)}")
        if not said.text:
            said.model = ""

    async def _generated(
        self, request: rpc.ReflectRequest, memories: Sequence[Numbered], said: _Said
    ) -> AsyncGenerator[rpc.ReflectResponse, None]:
        stub = model_stubs.ModelServiceStub(self._peers(_MODELS))
        call = stub.Generate(_asked(request, memories, said))
        try:
            async for part in call:
                said.model = part.begun.model or said.model
                said.text += part.delta
                if part.delta or part.WhichOneof("part") is None:
                    yield rpc.ReflectResponse(delta=part.delta) if part.delta else rpc.ReflectResponse()
        finally:
            # Leaving the loop does not hang up by itself.
            call.cancel()


def _asked(request: rpc.ReflectRequest, memories: Sequence[Numbered], said: _Said) -> model_service_pb2.GenerateRequest:
    text, left = prompt(request.text, memories)
    if left:
        said.notes.append(f"{len(left)} memories were not shown to a model, because there was no room for them")
    return model_service_pb2.GenerateRequest(
        messages=[
            model_service_pb2.PromptMessage(role=model_service_pb2.PROMPT_ROLE_SYSTEM, text=ORDERS),
            model_service_pb2.PromptMessage(role=model_service_pb2.PROMPT_ROLE_USER, text=text),
        ],
        sampling=model_pb2.Sampling(temperature=TEMPERATURE, tokens_max=TOKENS_MAX),
        model=request.model,
    )


def _quoted(question: str, memories: Sequence[Numbered]) -> Sequence[str]:
    quotes = [f"\n\n- {sentence} [{number}]" for sentence, number in digest(question, memories)]
    return [LABEL, *quotes] if quotes else [NOTHING]


def _done(said: _Said, numbers: Sequence[int]) -> rpc.ReflectDone:
    named, unknown = cited(said.text, numbers)
    notes = list(said.notes)
    if unknown:
        notes.append(f"the model names memories that there are not: {', '.join(map(str, unknown))}")
    if said.model and not named:
        notes.append("the model names no memory, so nothing shows what this rests on")
    quoted = rpc.REFLECT_RUNG_EXTRACTIVE if named else rpc.REFLECT_RUNG_NOTHING
    return rpc.ReflectDone(
        rung=rpc.REFLECT_RUNG_MODEL if said.model else quoted,
        model=said.model,
        cited_numbers=named,
        notes=notes,
    )


def _why(error: grpc.aio.AioRpcError | DomainError) -> str:
    return (error.details() if isinstance(error, grpc.aio.AioRpcError) else str(error)) or "no answer"
