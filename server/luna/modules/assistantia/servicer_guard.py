"""Translates between the contract of the prompt guard and the guard."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar, cast

import grpc.aio
from arkalia.assistantia.v1 import prompt_guard_pb2 as pb
from arkalia.assistantia.v1 import prompt_guard_service_pb2 as rpc
from arkalia.assistantia.v1 import prompt_guard_service_pb2_grpc as stubs

from luna.modules.assistantia import masking
from luna.modules.assistantia.errors import BatchTooLongError
from luna.modules.assistantia.guard import PromptGuard, Verdict
from luna.modules.assistantia.judging import judged

Context: TypeAlias = grpc.aio.ServicerContext[object, object]
T = TypeVar("T")

BATCH_CHARACTERS_MAX: Final = 1 << 20
SHORT_CHARACTERS: Final = 1024
"""Texts up to this length are judged at once, longer ones in a thread."""

_FOREIGN: Final = frozenset({pb.TEXT_SOURCE_MEMORY, pb.TEXT_SOURCE_TOOL})


class PromptGuardServicer(stubs.PromptGuardServiceServicer):
    """Implements ``arkalia.assistantia.v1.PromptGuardService``."""

    def __init__(self, guard: PromptGuard) -> None:
        self._guard = guard

    async def CheckPrompt(self, request: rpc.CheckPromptRequest, context: Context) -> rpc.CheckPromptResponse:
        return rpc.CheckPromptResponse(verdict=await self._judged(request))

    async def CheckPrompts(self, request: rpc.CheckPromptsRequest, context: Context) -> rpc.CheckPromptsResponse:
        characters = sum(len(prompt.text) for prompt in request.prompts)
        if characters > BATCH_CHARACTERS_MAX:
            raise BatchTooLongError(characters, BATCH_CHARACTERS_MAX)
        if characters > SHORT_CHARACTERS:
            return await asyncio.to_thread(lambda: rpc.CheckPromptsResponse(verdicts=map(self._check, request.prompts)))
        return rpc.CheckPromptsResponse(verdicts=[await self._judged(prompt) for prompt in request.prompts])

    async def MaskText(self, request: rpc.MaskTextRequest, context: Context) -> rpc.MaskTextResponse:
        kinds = {pb.PiiKind.Name(kind).removeprefix("PII_KIND_") for kind in request.kinds}
        found = await _away(len(request.text), lambda: masking.find(request.text, kinds))
        spans = [pb.PiiSpan(start=it.start, end=it.end, kind=f"PII_KIND_{it.kind}") for it in found]
        return rpc.MaskTextResponse(text=masking.mask(request.text, found), spans=spans)

    async def ListRules(self, request: rpc.ListRulesRequest, context: Context) -> rpc.ListRulesResponse:
        rules = [
            pb.GuardRule(id=it.id, category=_category(it.category), weight=it.weight, description=it.description)
            for it in self._guard.lexicon.rules
        ]
        return rpc.ListRulesResponse(rules=rules, version=self._guard.lexicon.version)

    async def _judged(self, request: rpc.CheckPromptRequest) -> pb.GuardVerdict:
        level, foreign = _level(request), request.source in _FOREIGN
        verdict = await judged(
            self._guard, request.text, at_once=SHORT_CHARACTERS, level=_named(level), foreign=foreign
        )
        return to_verdict(verdict, level, self._guard.lexicon.version)

    def _check(self, request: rpc.CheckPromptRequest) -> pb.GuardVerdict:
        level, foreign = _level(request), request.source in _FOREIGN
        verdict = self._guard.check(request.text, level=_named(level), foreign=foreign)
        return to_verdict(verdict, level, self._guard.lexicon.version)


async def _away(characters: int, work: Callable[[], T]) -> T:
    return work() if characters <= SHORT_CHARACTERS else await asyncio.to_thread(work)


def _level(request: rpc.CheckPromptRequest) -> pb.GuardLevel:
    return request.level or pb.GUARD_LEVEL_MEDIUM


def _named(level: pb.GuardLevel) -> str:
    return pb.GuardLevel.Name(level).removeprefix("GUARD_LEVEL_")


def to_verdict(verdict: Verdict, level: pb.GuardLevel, version: str) -> pb.GuardVerdict:
    """Return *verdict* as the contract says it."""
    return pb.GuardVerdict(
        refused=verdict.refused,
        score=verdict.score,
        threshold=verdict.threshold,
        level=level,
        category=_category(verdict.rules[0].category) if verdict.rules else pb.ATTACK_CATEGORY_UNSPECIFIED,
        rule_ids=[rule.id for rule in verdict.rules],
        spans=[pb.GuardSpan(start=span.start, end=span.end, rule_id=span.rule.id) for span in verdict.spans],
        rules_version=version,
    )


def _category(name: str) -> pb.AttackCategory:
    return cast("pb.AttackCategory", pb.AttackCategory.Value(f"ATTACK_CATEGORY_{name}"))
