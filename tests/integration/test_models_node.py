"""Language models on a whole node, through Envoy: gRPC, REST, server-sent events and the command line."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
import pytest_asyncio
from arkalia.assistantia.v1.model_service_pb2 import GenerateResponse
from arkalia.node.v1.health_pb2 import DEGRADATION_LEVEL_NORMAL

from arkalia_client import ArkaliaError, connect
from tests.model_servers import FakeModel, ModelServer, model_process, model_server
from tests.node import Node, running_node

pytestmark = [pytest.mark.mesh, pytest.mark.asyncio(loop_scope="module")]

NEW = FakeModel(name="new:1b", size_bytes=4000)


@dataclass(kw_only=True)
class Beside:
    """A node, a server of models beside it, and another one in a process of its own."""

    node: Node
    near: ModelServer
    other: asyncio.subprocess.Process

    async def post(self, path: str, body: dict[str, Any], accept: str = "application/json") -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.node.url, timeout=60) as rest:
            return await rest.post(path, json=body, headers={"accept": accept})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def beside() -> AsyncIterator[Beside]:
    stalling = FakeModel(name="stalling:1b", stalls_after=2, parameters=1000)
    with TemporaryDirectory(prefix="luna") as folder:
        async with (
            model_server(FakeModel(), stalling) as near,
            model_process("--model", "slow", "--tokens-per-second", "20", "--says", "word " * 10_000) as (other, url),
            running_node(
                Path(folder), ollama_url=near.url, openai_url=f"{url}/v1", models="openai/gone, ollama/echo:1b"
            ) as node,
        ):
            near.offered[NEW.name] = NEW
            async with asyncio.timeout(60), httpx.AsyncClient(base_url=node.url) as rest:
                while (await rest.get("/v1/models")).status_code != httpx.codes.OK:
                    # The process that serves it may start after the front door.
                    await asyncio.sleep(0.1)
            async with connect(node.target) as client:
                # A machine under load would have the node refuse some of what is tried.
                await client.degradation.set(DEGRADATION_LEVEL_NORMAL, reason="a test", hold_seconds=900)
            yield Beside(node=node, near=near, other=other)


async def arkalia(node: Node, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "luna", *arguments),
        env=node.environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def said_by(node: Node, *arguments: str, expect: int = 0) -> tuple[str, str]:
    process = await arkalia(node, *arguments)
    async with asyncio.timeout(60):
        said, complained = await process.communicate()
    assert process.returncode == expect, complained.decode()
    return said.decode(), complained.decode()


def events_of(answer: httpx.Response) -> Sequence[dict[str, Any]]:
    return [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: ")]


async def test_models_of_both_servers_are_listed(beside: Beside) -> None:
    """
    Those of the ladder first, over REST and for people.
    """
    async with httpx.AsyncClient(base_url=beside.node.url, timeout=60) as rest:
        found = (await rest.get("/v1/models")).json()
    said, _ = await said_by(beside.node, "models", "list")

    ranks = {model["name"]: model["rank"] for model in found["models"]}
    assert next(iter(ranks)) == "ollama/echo:1b"
    assert ranks["openai/slow"] == 0
    assert ranks["extractive"] > ranks["ollama/echo:1b"]
    assert "ollama/stalling:1b" in said


async def test_an_answer_comes_as_server_sent_events(beside: Beside) -> None:
    """
    Of the first model of the ladder that begins.
    """
    body = {"messages": [{"role": "PROMPT_ROLE_USER", "text": "good morning"}]}
    parts = events_of(await beside.post("/v1/models:generate", body, accept="text/event-stream"))

    assert parts[0]["begun"]["model"] == "ollama/echo:1b"
    assert "".join(part.get("delta", "") for part in parts) == "You said: good morning"
    assert parts[-1]["done"]["ending"] == "GENERATE_ENDING_STOP"
    assert parts[-1]["done"]["answerTokens"] == 4


async def test_a_model_is_asked_from_the_command_line(beside: Beside) -> None:
    """
    The answer is printed, and what it took beside it.
    """
    said, took = await said_by(beside.node, "models", "ask", "ollama/echo:1b", "good morning")

    assert said == "You said: good morning\n"
    assert "ollama/echo:1b" in took
    assert "4 tokens" in took


async def test_a_pull_is_shown_and_the_model_can_be_asked(beside: Beside) -> None:
    """
    Every step is a line of JSON for programs, and the last has the model.
    """
    said, _ = await said_by(beside.node, "models", "pull", "ollama/new:1b", "--json")
    steps = [json.loads(line) for line in said.splitlines()]
    loaded = (await beside.post("/v1/models:load", {"model": "ollama/new:1b"})).json()

    assert (steps[-1]["model"]["name"], steps[-1]["model"]["sizeBytes"]) == ("ollama/new:1b", "4000")
    assert loaded["model"]["loaded"] is True


async def test_what_nobody_offers_is_refused(beside: Beside) -> None:
    """
    The command fails, and says why.
    """
    _, complained = await said_by(beside.node, "models", "pull", "ollama/nobody-has-it", expect=1)

    assert "ASSISTANTIA_ERROR_REASON_PULL_REJECTED" in complained


async def test_who_hangs_up_stops_the_model(beside: Beside) -> None:
    """
    Through Envoy and the node, down to the socket of the server.
    """
    before = beside.near.hangups
    async with (
        connect(beside.node.target) as client,
        aclosing(client.models.generate("one two three four", model="ollama/stalling:1b")) as parts,
    ):
        async for part in parts:
            if part.delta:
                break

    await beside.near.hung_up(before + 1)


async def test_control_c_stops_the_model(beside: Beside) -> None:
    """
    The command ends by itself, and without a traceback.
    """
    before = beside.near.hangups
    process = await arkalia(beside.node, "models", "ask", "ollama/stalling:1b", "one two three four")
    assert process.stdout is not None
    async with asyncio.timeout(60):
        await process.stdout.read(1)
        process.send_signal(signal.SIGINT)
        _, complained = await process.communicate()

    await beside.near.hung_up(before + 1)
    assert "Traceback" not in complained.decode()


async def test_a_server_that_is_killed_in_an_answer_ends_it_with_an_error(beside: Beside) -> None:
    """
    With the name of the model; and the node answers on with another.
    """
    parts: list[GenerateResponse] = []

    async def listen() -> None:
        async with connect(beside.node.target) as client:
            async for part in client.models.generate("go on", model="openai/slow"):
                parts.append(part)
                if part.delta and beside.other.returncode is None:
                    beside.other.kill()

    async with asyncio.timeout(60):
        with pytest.raises(ArkaliaError) as died:
            await listen()
    async with connect(beside.node.target) as client:
        answer = [part async for part in client.models.generate("good morning")]

    assert any(part.delta for part in parts)
    assert died.value.reason == "ASSISTANTIA_ERROR_REASON_MODEL_DOWN"
    assert died.value.metadata["model"] == "openai/slow"
    assert answer[0].begun.model == "ollama/echo:1b"
