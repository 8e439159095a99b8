"""Asks the servers of language models what they hold."""

import asyncio
from collections.abc import Sequence
from typing import Final

from luna.app.models import model_tools
from luna.kernel.language_model import ModelServer
from luna.kernel.model_errors import ModelServerError
from luna.settings import Settings

PATIENCE_SECONDS: Final = 5.0


def models_found(settings: Settings) -> Sequence[tuple[str, str]]:
    """Return what each server of language models says, and which models of the ladder are nowhere."""
    return asyncio.run(_found(settings))


async def _found(settings: Settings) -> Sequence[tuple[str, str]]:
    async with model_tools(settings) as tools:
        answers = await asyncio.gather(*(_held(server) for server in tools.servers))
    there = {name for names, _ in answers for name in names}
    found = [
        (f"models of {server.name}", why or ", ".join(names) or "none")
        for server, (names, why) in zip(tools.servers, answers, strict=True)
    ]
    if missing := [name for name in tools.ladder if name not in there]:
        found.append(("models that answer", f"not there: {', '.join(missing)}"))
    return found


async def _held(server: ModelServer) -> tuple[Sequence[str], str]:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return [f"{server.name}/{info.name}" for info in await server.models()], ""
    except (ModelServerError, TimeoutError) as error:
        return (), str(error) or f"no answer within {PATIENCE_SECONDS:g} s"
