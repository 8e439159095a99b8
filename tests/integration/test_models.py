"""Language models through a real server and the client."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from itertools import groupby

import grpc.aio
import pytest
from arkalia.assistantia.v1 import model_event_pb2 as facts
from arkalia.assistantia.v1 import model_pb2 as pb
from arkalia.assistantia.v1 import model_service_pb2 as rpc
from arkalia.options.v1 import request_error_pb2

from arkalia_client import Arkalia, ArkaliaError
from luna.kernel.error_reports import ErrorReport
from luna.kernel.events import EventFilter
from luna.kernel.generation import Ending, Finished, Message, Role, Sampling, Tool, ToolCall
from luna.kernel.model_tools import ModelTools
from luna.manifest import Health, Wired
from luna.modules.assistantia import MODULE
from luna.resilience.circuit import CircuitState
from luna.resilience.levels import Level
from luna.transport.chain import Chain, standard_steps
from luna.transport.circuits import Circuits
from luna.transport.meter import Meter
from luna.transport.parts import Parts
from tests.fake_model_server import FakeModelServer
from tests.integration.memory_server import Node

SERVICE = "arkalia.assistantia.v1.ModelService"
PARTS = ("begun", "delta", "done")


def kinds(parts: Iterable[str | None]) -> tuple[str | None, ...]:
    """Return what came in which order: how many deltas the words come in depends on who is quicker."""
    return tuple(kind for kind, _ in groupby(parts))


class Reports:
    """Keeps what is reported."""

    def __init__(self) -> None:
        self.taken: list[ErrorReport] = []

    def report(self, report: ErrorReport) -> None:
        self.taken.append(report)


class Models(Arkalia):
    """A node with two servers of models, and what is behind it."""

    behind: Node
    wired: Wired
    near: FakeModelServer
    far: FakeModelServer
    parts: Parts
    reports: list[ErrorReport]
    """What was told of failures."""
    level: int = Level.NORMAL

    def state(self, breaker: str) -> CircuitState:
        (found,) = [it.state for it in self.parts.circuits.engines() if it.key.name == f"mind-0/{breaker}"]
        return found

    async def ask(self, prompt: str, model: str = "") -> Sequence[rpc.GenerateResponse]:
        return [part async for part in self.models.generate(prompt, model=model)]

    async def recorded(self) -> Sequence[str]:
        return [event.type for event in (await self.behind.log.read(EventFilter(category="model"))).events]


@pytest.fixture
async def node() -> AsyncIterator[Models]:
    behind, meter, reports = Node(), Meter(), Reports()
    parts = Parts(circuits=Circuits("mind-0"), failures=reports)
    near, far = FakeModelServer("near", "small", "spare"), FakeModelServer("far", "large")
    tools = replace(
        behind.tools(),
        models=ModelTools(servers=(near, far), ladder=("near/small", "far/large")),
        checkpoint_seconds=0.05,
        breaker=parts.circuits.around,
        level=lambda: models.level,
    )
    reasons = [MODULE.errors, request_error_pb2.RequestErrorReason.DESCRIPTOR]
    chain = Chain(standard_steps(meter=meter, reasons=reasons, parts=parts), meter=meter, message_bytes_max=4 << 20)
    server = grpc.aio.server(interceptors=[chain])
    wired = MODULE.wire(tools)
    wired.register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            models = Models(channel)
            models.behind, models.wired, models.near, models.far = behind, wired, near, far
            models.parts, models.reports = parts, reports.taken
            yield models
    finally:
        await server.stop(0)


async def test_models_are_listed_in_the_order_of_the_ladder(node: Models) -> None:
    """
    Then those that answer only by their name; what quotes comes last, and servers that are away are named.
    """
    node.far.is_down = True
    found = await node.models.list()

    assert [(it.name, it.rank) for it in found.models] == [("near/small", 1), ("near/spare", 0), ("extractive", 2)]
    assert [(it.name, it.reason) for it in found.silent_servers] == [("far", "connection refused")]


async def test_an_answer_comes_word_by_word_with_what_it_took(node: Models) -> None:
    """
    The first says who answers, the last has the figures.
    """
    parts = await node.ask("good morning", "far/large")

    assert kinds(part.WhichOneof("part") for part in parts) == PARTS
    assert parts[0].begun == rpc.GenerateBegun(model="far/large")
    assert "".join(part.delta for part in parts) == "good morning "
    done = parts[-1].done
    assert (done.ending, done.prompt_tokens, done.answer_tokens) == (rpc.GENERATE_ENDING_STOP, 2, 2)
    assert done.time_to_first_token.ToNanoseconds() > 0
    assert done.tokens_per_second > 0


async def test_everything_that_is_asked_reaches_the_model(node: Models) -> None:
    """
    Roles, calls of tools and their results, tools, sampling; and what the model asks for comes back.
    """
    call = ToolCall(id="1", name="clock", arguments="{}")
    node.near.says = [call, Finished(ending=Ending.TOOL_CALLS)]
    said = [
        rpc.PromptMessage(role=rpc.PROMPT_ROLE_SYSTEM, text="Be brief."),
        rpc.PromptMessage(role=rpc.PROMPT_ROLE_ASSISTANT, tool_calls=[pb.ToolCall(id="0", name="clock")]),
        rpc.PromptMessage(role=rpc.PROMPT_ROLE_TOOL, text="noon", tool_call_id="0"),
    ]
    tool = pb.Tool(name="clock", description="Tells the time.", parameters='{"type": "object"}')
    sampling = pb.Sampling(temperature=0.0, seed=7, tokens_max=9, stop=["\n"], schema="{}")
    parts = [part async for part in node.models.generate(said, tools=[tool], sampling=sampling)]

    (prompt,) = node.near.prompts
    assert list(prompt.messages) == [
        Message(role=Role.SYSTEM, text="Be brief.", tool_calls=[]),
        Message(role=Role.ASSISTANT, tool_calls=[ToolCall(id="0", name="clock", arguments="")]),
        Message(role=Role.TOOL, text="noon", tool_calls=[], tool_call_id="0"),
    ]
    assert list(prompt.tools) == [Tool(name="clock", description="Tells the time.", parameters='{"type": "object"}')]
    assert prompt.sampling == Sampling(temperature=0.0, seed=7, tokens_max=9, stop=["\n"], schema="{}")
    assert parts[1].tool_call == pb.ToolCall(id="1", name="clock", arguments="{}")
    assert parts[2].done.ending == rpc.GENERATE_ENDING_TOOL_CALLS
    assert not parts[2].done.HasField("answer_tokens")


async def test_without_a_name_the_next_model_of_the_ladder_answers(node: Models) -> None:
    """
    As long as nothing was said; who was passed over is told.
    """
    node.near.rejects = "it knows no tools"
    parts = await node.ask("good morning")

    assert parts[0].begun.model == "far/large"
    (passed,) = parts[0].begun.passed_over
    assert passed.startswith("near/small: ")
    assert "it knows no tools" in passed


async def test_a_model_that_dies_in_its_answer_ends_it_with_an_error(node: Models) -> None:
    """
    What was said arrives; no other model goes on.
    """
    node.near.words_max, parts = 1, list[rpc.GenerateResponse]()

    async def listen() -> None:
        async for part in node.models.generate("good morning"):
            parts.append(part)

    with pytest.raises(ArkaliaError) as died:
        await listen()

    assert "".join(part.delta for part in parts) == "good "
    assert died.value.reason == "ASSISTANTIA_ERROR_REASON_MODEL_DOWN"
    assert died.value.metadata == {"model": "near/small"}


async def test_where_no_model_answers_the_error_says_why_of_each(node: Models) -> None:
    """
    And the node is as healthy as before.
    """
    node.near.rejects, node.far.is_down = "too long", True
    with pytest.raises(ArkaliaError) as nobody:
        await node.ask("good morning")
    health, _ = await node.wired.probes[SERVICE]()

    assert nobody.value.reason == "ASSISTANTIA_ERROR_REASON_MODEL_DOWN"
    assert "too long" in str(nobody.value)
    assert health is Health.SERVING


async def test_under_pressure_models_are_spared(node: Models) -> None:
    """
    At MODERATE the first of the ladder, at HEAVY all of them, also the one that is named.
    """
    node.level = Level.MODERATE
    smaller = await node.ask("good morning")
    node.level = Level.HEAVY
    reasons = list[str]()
    for model in ("", "near/small"):
        with pytest.raises(ArkaliaError, match="HEAVY") as spared:
            await node.ask("good morning", model)
        reasons.append(spared.value.reason)

    assert smaller[0].begun.model == "far/large"
    assert reasons == 2 * ["ASSISTANTIA_ERROR_REASON_MODEL_DOWN"]


async def test_a_model_that_keeps_failing_costs_the_others_nothing(node: Models) -> None:
    """
    Its own breaker opens, and no other; nobody is asked to mend the node.
    """
    await node.models.list()
    node.near.is_down = True
    for _ in range(8):
        with pytest.raises(ArkaliaError) as down:
            await node.ask("good morning", "near/small")
        assert down.value.reason == "ASSISTANTIA_ERROR_REASON_MODEL_DOWN"
    parts = await node.ask("good morning", "far/large")

    assert kinds(part.WhichOneof("part") for part in parts) == PARTS
    assert node.state("client/near/models/small") is CircuitState.OPEN
    assert node.state("client/far/models/large") is CircuitState.CLOSED
    assert node.state(f"server/mind-0/{SERVICE}/Generate") is CircuitState.CLOSED
    assert node.reports == []


async def test_names_that_nobody_lists_make_no_breakers(node: Models) -> None:
    """
    They share one.
    """
    await node.models.list()
    for number in range(3):
        with pytest.raises(ArkaliaError):
            await node.ask("good morning", f"near/{number}")

    found = [it.key.method for it in node.parts.circuits.engines() if it.key.peer == "near"]
    assert found == ["models/(others)"]


@pytest.mark.parametrize("model", ["near/huge", "nowhere/small", "extractive"])
async def test_a_model_that_is_not_there_is_unknown(node: Models, model: str) -> None:
    """
    Whether the server or its model is missing.
    """
    with pytest.raises(ArkaliaError) as unknown:
        await node.ask("good morning", model)

    assert unknown.value.reason == "ASSISTANTIA_ERROR_REASON_MODEL_UNKNOWN"
    assert unknown.value.metadata["model"] == model


async def test_hanging_up_stops_the_model(node: Models) -> None:
    """
    In the middle of its answer.
    """
    node.near.halts_at = 1
    async with aclosing(node.models.generate("good morning")) as parts:
        async for part in parts:
            if part.delta:
                break

    async with asyncio.timeout(30):
        assert await node.near.stopped.get() == "small"


async def test_a_model_that_thinks_is_not_silent(node: Models) -> None:
    """
    Checkpoints come until it speaks.
    """
    node.near.go_on.clear()
    seen = []
    async with asyncio.timeout(30):
        async for part in node.models.generate("good morning"):
            seen.append(part.WhichOneof("part"))
            node.near.go_on.set()

    assert seen[0] is None
    assert kinds(filter(None, seen)) == PARTS


async def test_a_pull_tells_how_far_it_is_and_is_recorded(node: Models) -> None:
    """
    The last response has the model under the name that the server gave it.
    """
    steps = [step async for step in node.models.pull("near/tiny")]

    assert (steps[0].status, steps[0].total_bytes) == ("pulling", 3)
    assert steps[-1].model == pb.Model(name="near/tiny:latest", size_bytes=3)
    assert await node.recorded() == [facts.ModelPulled.DESCRIPTOR.full_name]


async def test_two_who_pull_the_same_share_one_pull(node: Models) -> None:
    """
    It goes on when one of them hangs up, and stops with the last.
    """
    node.near.go_on.clear()
    async with asyncio.timeout(30), aclosing(node.models.pull("near/tiny")) as first:
        await anext(first)
        async with aclosing(node.models.pull("near/tiny")) as second:
            await anext(second)
            assert node.near.pulls == 1
        # Checkpoints show that it is still under way.
        await anext(first)
        assert node.near.stopped.empty()
    async with asyncio.timeout(30):
        assert await node.near.stopped.get() == "tiny"

    assert await node.recorded() == []


async def test_a_pull_that_was_stopped_can_be_begun_again(node: Models) -> None:
    """
    As if nothing had been.
    """
    node.near.go_on.clear()
    async with asyncio.timeout(30), aclosing(node.models.pull("near/tiny")) as first:
        await anext(first)
    node.near.go_on.set()
    steps = [step async for step in node.models.pull("near/tiny")]

    assert steps[-1].HasField("model")


@pytest.mark.parametrize(
    ("model", "reason"), [("near/nobody-has-it", "PULL_REJECTED"), ("nowhere/tiny", "MODEL_UNKNOWN")]
)
async def test_what_cannot_be_fetched_is_refused(node: Models, model: str, reason: str) -> None:
    """
    The error says whether the model or its server is not there.
    """
    with pytest.raises(ArkaliaError) as refused:
        [step async for step in node.models.pull(model)]

    assert refused.value.reason == f"ASSISTANTIA_ERROR_REASON_{reason}"


async def test_a_model_is_loaded_and_that_is_recorded(node: Models) -> None:
    """
    The list shows it afterwards.
    """
    loaded = await node.models.load("near/small")

    assert (loaded.name, loaded.loaded, loaded.rank) == ("near/small", True, 1)
    assert await node.recorded() == [facts.ModelLoaded.DESCRIPTOR.full_name]


async def test_limits_of_a_prompt_are_those_of_the_contract(node: Models) -> None:
    """
    One message at least, and every one of somebody.
    """
    for said in ([], [rpc.PromptMessage(text="good morning")]):
        with pytest.raises(ArkaliaError) as refused:
            [part async for part in node.models.generate(said)]
        assert refused.value.reason == "REQUEST_ERROR_REASON_INVALID"
