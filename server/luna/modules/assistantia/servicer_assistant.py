"""Translates between the contract of conversations and what answers."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Final, TypeAlias

import grpc.aio
from arkalia.assistantia.v1 import assistant_service_pb2 as rpc
from arkalia.assistantia.v1 import assistant_service_pb2_grpc as stubs
from arkalia.assistantia.v1 import prompt_guard_pb2

from luna.kernel.streams import with_pauses
from luna.modules.assistantia.assistant import Assistant, citation
from luna.modules.assistantia.conversations import Conversations
from luna.modules.assistantia.draft import Part
from luna.modules.assistantia.servicer_guard import to_verdict

PAGE_SIZE_DEFAULT: Final = 50

Context: TypeAlias = grpc.aio.ServicerContext[object, object]


class AssistantServicer(stubs.AssistantServiceServicer):
    """Implements ``arkalia.assistantia.v1.AssistantService``."""

    def __init__(
        self,
        assistant: Assistant,
        conversations: Conversations,
        rules_version: str,
        *,
        checkpoint_seconds: float,
    ) -> None:
        self._assistant = assistant
        self._conversations = conversations
        self._rules_version = rules_version
        self._checkpoint_seconds = checkpoint_seconds

    async def Chat(self, request: rpc.ChatRequest, context: Context) -> AsyncGenerator[rpc.ChatResponse, None]:
        asked = await self._assistant.begin(request)
        yield rpc.ChatResponse(
            begun=rpc.ChatBegun(
                verdict=to_verdict(asked.verdict, prompt_guard_pb2.GUARD_LEVEL_MEDIUM, self._rules_version),
                conversation_id=asked.talk.conversation.conversation_id,
                turn_id=asked.turn.turn_id,
            )
        )
        answer = with_pauses(self._assistant.answer(asked), every=self._checkpoint_seconds)
        async with aclosing(answer) as parts:
            async for part in parts:
                for response in _responses(part):
                    yield response

    async def GetConversation(
        self, request: rpc.GetConversationRequest, context: Context
    ) -> rpc.GetConversationResponse:
        conversation, turns, token = await self._conversations.turns(
            request.conversation_id, page_token=request.page_token, limit=request.page_size or PAGE_SIZE_DEFAULT
        )
        return rpc.GetConversationResponse(conversation=conversation, turns=turns, next_page_token=token)

    async def ListConversations(
        self, request: rpc.ListConversationsRequest, context: Context
    ) -> rpc.ListConversationsResponse:
        found, token = await self._conversations.page(
            page_token=request.page_token, limit=request.page_size or PAGE_SIZE_DEFAULT
        )
        return rpc.ListConversationsResponse(conversations=found, next_page_token=token)

    async def DeleteConversation(
        self, request: rpc.DeleteConversationRequest, context: Context
    ) -> rpc.DeleteConversationResponse:
        await self._conversations.delete(request.conversation_id)
        return rpc.DeleteConversationResponse()


def _responses(part: Part | rpc.ChatResponse | None) -> Iterator[rpc.ChatResponse]:
    if not isinstance(part, Part):
        # A model that thinks for long is not to be taken for a dead connection.
        yield part or rpc.ChatResponse()
        return
    if part.text:
        yield rpc.ChatResponse(delta=part.text)
    if part.citation is not None:
        yield rpc.ChatResponse(citation=citation(part))
