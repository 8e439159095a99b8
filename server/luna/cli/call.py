"""Runs one conversation with a node, and turns what goes wrong into an exit code."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import typer

from arkalia_client import Arkalia, ArkaliaError, UnreachableError, connect
from luna.cli.output import complaints
from luna.contracts import load_contracts

REFUSED: Final = 1
"""The node refused the request."""
UNREACHABLE: Final = 69
"""Nobody answered. The number is EX_UNAVAILABLE of ``sysexits.h``."""


def talk(target: str, conversation: Callable[[Arkalia], Awaitable[None]]) -> None:
    """Hold *conversation* with the node at *target*.

    Raises:
        typer.Exit: with `REFUSED` or `UNREACHABLE`, after saying why.

    """
    load_contracts()
    try:
        asyncio.run(_talk(target, conversation))
    except UnreachableError as error:
        complaints().print(f"[red]no answer from {target}[/]: {error}\nStart a node with [bold]arkalia up[/].")
        raise typer.Exit(UNREACHABLE) from None
    except ArkaliaError as error:
        complaints().print(f"[red]{error.reason}[/]: {error}")
        for field, why in error.violations.items():
            complaints().print(f"  {field}: {why}")
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


async def _talk(target: str, conversation: Callable[[Arkalia], Awaitable[None]]) -> None:
    async with connect(target) as node:
        await conversation(node)
