"""Spells which circuit breakers are meant."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

import typer
from arkalia.resilience.v1.circuit_breaker_pb2 import CircuitSelector

Which: TypeAlias = Annotated[
    str, typer.Argument(help="Part of their names, as PROCESS/SIDE/PEER/METHOD with * for any. All, if left out.")
]


@dataclass(frozen=True, slots=True)
class _Parts:
    process: str = ""
    side: str = ""
    peer: str = ""
    method: str = ""


def selector(which: str) -> CircuitSelector:
    """Return the selector that ``PROCESS/SIDE/PEER/METHOD`` spells; parts that are left out or ``*`` match all.

    Raises:
        typer.BadParameter: the side is neither client nor server.

    """
    words = ["" if word == "*" else word for word in which.split("/", 3)]
    parts = _Parts(*words)
    if parts.side and parts.side not in {"client", "server"}:
        raise typer.BadParameter(f"{parts.side!r} is not a side; say client, server or *")
    side = f"CIRCUIT_SIDE_{parts.side.upper() or 'UNSPECIFIED'}"
    return CircuitSelector(process=parts.process, side=side, peer=parts.peer, method=parts.method)
