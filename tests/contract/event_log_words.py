"""How the tests of event logs speak about events."""

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import aclosing

from luna.kernel.event_log import EventLog
from luna.kernel.events import (
    EVERYTHING,
    Append,
    Direction,
    Event,
    EventFilter,
    Expect,
    Expected,
    NewEvent,
    Page,
    StreamWrite,
)


def new(label: str = "x", **fields: object) -> NewEvent:
    values: dict[str, object] = {"type": "test.Happened", "payload": label.encode(), **fields}
    return NewEvent(**values)  # type: ignore[arg-type]


def write(stream: str, *events: NewEvent | str, expected: Expected = Expect.ANY) -> Append:
    made = [new(event) if isinstance(event, str) else event for event in events]
    return Append(writes=[StreamWrite(stream=stream, events=made, expected=expected)])


def uid() -> str:
    return str(uuid.uuid4())


def labels(events: Sequence[Event]) -> list[str]:
    return [event.payload.decode() for event in events]


async def read_all(
    log: EventLog, wanted: EventFilter = EVERYTHING, *, limit: int = 500, backward: bool = False
) -> list[Event]:
    direction = Direction.BACKWARD if backward else Direction.FORWARD
    found: list[Event] = []
    position = 0
    while True:
        page = await log.read(wanted, after=position, limit=limit, direction=direction)
        found += page.events
        position = page.position
        if page.done:
            return found


async def follow(log: EventLog, count: int, *, after: int = 0, wanted: EventFilter = EVERYTHING) -> list[Page]:
    """Return the pages that bring *count* events."""
    pages: list[Page] = []
    async with asyncio.timeout(10), aclosing(log.follow(wanted, after=after)) as following:
        async for page in following:
            pages.append(page)
            if sum(len(page.events) for page in pages) >= count:
                break
    return pages
