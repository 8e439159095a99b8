"""Applies a history as fast as it can, with upkeep beside it, and says how far it is, until it is killed.

With a number, so many new rows are gathered rather than written at once.
"""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / "server"))

from luna.adapters import lance_gathering
from luna.adapters.lance_indexes import LanceIndexes
from luna.kernel.memory_index import MemoryIndex
from tests.contract.memory_history import DIMENSION, batch_at


async def main(path: Path) -> None:
    index = await LanceIndexes(path, keep=timedelta(milliseconds=50)).open("fake", DIMENSION)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_upkeep(index))
        position = index.position
        while True:
            position += 1
            await index.apply(batch_at(position))
            os.write(1, f"{position}\n".encode())


async def _upkeep(index: MemoryIndex) -> None:
    while True:
        await index.optimize()
        await asyncio.sleep(0.02)


if len(sys.argv) > 2:
    lance_gathering.ROWS_MIN = int(sys.argv[2])  # type: ignore[misc]
asyncio.run(main(Path(sys.argv[1])))
