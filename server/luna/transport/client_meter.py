"""Counts the calls that this process makes to others."""

from collections.abc import Iterable
from typing import Final

from google.rpc import code_pb2

from luna.transport.histogram import Histogram
from luna.transport.meter import SECONDS_BOUNDS

EXTRA_BOUNDS: Final = (1.0, 2.0, 3.0, 4.0, 5.0)
"""Of retries and hedges in one call."""


class Attempts:
    """The attempts to call one method of one peer."""

    __slots__ = ("delays", "hedges", "method", "outcomes", "peer", "retries", "started")

    def __init__(self, *, peer: str, method: str) -> None:
        self.peer = peer
        self.method = method
        self.started = 0
        self.outcomes: dict[int, Histogram] = {}
        """The durations by status code."""
        self.retries = Histogram(EXTRA_BOUNDS)
        """How often calls were tried again, those that were not left out."""
        self.hedges = Histogram(EXTRA_BOUNDS)
        self.delays = Histogram(SECONDS_BOUNDS)
        """How long calls waited between attempts."""

    def end(self, code: int, seconds: float) -> None:
        """Count an attempt that ended."""
        if code not in self.outcomes:
            self.outcomes[code] = Histogram(SECONDS_BOUNDS)
        self.outcomes[code].observe(seconds)

    def repeated(self, retries: int, delay_seconds: float) -> None:
        """Count a call that was tried again."""
        if retries:
            self.retries.observe(retries)
            self.delays.observe(delay_seconds)


class ClientMeter:
    """The calls to all methods of all peers."""

    def __init__(self) -> None:
        self._attempts: dict[tuple[str, str], Attempts] = {}

    def of(self, peer: str, method: str) -> Attempts:
        """Return the counters of a method."""
        key = peer, method
        if key not in self._attempts:
            self._attempts[key] = Attempts(peer=peer, method=method)
        return self._attempts[key]

    def all(self) -> Iterable[Attempts]:
        """Return the counters of all methods, in order."""
        return [self._attempts[key] for key in sorted(self._attempts)]


def status(code: int) -> str:
    """Return the name of a status code."""
    return code_pb2.Code.Name(code)
