"""The assistant client."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Final

import grpc.aio
from arkalia.assistantia.v1 import assistant_service_pb2 as rpc
from arkalia.assistantia.v1 import conversation_pb2 as pb
from arkalia.assistantia.v1.assistant_service_pb2_grpc import AssistantServiceStub
from arkalia.assistantia.v1.model_pb2 import Sampling, Tool, ToolResult

from arkalia_client._calls import ask, follow, listed
from arkalia_client._conversation import Conversation

_PAGE: Final = 50


class AssistantClient:
    """Talks to ``arkalia.assistantia.v1.AssistantService``."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = AssistantServiceStub(channel)

    def chat(
        self,
        message: str = "",
        *,
        conversation_id: str = "",
        namespace: str = "",
        memories_max: int = 0,
        model: str = "",
        instructions: str = "",
        sampling: Sampling | None = None,
        tools: Sequence[Tool] = (),
        tool_results: Sequence[ToolResult] = (),
        unmasked: bool = False,
    ) -> AsyncGenerator[rpc.ChatResponse, None]:
        """Yield the answer to *message*, part by part. Closing this stops the answer.

        Where a model asks for *tools*, the answer ends with the calls, and *tool_results* continue it.
        """
        request = rpc.ChatRequest(
            message=message,
            conversation_id=conversation_id,
            namespace=namespace,
            memories_max=memories_max,
            model=model,
            instructions=instructions,
            sampling=sampling,
            tools=tools,
            tool_results=tool_results,
            unmasked=unmasked,
        )
        return follow(self._stub.Chat, request)

    @asynccontextmanager
    async def converse(self, conversation_id: str = "") -> AsyncIterator[Conversation]:
        """Yield a conversation over one stream, whose answers can be interrupted. Leaving it hangs up."""
        call = self._stub.Converse()
        try:
            yield Conversation(call, conversation_id)
        finally:
            call.cancel()

    async def budget(self) -> rpc.GetBudgetResponse:
        """Return how many tokens may still be used today."""
        return await ask(self._stub.GetBudget, rpc.GetBudgetRequest())

    async def conversation(
        self, conversation_id: str, *, limit: int = 0, page_token: str = ""
    ) -> rpc.GetConversationResponse:
        """Return a conversation with its newest turns, or those of the page that the token stands for."""
        request = rpc.GetConversationRequest(conversation_id=conversation_id, page_size=limit, page_token=page_token)
        return await ask(self._stub.GetConversation, request)

    async def conversations(self, *, limit: int = 0) -> AsyncGenerator[pb.Conversation, None]:
        """Yield conversations, the newest first, up to *limit* or to the end."""
        found = listed(
            self._stub.ListConversations,
            rpc.ListConversationsRequest(),
            lambda page: page.conversations,
            page_size=_PAGE,
            limit=limit,
        )
        async with aclosing(found) as conversations:
            async for conversation in conversations:
                yield conversation

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation."""
        await ask(self._stub.DeleteConversation, rpc.DeleteConversationRequest(conversation_id=conversation_id))
