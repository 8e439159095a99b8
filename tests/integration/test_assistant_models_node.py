"""Conversations with language models on a whole node, through Envoy; the models are served by other processes."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from arkalia.assistantia.v1 import conversation_pb2 as pb
from arkalia.node.v1.health_pb2 import DEGRADATION_LEVEL_NORMAL

from arkalia_client import Arkalia, ArkaliaError, connect
from tests.integration.test_assistant_node import arkalia
from tests.model_servers import FakeModel, ModelServer, model_process, model_server, saying
from tests.node import Node, running_node

pytestmark = pytest.mark.mesh

LONG = " ".join(f"word{number}" for number in range(1000))


@asynccontextmanager
async def talking(home: Path, ollama: str, openai: ModelServer) -> AsyncIterator[tuple[Node, Arkalia]]:
    names = [*(["ollama/big:7b"] if ollama else []), *(f"openai/{name}" for name in openai.models)]
    settings = {"ollama_url": ollama, "openai_url": openai.openai_url, "models": ",".join(names)}
    async with running_node(home, "--all-in-one", **settings) as node, connect(node.target) as client:
        # Who asks sooner is answered by those that are known by then.
        async with asyncio.timeout(180):
            while len((await client.models.list()).models) <= len(names):
                await asyncio.sleep(0.1)
        # However busy the machine is: under pressure no model is asked.
        await client.degradation.set(DEGRADATION_LEVEL_NORMAL, reason="a test", hold_seconds=1800)
        yield node, client


async def test_the_next_model_answers_where_a_server_dies(tmp_path: Path) -> None:
    """
    The first server dies before its first word: nobody who asks notices, but for a note.
    """
    small = FakeModel(name="small:1b", says=saying("It is under the blue pot."))
    async with (
        model_process("--model", "big:7b", "--dies-after", "0") as (_, ollama),
        model_server(small) as openai,
        talking(tmp_path, ollama, openai) as (node, _),
        httpx.AsyncClient(base_url=node.url, timeout=60) as rest,
    ):
        asked = {"message": "Where is the key of the greenhouse?"}
        answer = await rest.post("/v1/assistant:chat", json=asked, headers={"accept": "text/event-stream"})
        said = await arkalia(node, "chat", "--model", "openai/small:1b", "Where is the key of the greenhouse?")

    parts = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if "data: " in line]
    done = parts[-1]["done"]
    assert "".join(part.get("delta", "") for part in parts) == "It is under the blue pot."
    assert (done["rung"], done["model"]) == ("ANSWER_RUNG_SMALLER_MODEL", "openai/small:1b")
    assert [note for note in done["notes"] if note.startswith("ollama/big:7b does not answer: ")]
    assert "It is under the blue pot." in said
    assert "openai/small:1b" in said


async def test_a_model_that_is_killed_in_the_middle_ends_the_answer(tmp_path: Path) -> None:
    """
    With an error that a program can act on; what was said is kept. Whoever hangs up stops a model at once.
    """
    slow = FakeModel(name="slow:1b", says=saying(LONG), tokens_per_second=50)
    async with (
        model_process("--model", "big:7b", "--says", LONG, "--tokens-per-second", "50") as (process, ollama),
        model_server(slow) as openai,
        talking(tmp_path, ollama, openai) as (_, client),
    ):
        said, id = "", ""
        with pytest.raises(ArkaliaError) as broke:  # noqa: PT012  the stream is what fails
            async for part in client.assistant.chat("Say a lot."):
                id, said = part.begun.conversation_id or id, said + part.delta
                if said.count("word") == 5 and process.returncode is None:
                    process.kill()
        (_, turn) = (await client.assistant.conversation(id)).turns
        async with aclosing(client.assistant.chat("Say a lot.", model="openai/slow:1b")) as parts:
            async for part in parts:
                if part.delta:
                    break
        await openai.hung_up()
        said_after = openai.tokens_said
        async with asyncio.timeout(30):
            while openai.under_way:
                await asyncio.sleep(0.05)

    assert broke.value.reason == "ASSISTANTIA_ERROR_REASON_ANSWER_BROKE_OFF"
    assert broke.value.metadata == {"conversation_id": id, "turn_id": turn.turn_id, "model": "ollama/big:7b"}
    assert turn.text == said
    assert turn.broke_off
    assert said_after < 1000


async def test_ctrl_c_interrupts_the_answer_and_not_the_chat(tmp_path: Path) -> None:
    """
    The model stops, and the next question is answered.
    """
    slow = FakeModel(name="slow:1b", says=saying(LONG), tokens_per_second=50)
    async with (
        model_server(slow) as openai,
        talking(tmp_path, "", openai) as (node, _),
    ):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "luna", "chat"),
            env=node.environ,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin
        process.stdin.write(b"Say a lot.\n")
        await openai.busy()
        process.send_signal(signal.SIGINT)
        await openai.hung_up()
        slow.says, slow.tokens_per_second = saying("Enough."), 0
        async with asyncio.timeout(60):
            said, _ = await process.communicate(b"Enough?\n/quit\n")

    assert process.returncode == 0
    assert "interrupted" in said.decode()
    assert "Enough." in said.decode()


async def test_an_interrupt_reaches_the_model_and_the_stream_goes_on(tmp_path: Path) -> None:
    """
    Through Envoy, in both directions.
    """
    slow = FakeModel(name="slow:1b", says=saying(LONG), tokens_per_second=50)
    async with (
        model_server(slow) as openai,
        talking(tmp_path, "", openai) as (_, client),
        client.assistant.converse() as talk,
    ):
        await talk.say("Say a lot.")
        first = talk.answer()
        while not (await anext(first)).delta:
            pass
        await talk.interrupt()
        ended = [part async for part in first][-1].done
        await openai.hung_up()
        slow.says, slow.tokens_per_second = saying("Enough."), 0
        await talk.say("Enough?")
        again = "".join([part.delta async for part in talk.answer()])

    assert ended.ending == pb.ANSWER_ENDING_INTERRUPTED
    assert again == "Enough."
