"""A conversation over one stream, without a server: what comes late, what comes early, and what does not come."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from arkalia.assistantia.v1 import assistant_service_pb2 as rpc
from arkalia.assistantia.v1 import conversation_pb2 as pb
from arkalia.assistantia.v1.model_pb2 import Tool

from luna.kernel.feed import Feed, Refusals
from luna.kernel.generation import Ending, Finished, Role, ToolCall
from luna.kernel.model_tools import ModelTools
from luna.modules.assistantia.asking import AboutNode
from luna.modules.assistantia.assistant import Assistant
from luna.modules.assistantia.budget import Budget
from luna.modules.assistantia.conversations import Conversations
from luna.modules.assistantia.conversing import converse
from luna.modules.assistantia.domain import Passage
from luna.modules.assistantia.errors import ConversationUnknownError, PageTokenError
from luna.modules.assistantia.finding import Finder
from luna.modules.assistantia.guard import PromptGuard
from luna.modules.assistantia.learned import load_model
from luna.modules.assistantia.lexicon import load
from luna.modules.assistantia.models import ModelShelf
from luna.modules.assistantia.receiving import Mind
from luna.modules.assistantia.screening import Screen
from tests.integration.memory_server import Node
from tests.scripted_models import Script, ScriptedModels

TOOLS = [Tool(name="weather", description="Tells the weather.")]
CALLS = (ToolCall(id="call-1", name="weather", arguments="{}"), Finished(ending=Ending.TOOL_CALLS))


class NoSources:
    """Sources in which there is nothing."""

    async def recall(self, namespace: str, question: str, limit: int) -> Sequence[Passage]:
        return ()

    async def decisions(self, about: AboutNode) -> Sequence[Passage]:
        return ()


def assistant(*scripts: Script) -> Assistant:
    behind, guard = Node(), PromptGuard(load(), load_model())
    feed = Feed(behind.log, Refusals(page=PageTokenError), checkpoint_seconds=1)
    mind = Mind(
        finder=Finder(NoSources(), Screen(guard), behind.clock),
        shelf=ModelShelf(ModelTools(servers=[ScriptedModels(*scripts)]), behind.clock, "mind-0"),
        guard=guard,
        budget=Budget(behind.log, behind.clock, 0),
        clock=behind.clock,
        level=lambda: 1,
        node="node",
    )
    return Assistant(mind, Conversations(behind.log, feed, behind.clock, "node/mind-0"))


def said(message: str) -> rpc.ConverseRequest:
    return rpc.ConverseRequest(message=rpc.ChatRequest(message=message, tools=TOOLS))


async def sent(*requests: rpc.ConverseRequest) -> AsyncIterator[rpc.ConverseRequest]:
    for request in requests:
        yield request


async def test_a_result_that_does_not_come_is_told_to_be_missing() -> None:
    """
    The model goes on without it.
    """
    big = Script(name="big", says=CALLS, says_after=(1, ["No idea", "."]))
    async with asyncio.timeout(30):
        parts = [part async for part in converse(assistant(big), sent(said("How is it?")), tool_seconds=0.01)]

    told = big.prompts[1].messages[-1]
    assert (told.role, told.text) == (Role.TOOL, "no result within 0.01 s")
    assert isinstance(parts[-1], rpc.ChatResponse)
    assert parts[-1].done.ending == pb.ANSWER_ENDING_STOP


async def test_an_interrupt_is_for_what_was_said_before_it() -> None:
    """
    What waits is not answered; what comes later is.
    """
    big = Script(name="big", says=["One", " two"], stalls_after=1)
    interrupt = rpc.ConverseRequest(interrupt=rpc.ConverseInterrupt())

    async def requests() -> AsyncIterator[rpc.ConverseRequest]:
        yield said("First.")
        yield said("Second.")
        await big.stalled.wait()
        yield interrupt
        big.stalls_after = None
        yield said("Third.")

    async with asyncio.timeout(30):
        parts = [part async for part in converse(assistant(big), requests())]

    done = [part.done for part in parts if isinstance(part, rpc.ChatResponse) and part.HasField("done")]
    assert [it.ending for it in done] == [
        *(pb.ANSWER_ENDING_INTERRUPTED, pb.ANSWER_ENDING_INTERRUPTED, pb.ANSWER_ENDING_STOP),
    ]


async def test_what_goes_wrong_with_the_requests_ends_the_conversation() -> None:
    """
    After what was said before it is answered.
    """

    async def requests() -> AsyncIterator[rpc.ConverseRequest]:
        yield said("First.")
        raise ConversationUnknownError("x")

    parts = list[object]()
    with pytest.raises(ConversationUnknownError):  # noqa: PT012  what came before counts
        async for part in converse(assistant(Script(name="big")), requests()):
            parts.append(part)

    assert isinstance(parts[-1], rpc.ChatResponse)
