"""The prompt guard client."""

from collections.abc import Sequence

import grpc.aio
from arkalia.assistantia.v1 import prompt_guard_pb2 as pb
from arkalia.assistantia.v1 import prompt_guard_service_pb2 as rpc
from arkalia.assistantia.v1.prompt_guard_service_pb2_grpc import PromptGuardServiceStub

from arkalia_client._calls import ask


class GuardClient:
    """Talks to ``arkalia.assistantia.v1.PromptGuardService``."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = PromptGuardServiceStub(channel)

    async def check(
        self,
        text: str,
        *,
        level: pb.GuardLevel = pb.GUARD_LEVEL_MEDIUM,
        source: pb.TextSource = pb.TEXT_SOURCE_USER,
    ) -> pb.GuardVerdict:
        """Return what the guard thinks of *text*."""
        request = rpc.CheckPromptRequest(text=text, level=level, source=source)
        return (await ask(self._stub.CheckPrompt, request)).verdict

    async def mask(self, text: str, *, kinds: Sequence[pb.PiiKind] = ()) -> rpc.MaskTextResponse:
        """Return *text* without its personal data, and where that was."""
        return await ask(self._stub.MaskText, rpc.MaskTextRequest(text=text, kinds=kinds))

    async def rules(self) -> rpc.ListRulesResponse:
        """Return what the guard looks for."""
        return await ask(self._stub.ListRules, rpc.ListRulesRequest())
