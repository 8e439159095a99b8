"""Translates between the contract of conversations and what answers."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from typing import Final, TypeAlias

import grpc.aio
from arkalia.assistantia.v1 import assistant_service_pb2 as rpc
from arkalia.assistantia.v1 import assistant_service_pb2_grpc as stubs
from arkalia.assistantia.v1 import prompt_guard_pb2

from luna.kernel.streams import with_pauses
from luna.kernel.times import timestamp
from luna.modules.assistantia.assistant import Assistant, citation
from luna.modules.assistantia.budget import Budget
from luna.modules.assistantia.conversations import Conversations
from luna.modules.assistantia.conversing import converse
from luna.modules.assistantia.draft import Part
from luna.modules.assistantia.model_messages import from_call
from luna.modules.assistantia.receiving import Asked
from luna.modules.assistantia.servicer_guard import to_verdict

PAGE_SIZE_DEFAULT: Final = 50

Context: TypeAlias = grpc.aio.ServicerContext[object, object]


class AssistantServicer(stubs.AssistantServiceServicer):
    """Implements ``arkalia.assistantia.v1.AssistantService``."""

    def __init__(
        self,
        assistant: Assistant,
        conversations: Conversations,
        budget: Budget,
        rules_version: str,
        *,
        checkpoint_seconds: float,
    ) -> None:
        self._assistant = assistant
        self._conversations = conversations
        self._budget = budget
        self._rules_version = rules_version
        self._checkpoint_seconds = checkpoint_seconds

    async def Chat(self, request: rpc.ChatRequest, context: Context) -> AsyncGenerator[rpc.ChatResponse, None]:
        asked, answer = await self._assistant.begin(request)
        async with aclosing(answer), aclosing(with_pauses(answer, every=self._checkpoint_seconds)) as parts:
            yield self._begun(asked)
            async for part in parts:
                for response in _responses(part):
                    yield response

    async def Converse(
        self, requests: AsyncIterator[rpc.ConverseRequest], context: Context
    ) -> AsyncGenerator[rpc.ConverseResponse, None]:
        conversation = with_pauses(converse(self._assistant, requests), every=self._checkpoint_seconds)
        async with aclosing(conversation) as parts:
            async for part in parts:
                if part is None:
                    yield rpc.ConverseResponse()
                    continue
                for response in [self._begun(part)] if isinstance(part, Asked) else _responses(part):
                    yield rpc.ConverseResponse(part=response)

    async def GetBudget(self, request: rpc.GetBudgetRequest, context: Context) -> rpc.GetBudgetResponse:
        standing = await self._budget.standing()
        return rpc.GetBudgetResponse(
            tokens_daily=standing.limit, tokens_spent=standing.spent, reset_time=timestamp(standing.resets_ns)
        )

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

    def _begun(self, asked: Asked) -> rpc.ChatResponse:
        verdict = to_verdict(asked.verdict, prompt_guard_pb2.GUARD_LEVEL_MEDIUM, self._rules_version)
        id = asked.talk.conversation.conversation_id
        return rpc.ChatResponse(begun=rpc.ChatBegun(verdict=verdict, conversation_id=id, turn_id=asked.turn.turn_id))


def _responses(part: Part | rpc.ChatResponse | None) -> Iterator[rpc.ChatResponse]:
    if not isinstance(part, Part):
        # A model that thinks for long is not to be taken for a dead connection.
        yield part or rpc.ChatResponse()
        return
    if part.text:
        yield rpc.ChatResponse(delta=part.text)
    if part.citation is not None:
        yield rpc.ChatResponse(citation=citation(part))
    if part.tool_call is not None:
        yield rpc.ChatResponse(tool_call=from_call(part.tool_call))
