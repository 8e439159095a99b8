"""Shows an answer once, or again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeAlias

import typer

from luna.cli.output import console

Watch: TypeAlias = Annotated[bool, typer.Option("--watch", help="Show it again and again, until Ctrl-C.")]

EVERY_SECONDS: Final = 1.0


async def shown(show: Callable[[], Awaitable[None]], *, watch: bool, json: bool) -> None:
    """Show once; with *watch*, once a second on a clean screen, or for programs one answer after the other."""
    await show()
    while watch:
        await asyncio.sleep(EVERY_SECONDS)
        if not json:
            console().clear()
        await show()
