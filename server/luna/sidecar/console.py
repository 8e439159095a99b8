"""Shows people how their node is: a live table in a terminal, plain lines elsewhere."""

import asyncio
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from luna.sidecar.facts import (
    Fact,
    NodeAdopted,
    NodeStarted,
    NodeStopping,
    ProcessExited,
    ProcessFact,
    ProcessRestarted,
    ProcessStarted,
)
from luna.sidecar.logs import Follower
from luna.sidecar.state import Board, Key, ReplicaStatus, State

if TYPE_CHECKING:
    from rich.console import Console as Rich
    from rich.table import Table

_REFRESH_SECONDS: Final = 1.0
_FOLLOW_SECONDS: Final = 0.25
_COLOURS: Final[Mapping[State, str]] = {
    State.SERVING: "green",
    State.DEGRADED: "yellow",
    State.STARTING: "cyan",
    State.RECOVERING: "yellow",
    State.NOT_SERVING: "red",
}


class Screen(Protocol):
    """Where lines for people go."""

    def line(self, text: str) -> None:
        """Show one line."""
        ...


class Lines:
    """Writes plain lines."""

    def line(self, text: str) -> None:
        """Write *text* at once."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


class Console:
    """Tells people what happens on the node."""

    def __init__(
        self, *, endpoints: Mapping[str, str], board: Board, screen: Screen | None = None, ready: bool = False
    ) -> None:
        self._endpoints = endpoints
        self._board = board
        self._screen: Screen = screen or Lines()
        self._ready = ready
        self._said: dict[Key, Sequence[str]] = {}

    def tell(self, fact: Fact) -> None:
        """Say what happened, if people should know."""
        for line in self._lines(fact):
            self._screen.line(line)
        self._ready = self._ready or isinstance(fact, NodeStarted)

    async def live(self) -> None:
        """Show a table that follows the node, forever. Only in a terminal."""
        if not sys.stdout.isatty():
            return
        # Half a second of imports that only a terminal needs, after the node is up.
        from rich.live import Live  # noqa: PLC0415

        with Live(_table(self._board.all()), auto_refresh=False) as live:
            before, self._screen = self._screen, _Above(live.console)
            try:
                while True:
                    live.update(_table(self._board.all()), refresh=True)
                    await asyncio.sleep(_REFRESH_SECONDS)
            finally:
                self._screen = before

    async def follow(self, logs: Mapping[str, Path]) -> None:
        """Show what the processes write, forever."""
        followers = {process: Follower(path) for process, path in logs.items()}
        while True:
            for process, follower in followers.items():
                for line in follower.news():
                    self._screen.line(f"{process}: {line}")
            await asyncio.sleep(_FOLLOW_SECONDS)

    def _lines(self, fact: Fact) -> Iterator[str]:
        match fact:
            case NodeStarted():
                but = f", but Envoy does not reach {', '.join(fact.unreached)} yet" if fact.unreached else ""
                yield f"ready in {fact.seconds:.2f} s{but}"
                yield from (f"  {name:<10} {address}" for name, address in self._endpoints.items())
            case NodeAdopted():
                names = ", ".join(_name(status) for status in fact.adopted) or "nothing"
                yield f"the sidecar is back after {fact.outage_seconds:.2f} s, and took over {names}"
            case NodeStopping():
                yield f"stopping ({fact.reason}); once more to hurry"
            case ProcessStarted() | ProcessExited() | ProcessRestarted():
                yield from self._process_lines(fact)

    def _process_lines(self, fact: ProcessFact) -> Iterator[str]:
        match fact:
            case ProcessExited(expected=False):
                yield f"{_name(fact.status)} ended with {fact.exit}"
                if not self._ready and fact.said != self._said.get(fact.status.key):
                    self._said[fact.status.key] = fact.said
                    yield from (f"  | {said}" for said in fact.said)
            case ProcessRestarted():
                how = "replaced without a gap" if fact.rolling else f"back after {fact.outage_seconds:.2f} s"
                yield f"{_name(fact.status)} {how}, pid {fact.status.pid}"
            case _:
                pass


class _Above:
    """Writes lines above the live table."""

    def __init__(self, rich: "Rich") -> None:
        self._rich = rich

    def line(self, text: str) -> None:
        self._rich.print(text, markup=False, highlight=False)


def _name(status: ReplicaStatus) -> str:
    return f"{status.process}-{status.replica}"


def _table(statuses: Sequence[ReplicaStatus]) -> "Table":
    from rich.markup import escape  # noqa: PLC0415  see Console.live
    from rich.table import Table  # noqa: PLC0415

    from luna.sidecar.process_stat import rss_bytes  # noqa: PLC0415

    table = Table("process", "state", "pid", "memory", "restarts", "up", "why")
    for status in statuses:
        rss = rss_bytes(status.pid)
        up = (time.time_ns() - status.started_ns) / 1e9 if status.pid else None
        table.add_row(
            _name(status),
            f"[{_COLOURS[status.state]}]{status.state.value}[/]",
            str(status.pid or "-"),
            "-" if rss is None else f"{rss / 2**20:.0f} MiB",
            f"{status.restarts}{' crash loop' if status.crash_looping else ''}",
            "-" if up is None else _span(up),
            escape(status.reason),
        )
    return table


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
