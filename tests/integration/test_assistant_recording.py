"""A model is asked while the message is recorded, and heard once it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from arkalia.assistantia.v1 import assistant_service_pb2 as rpc

from arkalia_client import ArkaliaError
from luna.kernel.event_errors import FailedCheck, VersionConflictError
from luna.kernel.events import Append, Appended, Expect
from tests.integration.assistant_server import Whole, whole_node
from tests.scripted_models import Script, ScriptedModels

ID = "4d6f0f0e-6a0f-4c3e-9f0e-0d7a5f1e2b3c"


class Gate:
    """Holds appends back until it is opened, and lets the first one fail if it is to."""

    def __init__(self, node: Whole, *, fails: bool = False) -> None:
        self._append = node.behind.log.append
        self._fails = fails
        self.open = asyncio.Event()
        self.streams: list[str] = []
        node.behind.log.append = self.append  # type: ignore[method-assign]

    async def append(self, append: Append) -> Appended:
        self.streams += [write.stream for write in append.writes]
        await self.open.wait()
        if self._fails:
            raise VersionConflictError(
                [FailedCheck(stream=append.writes[0].stream, expected=Expect.NO_STREAM, actual_version=7)]
            )
        return await self._append(append)


@asynccontextmanager
async def asked(
    script: Script, *, fails: bool = False
) -> AsyncIterator[tuple[Gate, list[rpc.ChatResponse], asyncio.Task[None]]]:
    """Ask *script*, and yield once it has stalled and its words were nearly said."""
    async with whole_node(ScriptedModels(script)) as node:
        gate, got = Gate(node, fails=fails), list[rpc.ChatResponse]()

        async def hear() -> None:
            async for part in node.assistant.chat("Count.", conversation_id=ID):
                got.append(part)

        hearing = asyncio.create_task(hear())
        async with asyncio.timeout(30):
            await script.stalled.wait()
            yield gate, got, hearing
        hearing.cancel()
        await asyncio.wait({hearing})


async def test_nothing_is_heard_before_the_record_is_safe() -> None:
    """
    However early the model speaks.
    """
    async with asked(Script(name="big", says=["One", " two", " three"], stalls_after=2)) as (gate, got, _):
        await asyncio.sleep(0.05)

        assert got == []
        gate.open.set()
        while "".join(part.delta for part in got) != "One two":
            await asyncio.sleep(0.01)

    assert got[0].HasField("begun")


async def test_what_cannot_be_recorded_is_not_answered() -> None:
    """
    The model is told to stop, and of its answer nothing is recorded either.
    """
    script = Script(name="big", says=["One", " two", " three"], stalls_after=2)
    async with asked(script, fails=True) as (gate, got, hearing):
        gate.open.set()
        with pytest.raises(ArkaliaError) as refused:
            await hearing

    assert refused.value.reason == "ASSISTANTIA_ERROR_REASON_CONVERSATION_UNKNOWN"
    assert (got, script.hangups, gate.streams) == ([], 1, [f"conversation/{ID}"])
