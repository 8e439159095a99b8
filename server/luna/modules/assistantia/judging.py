"""Judges texts without keeping others waiting."""

import asyncio

from luna.modules.assistantia.guard import PromptGuard, Verdict


async def judged(
    guard: PromptGuard, text: str, *, at_once: int, level: str = "MEDIUM", foreign: bool = False
) -> Verdict:
    """Return what *guard* thinks of *text*: *at_once* up to that many letters, in a thread what takes longer."""
    if len(text) > at_once:
        return await asyncio.to_thread(guard.check, text, level=level, foreign=foreign)
    verdict = guard.first_look(text, level=level, foreign=foreign)
    return await asyncio.to_thread(guard.look_again, verdict) if verdict.doubt else verdict
