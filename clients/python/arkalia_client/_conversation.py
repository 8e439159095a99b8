"""A conversation over one stream."""

from collections.abc import AsyncGenerator
from typing import Any

import grpc.aio
from arkalia.assistantia.v1 import assistant_service_pb2 as rpc
from arkalia.assistantia.v1.conversation_pb2 import ANSWER_ENDING_TOOL_CALLS
from arkalia.assistantia.v1.model_pb2 import ToolResult

from arkalia_client._errors import raising_arkalia_errors


class Conversation:
    """Says things, and hears answers."""

    def __init__(self, call: Any, conversation_id: str = "") -> None:
        self._call = call
        self._id = conversation_id

    async def say(self, message: str, **more: Any) -> None:
        """Send *message*; *more* are fields of ``ChatRequest``, such as ``model`` and ``tools``.

        Raises:
            ArkaliaError: the node ended the conversation.

        """
        request = rpc.ChatRequest(message=message, conversation_id=self._id, **more)
        await self._write(rpc.ConverseRequest(message=request))

    async def give(self, tool_call_id: str, text: str) -> None:
        """Send what a tool returned that the answer asked for."""
        result = ToolResult(tool_call_id=tool_call_id, text=text)
        await self._write(rpc.ConverseRequest(tool_result=result))

    async def interrupt(self) -> None:
        """Stop the answer to what was said before; the conversation goes on."""
        await self._write(rpc.ConverseRequest(interrupt=rpc.ConverseInterrupt()))

    async def answer(self) -> AsyncGenerator[rpc.ChatResponse, None]:
        """Yield the answer to the next message, part by part, with what follows results of tools.

        Raises:
            ArkaliaError: the node refused, or the answer broke off. The conversation has ended then.
            UnreachableError: the connection broke.

        """
        with raising_arkalia_errors():
            while (response := await self._call.read()) is not grpc.aio.EOF:
                if not response.HasField("part"):
                    continue
                yield response.part
                if response.part.HasField("done") and response.part.done.ending != ANSWER_ENDING_TOOL_CALLS:
                    return

    async def _write(self, request: rpc.ConverseRequest) -> None:
        with raising_arkalia_errors():
            await self._call.write(request)
