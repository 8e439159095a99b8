"""Appends pairs of events as fast as it can, and says which are acknowledged, until it is killed."""

import asyncio
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "server"))

from luna.adapters.sqlite_log import SqliteEventLog
from luna.kernel.events import Append, NewEvent, StreamWrite


async def main(path: Path) -> None:
    async with await SqliteEventLog.open(path) as log:
        await asyncio.gather(*[_caller(log, f"s/{n}") for n in range(16)])


async def _caller(log: SqliteEventLog, stream: str) -> None:
    number = 0
    while True:
        number += 1
        label = f"{os.getpid()}/{stream}/{number}".encode()
        event = NewEvent(type="test.Happened", payload=label)
        await log.append(Append(writes=[StreamWrite(stream=stream, events=[event, event])]))
        os.write(1, label + b"\n")


asyncio.run(main(Path(sys.argv[1])))
