"""Memory on a whole node, through Envoy: gRPC, REST and the command line."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
import pytest_asyncio

from arkalia_client import connect, new_memory
from tests.node import Node, running_node

pytestmark = [pytest.mark.mesh, pytest.mark.asyncio(loop_scope="module")]

DOOR = "The greenhouse door was left open at night."
CAT = "A cat sleeps on the warm oven."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node() -> AsyncIterator[Node]:
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder), sample_seconds="0.5") as node:
            await _until_memory_answers(node)
            yield node


async def _until_memory_answers(node: Node) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient(base_url=node.url, timeout=20) as client:
        while (await client.get("/v1/memory-index")).status_code != 200:
            await asyncio.sleep(0.1)


async def arkalia(node: Node, *arguments: str, expect: int = 0) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "luna", *arguments), env=node.environ, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    assert process.returncode == expect, said.decode()
    return said.decode()


async def test_a_question_in_other_words_finds_the_memory(node: Node) -> None:
    """
    By meaning, with the model that comes with the node, and with the event to cite.
    """
    async with connect(node.target) as client:
        done = await client.memories.retain("grpc", new_memory(DOOR), visible=True)
        await client.memories.retain("grpc", new_memory(CAT), visible=True)
        answer = await client.memories.recall("grpc", "somebody forgot to close the entrance of the hothouse")
        (event,) = [event async for event in client.events.read() if event.event_id == done.event_id]

    assert answer.memories[0].memory.text == DOOR
    assert event.stream == "memory/grpc"


async def test_everything_is_there_in_rest(node: Node) -> None:
    """
    Retained, recalled, listed, got, forgotten; and refused as a caller of REST expects.
    """
    async with httpx.AsyncClient(base_url=f"{node.url}/v1", timeout=20) as client:
        kept = await client.post("/memory/rest/memories", json={"memory": {"id": "a", "text": DOOR}, "visible": True})
        again = await client.post("/memory/rest/memories", json={"memory": {"id": "a", "text": DOOR}})
        found = await client.post("/memory/rest:recall", json={"text": "an open door"})
        listed = await client.get("/memory/rest/memories")
        got = await client.get("/memory/rest/memories/a")
        other = await client.get("/memory/elsewhere/memories/a")
        empty = await client.post("/memory/rest/memories", json={"memory": {"text": ""}})
        unknown = await client.post("/memory/rest:recall", json={"text": "door", "filter": {"colour": "red"}})
        gone = await client.post("/memory/rest:forget", json={"ids": ["a"]})

    assert (kept.json()["visible"], again.json()["duplicate"]) == (True, True)
    assert [each["memory"]["id"] for each in found.json()["memories"]] == ["a"]
    assert [each["id"] for each in listed.json()["memories"]] == [got.json()["memory"]["id"]] == ["a"]
    assert (other.status_code, empty.status_code, unknown.status_code) == (404, 400, 400)
    assert gone.json()["forgottenCount"] == 1


async def test_the_command_line_remembers(node: Node) -> None:
    """
    Recalls, shows, forgets, and exits with what a script can branch on.
    """
    id = json.loads(await arkalia(node, "remember", DOOR, "-n", "cli", "--json"))["id"]
    known = json.loads(await arkalia(node, "remember", DOOR, "-n", "cli", "--json"))
    found = json.loads(await arkalia(node, "recall", "open door", "-n", "cli", "--json"))
    shown = await arkalia(node, "recall", "open door", "-n", "cli", "--why")
    listed = await arkalia(node, "memories", "list", "-n", "cli")
    await arkalia(node, "remember", CAT, "--id", id, "-n", "cli", expect=1)
    await arkalia(node, "forget", id, "-n", "cli")

    assert known["duplicate"]
    assert found["memories"][0]["memory"]["id"] == id
    assert DOOR in shown
    assert "recency" in shown
    assert DOOR in listed
    assert "0 memories" in await arkalia(node, "memories", "stats", "-n", "cli")
    assert json.loads((await arkalia(node, "memories", "reindex", "--json")).splitlines()[-1])["done"]


async def test_the_command_line_restores_a_version(node: Node) -> None:
    """
    Or tells what that would change.
    """
    await arkalia(node, "remember", DOOR, "--id", "a", "-n", "back")
    await arkalia(node, "memories", "tag", "before-back")
    await arkalia(node, "forget", "a", "-n", "back")
    options = ("memories", "restore", "--tag", "before-back", "-n", "back", "--json")
    told = json.loads((await arkalia(node, *options, "--dry-run")).splitlines()[-1])
    await arkalia(node, *options, "--yes")

    assert (told["retainTotal"], told["done"]) == ("1", True)
    assert DOOR in await arkalia(node, "memories", "list", "-n", "back")
    await arkalia(node, "memories", "restore", expect=64)


async def test_a_folder_is_remembered_once(node: Node, tmp_path: Path) -> None:
    """
    Run again, the import passes over what is there.
    """
    (tmp_path / "deep").mkdir()
    (tmp_path / "one.md").write_text(f"# Notes\n\n{DOOR}\n\n" + "\n\n".join(f"Line {n}. " * 20 for n in range(20)))
    (tmp_path / "deep" / "two.txt").write_text(CAT)
    (tmp_path / "image.png").write_bytes(b"\x89PNG")
    first = json.loads(await arkalia(node, "memories", "import", str(tmp_path), "-n", "folder", "--json"))
    second = json.loads(await arkalia(node, "memories", "import", str(tmp_path), "-n", "folder", "--json"))
    found = json.loads(await arkalia(node, "recall", "cat oven", "-n", "folder", "--json"))

    assert first["retainedCount"] == second["duplicateCount"] >= 5
    assert "retainedCount" not in second
    assert found["memories"][0]["memory"]["attributes"] == [{"key": "source", "value": "deep/two.txt"}]
