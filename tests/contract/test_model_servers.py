"""Every server of language models keeps the promises, and each its own."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from luna.adapters.model_http import Patience
from luna.adapters.model_ollama import OllamaServer
from luna.adapters.model_openai import OpenAiServer
from luna.kernel.generation import Ending, Finished, Message, Prompt, Role, Tool, ToolCall
from luna.kernel.language_model import ModelInfo
from luna.kernel.language_model import ModelServer as Port
from luna.kernel.model_errors import ModelServerError, PromptRejectedError, PullRejectedError
from tests.contract.model_server import Held, ModelServerContract, asking, pieces_of, progress_of, rest_of, text_of
from tests.model_servers import FakeModel, ModelServer, babble, model_process, model_server
from tests.node import free_ports

CLOCK = Tool(
    name="clock",
    description="Tells the time.",
    parameters=json.dumps({"type": "object", "properties": {"zone": {"type": "string"}}}),
)
HALF_A_CALL = b'{"index":0,"function":{"name":"f","arguments":"{1"}}'
BABBLE = "babble:3b"


@pytest.fixture
async def fake() -> AsyncIterator[ModelServer]:
    models = [FakeModel(), FakeModel(name=BABBLE, says=babble, tokens_per_second=1000)]
    async with model_server(*models) as running:
        yield running


class Networked(ModelServerContract):
    """What holds of each server that is spoken to over a network."""

    @pytest.fixture
    async def held(self, fake: ModelServer, server: Port) -> Held:
        return Held(server=server, model=BABBLE, until_idle=fake.hung_up)

    async def test_a_tool_is_asked_for_and_what_it_says_is_heard(self, fake: ModelServer, server: Port) -> None:
        """
        The whole way round.
        """
        fake.models["echo:1b"].calls = [("clock", {"zone": "Europe/Zürich"}), ("clock", {})]
        question = Message(role=Role.USER, text="what time is it?")
        first, second, end = await pieces_of(server, "echo:1b", Prompt(messages=[question], tools=[CLOCK]))
        assert isinstance(first, ToolCall)
        assert isinstance(second, ToolCall)
        wish = Message(role=Role.ASSISTANT, tool_calls=[first, second])
        told = [
            Message(role=Role.TOOL, text=text, tool_call_id=call.id)
            for text, call in (("ten", first), ("eight", second))
        ]
        said = await text_of(server, "echo:1b", Prompt(messages=[question, wish, *told], tools=[CLOCK]))

        assert (first.name, json.loads(first.arguments)) == ("clock", {"zone": "Europe/Zürich"})
        assert first.id != second.id
        assert isinstance(end, Finished)
        assert end.ending is Ending.TOOL_CALLS
        assert said == "You said: eight"
        assert [message["role"] for message in fake.asked[-1].messages] == ["user", "assistant", "tool", "tool"]

    async def test_tokens_are_counted(self, server: Port) -> None:
        """
        As the server says.
        """
        end = (await pieces_of(server, "echo:1b", asking("one two three")))[-1]

        assert end == Finished(ending=Ending.STOP, prompt_tokens=5, answer_tokens=5)

    async def test_what_is_not_wished_is_left_to_the_model(self, fake: ModelServer, server: Port) -> None:
        """
        And what is wished arrives.
        """
        await text_of(server, "echo:1b", Prompt(messages=[Message(role=Role.USER, text="hello")]))
        await text_of(server, "echo:1b", asking(top_p=0.5, stop=["x", "y"]))

        assert fake.asked[0].options.keys() <= {"num_ctx"}
        wished = {"temperature": 1.0, "top_p": 0.5, "seed": 1, "tokens_max": 24, "stop": ["x", "y"]}
        assert {**fake.asked[1].options, **wished} == fake.asked[1].options

    async def test_a_server_that_dies_in_an_answer_is_a_failure(self, fake: ModelServer, server: Port) -> None:
        """
        It answers the next as ever.
        """
        fake.models["echo:1b"].dies_after = 2
        with pytest.raises(ModelServerError, match="in the middle of an answer"):
            await text_of(server, "echo:1b", asking())
        fake.models["echo:1b"].dies_after = None

        assert await text_of(server, "echo:1b", asking()) == "You said: tell me something"

    async def test_a_failure_in_an_answer_is_told(self, fake: ModelServer, server: Port) -> None:
        """
        In the words of the server.
        """
        fake.models["echo:1b"].fails_after = 1
        with pytest.raises(ModelServerError, match="the model fell over"):
            await text_of(server, "echo:1b", asking())

    @pytest.mark.parametrize(
        ("status", "kind"),
        [(400, PromptRejectedError), (413, PromptRejectedError), (429, ModelServerError), (500, ModelServerError)],
    )
    async def test_a_refusal_is_told(self, fake: ModelServer, server: Port, status: int, kind: type[Exception]) -> None:
        """
        Whose fault it is decides whether asking again helps.
        """
        fake.models["echo:1b"].status = status
        with pytest.raises(kind, match=f"answered {status}: something is wrong with the model"):
            await text_of(server, "echo:1b", asking())

    async def test_a_model_without_tools_refuses_them(self, fake: ModelServer, server: Port) -> None:
        """
        The caller can ask without.
        """
        fake.models["echo:1b"].takes_tools = False
        with pytest.raises(PromptRejectedError, match="does not support tools"):
            await pieces_of(server, "echo:1b", Prompt(messages=asking().messages, tools=[CLOCK]))

    @pytest.mark.parametrize(
        "body",
        [b"<html>", b"[]", b"{", b'{"models": 7, "data": 7}', b'{"models": [7], "data": [7]}', b"[" * 200_000, b""],
    )
    async def test_what_is_no_answer_is_a_failure(self, fake: ModelServer, server: Port, body: bytes) -> None:
        """
        Somebody else may have the port.
        """
        fake.raw = 200, body
        with pytest.raises(ModelServerError):
            await server.models()
        with pytest.raises(ModelServerError):
            await text_of(server, "echo:1b", asking())
        fake.raw = None

        assert await server.models()

    async def test_a_line_without_end_is_not_kept(self, fake: ModelServer, server: Port) -> None:
        """
        Memory is bounded.
        """
        fake.raw = 200, b"x" * (2**20 + 1)
        with pytest.raises(ModelServerError, match="more than 1048576 bytes"):
            await text_of(server, "echo:1b", asking())


class TestOllama(Networked):
    @pytest.fixture
    async def server(self, fake: ModelServer) -> AsyncIterator[Port]:
        async with aclosing(OllamaServer(fake.url, context_tokens=2048)) as made:
            yield made

    async def test_it_tells_what_it_knows_of_a_model(self, fake: ModelServer, server: Port) -> None:
        """
        Those that only make vectors are left out, and what was asked once is not asked again.
        """
        fake.models["minilm:22m"] = FakeModel(name="minilm:22m", answers=False)
        await server.load("echo:1b")
        before = fake.paths.count("/api/show")
        held = {info.name: info for info in await server.models()}

        assert held.keys() == {"echo:1b", BABBLE}
        assert held["echo:1b"] == ModelInfo(
            name="echo:1b",
            size_bytes=700_000_000,
            parameters=1_000_000_000,
            context_tokens=2048,
            quantization="Q4_0",
            is_loaded=True,
        )
        assert held[BABBLE].is_loaded is False
        assert fake.paths.count("/api/show") == before

    async def test_a_prompt_is_given_the_room_that_is_told(self, fake: ModelServer, server: Port) -> None:
        """
        Loading gives it the same, or the model would be loaded twice.
        """
        await text_of(server, "echo:1b", asking())

        assert fake.asked[0].options["num_ctx"] == 2048

    async def test_a_model_is_fetched(self, fake: ModelServer, server: Port) -> None:
        """
        All its layers together never grow less, and in the end it is there.
        """
        fake.offered["new:1b"] = FakeModel(name="new:1b")
        progress = await progress_of(server, "new:1b")

        assert [each.done_bytes for each in progress] == sorted(each.done_bytes for each in progress)
        assert (progress[-1].status, progress[-1].done_bytes) == ("success", 700_001_000)
        assert "new:1b" in [info.name for info in await server.models()]

    async def test_a_model_without_room_is_not_loaded(self, fake: ModelServer, server: Port) -> None:
        """
        The reason is that of the server.
        """
        fake.models["echo:1b"].status = 500
        with pytest.raises(ModelServerError, match="requires more system memory"):
            await server.load("echo:1b")

    @pytest.mark.parametrize(
        ("said", "kind"),
        [
            (b'{"error": "pull model manifest: file does not exist"}', PullRejectedError),
            (b'{"error": "dial tcp: lookup registry: no such host"}', ModelServerError),
            (b'{"status": "pulling manifest"}', ModelServerError),
            (b'{"status": "pulling", "digest": "d", "total": "much"}', ModelServerError),
        ],
    )
    async def test_a_fetch_that_fails_says_why(
        self, fake: ModelServer, server: Port, said: bytes, kind: type[Exception]
    ) -> None:
        """
        Trying again helps against some of it.
        """
        fake.raw = 200, said
        with pytest.raises(kind):
            await progress_of(server, "new:1b")


class TestOpenAi(Networked):
    @pytest.fixture
    async def server(self, fake: ModelServer) -> AsyncIterator[Port]:
        fake.key = "k-123"
        async with aclosing(OpenAiServer(fake.openai_url, key="k-123")) as made:
            yield made

    async def test_a_refused_key_is_named_and_not_shown(self, fake: ModelServer) -> None:
        """
        Whatever the server says about it.
        """
        fake.key = "another"
        async with aclosing(OpenAiServer(fake.openai_url, key="k-123")) as server:
            for asking_it in (server.models(), text_of(server, "echo:1b", asking())):
                with pytest.raises(ModelServerError, match="does not take the API key") as caught:
                    await asking_it

                assert "k-123" not in str(caught.value)

    @pytest.mark.parametrize(
        ("events", "said"),
        [
            (b'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n', "a"),
            (b'data:{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n', "a"),
            (b': hello\r\n\r\ndata: {"choices":\r\ndata: [{"delta":{"content":"a"}}]}\r\n\r\ndata: [DONE]', "a"),
            (b'event: x\ndata: {"choices":[{"delta":{"content":"a"}}],"usage":null}\n\ndata: [DONE]\n\n', "a"),
        ],
    )
    async def test_events_are_read_as_they_are_written(
        self, fake: ModelServer, server: Port, events: bytes, said: str
    ) -> None:
        """
        Servers differ in blanks, ends of lines, comments and the last word.
        """
        fake.raw = 200, events

        assert await text_of(server, "echo:1b", asking()) == said

    @pytest.mark.parametrize(
        ("events", "why"),
        [
            (b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n', "in the middle of an answer"),
            (b'error: {"code":500,"message":"slot is gone"}\n\n', "slot is gone"),
            (b'data: {"error":{"message":"slot is gone"}}\n\n', "slot is gone"),
            (b'data: {"choices":[7]}\n\n', "no part of an answer"),
            (b'data: {"choices":[{"delta":{"tool_calls":[' + HALF_A_CALL + b"]}}]}\n\ndata: [DONE]\n\n", "no JSON"),
        ],
    )
    async def test_half_an_answer_is_a_failure(self, fake: ModelServer, server: Port, events: bytes, why: str) -> None:
        """
        It says what is missing.
        """
        fake.raw = 200, events
        with pytest.raises(ModelServerError, match=why):
            await text_of(server, "echo:1b", asking())


@pytest.mark.parametrize("kind", [OllamaServer, OpenAiServer])
async def test_a_port_where_nobody_listens_is_a_failure(kind: type[OllamaServer]) -> None:
    """
    It is told at once.
    """
    async with aclosing(kind(f"http://127.0.0.1:{free_ports(1)[0]}")) as server:
        with pytest.raises(ModelServerError, match="does not answer"):
            await server.models()
        with pytest.raises(ModelServerError, match="does not answer"):
            await text_of(server, "echo:1b", asking())


@pytest.mark.parametrize("stalls_after", [0, 2])
async def test_silence_has_a_limit(stalls_after: int) -> None:
    """
    Before the first word, and after any.
    """
    patience = Patience(first_seconds=0.2, next_seconds=0.2)
    async with model_server(FakeModel(stalls_after=stalls_after)) as fake:
        for server in (OllamaServer(fake.url, patience=patience), OpenAiServer(fake.openai_url, patience=patience)):
            async with aclosing(server):
                with pytest.raises(ModelServerError, match=r"was silent for 0\.2 s"):
                    await text_of(server, "echo:1b", asking())
        await fake.hung_up(2)


async def test_a_server_that_is_killed_in_an_answer_is_a_failure() -> None:
    """
    A real process, and a real SIGKILL.
    """
    options = ("--model", "echo:1b", "--tokens-per-second", "20", "--says", "word " * 1000)
    async with model_process(*options) as (process, url), aclosing(OllamaServer(url)) as server:
        async with asyncio.timeout(60), aclosing(server.generate("echo:1b", asking(tokens_max=None))) as pieces:
            await anext(pieces)
            process.kill()
            with pytest.raises(ModelServerError, match="in the middle of an answer"):
                await rest_of(pieces)
        with pytest.raises(ModelServerError, match="does not answer"):
            await server.models()
