"""Holds one conversation over a stream: messages, results of tools and interrupts come in while answers go out."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, suppress
from typing import Final, TypeAlias

from arkalia.assistantia.v1 import assistant_service_pb2 as rpc
from arkalia.assistantia.v1 import model_pb2

from luna.kernel.generation import ToolCall
from luna.kernel.streams import until
from luna.modules.assistantia.assistant import Assistant
from luna.modules.assistantia.draft import Part
from luna.modules.assistantia.receiving import Asked

WAITING_MAX: Final = 16
"""How many messages may wait. Beyond that the caller has to."""
TOOL_SECONDS: Final = 120.0
"""How long the results of tools are waited for."""
ROUNDS_MAX: Final = 8
"""How often a model may ask for tools before it has to do without."""

Said: TypeAlias = Asked | Part | rpc.ChatResponse


async def converse(
    assistant: Assistant, requests: AsyncIterator[rpc.ConverseRequest], *, tool_seconds: float = TOOL_SECONDS
) -> AsyncGenerator[Said, None]:
    """Yield what is said to *requests*, answer by answer."""
    inbox, conversation_id = _Inbox(), ""
    reader = asyncio.ensure_future(inbox.fill(requests))
    try:
        while (message := await inbox.next()) is not None:
            async with aclosing(_exchange(assistant, message, conversation_id, inbox, tool_seconds)) as said:
                async for part in said:
                    if isinstance(part, Asked):
                        conversation_id = part.talk.conversation.conversation_id
                    yield part
        # What was wrong with a request, if anything was.
        await reader
    finally:
        reader.cancel()
        await asyncio.wait({reader})


async def _exchange(
    assistant: Assistant, message: rpc.ChatRequest, conversation_id: str, inbox: "_Inbox", tool_seconds: float
) -> AsyncGenerator[Said, None]:
    """Yield the answer to a message, with as many rounds of tools as the model wants."""
    request = rpc.ChatRequest()
    request.CopyFrom(message)
    request.conversation_id = conversation_id or message.conversation_id
    for left in reversed(range(ROUNDS_MAX + 1)):
        if not left:
            del request.tools[:]
        asked, answer = await assistant.begin(request, inbox.enough)
        calls = list[ToolCall]()
        async with aclosing(answer):
            yield asked
            async for part in answer:
                if isinstance(part, Part) and part.tool_call is not None:
                    calls.append(part.tool_call)
                yield part
        results = await inbox.results(calls, tool_seconds)
        if not results or inbox.enough.is_set():
            return
        request = _continued(request, asked, results)


def _continued(request: rpc.ChatRequest, asked: Asked, results: Sequence[model_pb2.ToolResult]) -> rpc.ChatRequest:
    more = rpc.ChatRequest()
    more.CopyFrom(request)
    more.message, more.conversation_id = "", asked.talk.conversation.conversation_id
    del more.tool_results[:]
    more.tool_results.extend(results)
    return more


class _Inbox:
    """What the caller sent and nobody has dealt with yet."""

    def __init__(self) -> None:
        self.enough = asyncio.Event()
        """Set when whoever asks has heard enough of the present answer."""
        self._messages: asyncio.Queue[tuple[int, rpc.ChatRequest] | None] = asyncio.Queue(WAITING_MAX)
        self._results: asyncio.Queue[model_pb2.ToolResult] = asyncio.Queue(WAITING_MAX)
        self._received = 0
        self._interrupted = 0
        """Up to which message the caller wants to hear no more."""

    async def fill(self, requests: AsyncIterator[rpc.ConverseRequest]) -> None:
        """Take in what comes, until there is no more."""
        try:
            async for request in requests:
                await self._take(request)
        finally:
            await self._messages.put(None)

    async def next(self) -> rpc.ChatRequest | None:
        """Return the next message; ``None``: there will be none."""
        item = await self._messages.get()
        if item is None:
            return None
        number, message = item
        if number > self._interrupted:
            self.enough.clear()
        return message

    async def results(self, calls: Sequence[ToolCall], seconds: float) -> Sequence[model_pb2.ToolResult]:
        """Return a result for each of *calls*; for one that does not come in time, that it did not."""
        found = {call.id: f"no result within {seconds:g} s" for call in calls}
        missing = set(found)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), aclosing(until(self._coming(), self.enough)) as results:
                while missing and (result := await anext(results, None)) is not None:
                    if result.tool_call_id in missing:
                        missing.discard(result.tool_call_id)
                        found[result.tool_call_id] = result.text
        return [model_pb2.ToolResult(tool_call_id=id, text=text) for id, text in found.items()]

    async def _coming(self) -> AsyncGenerator[model_pb2.ToolResult, None]:
        while True:
            yield await self._results.get()

    async def _take(self, request: rpc.ConverseRequest) -> None:
        match request.WhichOneof("said"):
            case "message":
                self._received += 1
                await self._messages.put((self._received, request.message))
            case "tool_result":
                await self._results.put(request.tool_result)
            case "interrupt":
                self._interrupted = self._received
                self.enough.set()
