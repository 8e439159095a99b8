"""Conversations in which models ask for tools, people interrupt, and budgets end."""

import json
from collections.abc import Sequence
from contextlib import aclosing
from itertools import groupby

import pytest
from arkalia.assistantia.v1 import assistant_service_pb2 as rpc
from arkalia.assistantia.v1 import conversation_pb2 as pb
from arkalia.assistantia.v1.model_pb2 import Tool, ToolResult

from arkalia_client import ArkaliaError
from luna.kernel.generation import Ending, Finished, Role, ToolCall
from luna.modules.assistantia.assistant import INTERRUPTED
from luna.modules.assistantia.conversing import ROUNDS_MAX
from luna.modules.assistantia.tool_screening import LEFT_OUT
from tests.integration.assistant_server import whole_node
from tests.integration.test_assistant_models import POISON, hear, heard, last_turn, talking, text_of
from tests.scripted_models import Script, ScriptedModels

CALL = ToolCall(id="call-1", name="weather", arguments='{"city": "Oslo"}')
ASKS = (CALL, Finished(ending=Ending.TOOL_CALLS))
TOOLS = [Tool(name="weather", description="Tells the weather.", parameters='{"type": "object"}')]


def weather(*, asks: int = 1, then: Sequence[str] = ("It rains", ".")) -> Script:
    """Return a model that asks for a tool so often, if it may, and then answers."""
    return Script(name="big", says=ASKS, says_after=(asks, then))


async def test_a_model_asks_for_a_tool_and_goes_on_with_its_result() -> None:
    """
    The first answer ends with the call; the second is told what was asked, called and returned.
    """
    big = weather()
    async with talking(big) as node:
        first = [part async for part in node.assistant.chat("How is the weather?", tools=TOOLS)]
        id = first[0].begun.conversation_id
        results = [ToolResult(tool_call_id="call-1", text="rain, 7 degrees")]
        second = [part async for part in node.assistant.chat(conversation_id=id, tools=TOOLS, tool_results=results)]
        turns = (await node.assistant.conversation(id)).turns

    assert [part.WhichOneof("part") for part in first] == ["begun", "tool_call", "usage", "done"]
    assert (first[1].tool_call.name, first[1].tool_call.arguments) == ("weather", CALL.arguments)
    assert first[-1].done.ending == pb.ANSWER_ENDING_TOOL_CALLS
    assert text_of(second) == "It rains."
    assert [turn.speaker for turn in turns] == [
        *(pb.SPEAKER_USER, pb.SPEAKER_ASSISTANT, pb.SPEAKER_TOOL, pb.SPEAKER_ASSISTANT),
    ]
    assert [tool.name for tool in big.prompts[0].tools] == ["weather"]
    _, question, call, result = big.prompts[1].messages
    assert (question.role, question.text) == (Role.USER, "How is the weather?")
    assert list(call.tool_calls) == [CALL]
    assert (result.role, result.text, result.tool_call_id) == (Role.TOOL, "rain, 7 degrees", "call-1")


async def test_orders_in_the_result_of_a_tool_reach_no_model() -> None:
    """
    Neither does the conversation keep them.
    """
    big = weather()
    async with talking(big) as node:
        first = [part async for part in node.assistant.chat("How is the weather?", tools=TOOLS)]
        results = [ToolResult(tool_call_id="call-1", text=POISON)]
        id = first[0].begun.conversation_id
        second = [part async for part in node.assistant.chat(conversation_id=id, tools=TOOLS, tool_results=results)]
        turns = (await node.assistant.conversation(id)).turns

    assert big.prompts[1].messages[-1].text == turns[2].tool_results[0].text == LEFT_OUT
    assert second[-1].done.notes == ["1 results of tools were left out, because the guard takes them for attacks"]


async def test_orders_in_what_is_said_of_a_tool_reach_no_model() -> None:
    """
    Neither in its description nor in that of a parameter; the other tools are offered, and the answer says so.
    """
    schema = {"type": "object", "properties": {"city": {"type": "string", "description": POISON}}}
    poisoned = [
        Tool(name="add", description=f"Adds two numbers. {POISON}", parameters='{"type": "object"}'),
        Tool(name="find", description="Finds a city.", parameters=json.dumps(schema)),
        Tool(name="broken", description="Does nothing.", parameters=POISON),
    ]
    big = weather(asks=0)
    async with talking(big) as node:
        parts = [part async for part in node.assistant.chat("How is the weather?", tools=[*poisoned, *TOOLS])]

    assert [tool.name for tool in big.prompts[0].tools] == ["weather"]
    assert parts[-1].done.notes == ["3 tools were left out, because the guard takes them for attacks"]


async def test_results_that_nobody_waits_for_are_refused() -> None:
    """
    The error names the calls that are waited for. A request has a message or results, not both.
    """
    results = [ToolResult(tool_call_id="call-7", text="sun")]
    async with talking(weather()) as node:
        first = [part async for part in node.assistant.chat("How is the weather?", tools=TOOLS)]
        id = first[0].begun.conversation_id
        refused = []
        for said, where in (("", id), ("", ""), ("And now?", id)):
            with pytest.raises(ArkaliaError) as caught:
                await hear(node.assistant.chat(said, conversation_id=where, tool_results=results), [])
            refused.append(caught.value)

    assert [error.reason for error in refused[:2]] == ["ASSISTANTIA_ERROR_REASON_TOOL_RESULTS"] * 2
    assert [error.metadata["waits_for"] for error in refused[:2]] == ["call-1", ""]
    assert refused[2].reason == "REQUEST_ERROR_REASON_INVALID"


