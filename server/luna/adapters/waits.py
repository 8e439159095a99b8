"""Waits for the first of several things, and ends tasks."""

import asyncio
from collections.abc import Awaitable, Sequence


async def first(*waits: Awaitable[object]) -> None:
    """Wait for the first of *waits*, and end the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await cancel(tasks)


async def cancel(tasks: Sequence[asyncio.Future[None]] | Sequence[asyncio.Future[object]]) -> None:
    """End *tasks*, and wait until they have."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
