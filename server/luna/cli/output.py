"""Shows answers to people as tables and colours, and to programs as JSON."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Final

from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.table import Table

NOT_A_WINDOW: Final = 250
"""Columns, where answers go into a file or another program."""

_COLOURS: Final = {
    "SERVING": "green",
    "NORMAL": "green",
    "MONITOR": "cyan",
    "DEGRADED": "yellow",
    "STARTING": "yellow",
    "RECOVERING": "yellow",
    "REDUCE_LOAD": "yellow",
    "NOT_SERVING": "red",
    "CLOSED": "green",
    "HALF_OPEN": "yellow",
    "OPEN": "red",
    "FORCED_OPEN": "red",
    "DISABLED": "magenta",
    "LIGHT": "cyan",
    "MODERATE": "yellow",
    "HEAVY": "yellow",
    "EMERGENCY": "red",
    "SURVIVAL": "red",
    "SUCCEEDED": "green",
    "RESOLVED": "green",
    "FAILED": "red",
    "ESCALATED": "red",
    "EMERGENCY_SHUTDOWN": "red",
    "HALT": "red",
}


@cache
def console() -> Console:
    """Return the console for answers. What is not a window has room for everything."""
    window = Console(highlight=False)
    return window if window.is_terminal else Console(highlight=False, width=NOT_A_WINDOW)


@cache
def complaints() -> Console:
    """Return the console for what went wrong."""
    return Console(stderr=True, highlight=False)


def as_json(message: Message, *, indent: int | None = 2) -> str:
    """Return *message* as JSON, with unset fields left out."""
    document = json_format.MessageToDict(message)
    return json.dumps(document, indent=indent, ensure_ascii=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table, with states in colour. The last column is cut where the window ends, the others are not."""
    lines = list(rows)
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns[:-1]):
        drawn.add_column(column, no_wrap=True, min_width=max(map(len, (column, *(line[place] for line in lines)))))
    drawn.add_column(columns[-1], no_wrap=True, overflow="ellipsis")
    for line in lines:
        drawn.add_row(*(coloured(cell) for cell in line))
    return drawn


def coloured(word: str) -> str:
    """Return *word*, in colour if it is a state."""
    colour = _COLOURS.get(word)
    return f"[{colour}]{word}[/]" if colour else word.replace("[", r"\[")


def clock_time(time: Timestamp) -> str:
    """Return the local time of day, to the millisecond."""
    moment = datetime.fromtimestamp(time.seconds, tz=UTC).astimezone()
    return f"{moment:%H:%M:%S}.{time.nanos // 1_000_000:03d}"


def percent(message: Message, field: str) -> str:
    """Return a ratio as a percentage, or a dash if it could not be read."""
    return f"{100 * getattr(message, field):.1f} %" if message.HasField(field) else "–"