async def test_a_message_instead_of_results_leaves_the_calls_behind() -> None:
    """
    Models reject calls without results.
    """
    big = weather()
    async with talking(big) as node:
        first = [part async for part in node.assistant.chat("How is the weather?", tools=TOOLS)]
        await node.say("Never mind.", first[0].begun.conversation_id)

    assert [(it.role, it.text) for it in big.prompts[1].messages[1:]] == [
        (Role.USER, "How is the weather?"),
        (Role.USER, "Never mind."),
    ]


async def test_a_stream_holds_several_turns_with_tools() -> None:
    """
    One conversation, in which the answer goes on when the result is there.
    """
    big = weather()
    async with talking(big) as node, node.assistant.converse() as talk:
        await talk.say("How is the weather?", tools=TOOLS)
        parts = list[rpc.ChatResponse]()
        async for part in talk.answer():
            parts.append(part)
            if part.HasField("tool_call"):
                await talk.give("nobody-asked", "noise")
                await talk.give(part.tool_call.id, "rain")
        await talk.say("And tomorrow?")
        second = [part async for part in talk.answer()]
        turns = (await node.assistant.conversation(parts[0].begun.conversation_id)).turns

    # How many deltas the words come in depends on who is quicker.
    kinds = [kind for kind, _ in groupby(part.WhichOneof("part") for part in parts)]
    assert kinds == ["begun", "tool_call", "usage", "done", "begun", "delta", "usage", "done"]
    assert text_of(parts) == text_of(second) == "It rains."
    assert [turn.text for turn in turns] == ["How is the weather?", "", "", "It rains.", "And tomorrow?", "It rains."]


async def test_an_interrupt_stops_the_answer_and_the_conversation_goes_on() -> None:
    """
    What was said is kept, the model hears of it, and the next message is answered.
    """
    big = Script(name="big", says=["One", " two", " three"], stalls_after=2)
    async with talking(big) as node, node.assistant.converse() as talk:
        await talk.say("Count.")
        async with aclosing(talk.answer()) as answer:
            id = (await anext(answer)).begun.conversation_id
            first = await heard(answer, "One two")
            await big.stalled.wait()
            await talk.interrupt()
            rest = [*first, *[part async for part in answer]]
        turn = await last_turn(node, id)
        big.stalls_after = None
        await talk.say("Again.")
        again = [part async for part in talk.answer()]

    assert text_of(rest) == turn.text == "One two"
    assert rest[-1].done.ending == pb.ANSWER_ENDING_INTERRUPTED
    assert turn.broke_off == INTERRUPTED
    assert big.hangups == 1
    assert text_of(again) == "One two three"
    assert again[0].begun.conversation_id == id


async def test_a_model_that_asks_for_tools_for_ever_has_to_answer() -> None:
    """
    After some rounds it is offered none any more.
    """
    big = weather(asks=100)
    async with talking(big) as node, node.assistant.converse() as talk:
        await talk.say("How is the weather?", tools=TOOLS)
        parts = list[rpc.ChatResponse]()
        async for part in talk.answer():
            parts.append(part)
            if part.HasField("tool_call"):
                await talk.give(part.tool_call.id, "rain")

    assert len(big.prompts) == ROUNDS_MAX + 1
    assert not big.prompts[-1].tools
    assert text_of(parts) == "It rains."


async def test_what_is_wrong_ends_the_stream() -> None:
    """
    With the error that a single message would have had.
    """
    async with talking(Script(name="big")) as node, node.assistant.converse() as talk:
        await talk.say(POISON)
        with pytest.raises(ArkaliaError) as refused:
            await hear(talk.answer(), [])

    assert refused.value.reason == "ASSISTANTIA_ERROR_REASON_PROMPT_REFUSED"


async def test_who_has_spent_the_tokens_of_the_day_gets_quotes() -> None:
    """
    A model that is asked for by its name is refused, with the time at which the next day begins.
    """
    big = Script(name="big", says=["Hello", Finished(ending=Ending.STOP, prompt_tokens=90, answer_tokens=10)])
    async with whole_node(ScriptedModels(big), tokens_daily=150) as node:
        rungs = [(await node.say("Hello?"))[-1].done.rung for _ in range(3)]
        last = (await node.say("Hello?"))[-1].done
        budget = await node.assistant.budget()
        with pytest.raises(ArkaliaError) as refused:
            await node.say("Hello?", model="fake/big")

    assert rungs == [pb.ANSWER_RUNG_MODEL, pb.ANSWER_RUNG_MODEL, pb.ANSWER_RUNG_EXTRACTIVE]
    assert last.notes[0].startswith("no language model was asked: 200 of 150 tokens are spent until ")
    assert (budget.tokens_daily, budget.tokens_spent) == (150, 200)
    assert refused.value.reason == "ASSISTANTIA_ERROR_REASON_BUDGET_SPENT"
    assert (refused.value.metadata["limit"], refused.value.metadata["spent"]) == ("150", "200")
    assert 0 < (refused.value.retry_after_seconds or 0) <= 86400
    assert len(big.prompts) == 2
