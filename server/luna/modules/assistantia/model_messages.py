"""Translates between the contract of language models and what they are asked and say."""

from collections.abc import Mapping, Sequence
from typing import Final

from arkalia.assistantia.v1 import model_pb2 as pb
from arkalia.assistantia.v1 import model_service_pb2 as rpc

from luna.kernel.generation import Delta, Ending, Message, Prompt, Role, Sampling, Tool, ToolCall
from luna.kernel.language_model import PullProgress
from luna.kernel.times import duration
from luna.modules.assistantia.generating import Answered, Begun, Said
from luna.modules.assistantia.models import Model, Models

EXTRACTIVE: Final = "extractive"
"""What answers without a model."""

_ROLES: Final[Mapping[int, Role]] = {
    rpc.PROMPT_ROLE_SYSTEM: Role.SYSTEM,
    rpc.PROMPT_ROLE_USER: Role.USER,
    rpc.PROMPT_ROLE_ASSISTANT: Role.ASSISTANT,
    rpc.PROMPT_ROLE_TOOL: Role.TOOL,
}
_ENDINGS: Final[Mapping[Ending, rpc.GenerateEnding]] = {
    Ending.STOP: rpc.GENERATE_ENDING_STOP,
    Ending.LENGTH: rpc.GENERATE_ENDING_LENGTH,
    Ending.TOOL_CALLS: rpc.GENERATE_ENDING_TOOL_CALLS,
}


def to_prompt(request: rpc.GenerateRequest) -> Prompt:
    """Return what a request asks a model."""
    return Prompt(
        messages=[_message(said) for said in request.messages],
        tools=to_tools(request.tools),
        sampling=to_sampling(request.sampling),
    )


def to_tools(tools: Sequence[pb.Tool]) -> Sequence[Tool]:
    """Return what a model may ask for."""
    return [Tool(name=tool.name, description=tool.description, parameters=tool.parameters) for tool in tools]


def to_sampling(given: pb.Sampling) -> Sampling:
    """Return how a model is to choose its words."""
    return Sampling(
        temperature=given.temperature if given.HasField("temperature") else None,
        top_p=given.top_p if given.HasField("top_p") else None,
        seed=given.seed if given.HasField("seed") else None,
        tokens_max=given.tokens_max or None,
        stop=list(given.stop),
        schema=given.schema,
    )


def from_models(found: Models) -> rpc.ListModelsResponse:
    """Return what there is, and last what answers without a model."""
    last = max((model.rank for model in found.models), default=0) + 1
    return rpc.ListModelsResponse(
        models=[*(from_model(model) for model in found.models), pb.Model(name=EXTRACTIVE, loaded=True, rank=last)],
        silent_servers=[rpc.SilentServer(name=each.name, reason=each.why) for each in found.silent],
    )


def from_model(model: Model) -> pb.Model:
    """Return a model as the contract has it."""
    return pb.Model(
        name=model.name,
        size_bytes=model.info.size_bytes,
        parameters=model.info.parameters,
        context_tokens=model.info.context_tokens,
        quantization=model.info.quantization,
        loaded=model.info.is_loaded,
        rank=model.rank,
    )


def from_progress(step: PullProgress | Model) -> rpc.PullModelResponse:
    """Return how far a model is fetched."""
    if isinstance(step, Model):
        return rpc.PullModelResponse(status="done", model=from_model(step))
    return rpc.PullModelResponse(status=step.status, done_bytes=step.done_bytes, total_bytes=step.total_bytes)


def from_said(said: Said) -> rpc.GenerateResponse:
    """Return a part of an answer."""
    match said:
        case Begun():
            return rpc.GenerateResponse(begun=rpc.GenerateBegun(model=said.model, passed_over=said.passed_over))
        case Delta():
            return rpc.GenerateResponse(delta=said.text)
        case ToolCall():
            return rpc.GenerateResponse(tool_call=from_call(said))
        case Answered():
            return rpc.GenerateResponse(done=_done(said))


def from_call(call: ToolCall) -> pb.ToolCall:
    """Return what a model asks for."""
    return pb.ToolCall(id=call.id, name=call.name, arguments=call.arguments)


def to_call(call: pb.ToolCall) -> ToolCall:
    """Return what a model asked for."""
    return ToolCall(id=call.id, name=call.name, arguments=call.arguments)


def _message(said: rpc.PromptMessage) -> Message:
    return Message(
        role=_ROLES[said.role],
        text=said.text,
        tool_calls=[to_call(call) for call in said.tool_calls],
        tool_call_id=said.tool_call_id,
    )


def _done(answered: Answered) -> rpc.GenerateDone:
    first = answered.first_seconds
    return rpc.GenerateDone(
        ending=_ENDINGS[answered.finished.ending],
        prompt_tokens=answered.finished.prompt_tokens,
        answer_tokens=answered.finished.answer_tokens,
        time_to_first_token=None if first is None else duration(first),
        tokens_per_second=answered.tokens_per_second,
    )
