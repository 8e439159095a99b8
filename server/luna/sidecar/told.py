"""Hears when somebody wants the node to stop."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Told:
    """Whether somebody wants the node to stop, and why."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.hurry = asyncio.Event()
        self.reason = ""

    def signalled(self, name: str) -> None:
        """Stop, because of the signal *name*; the second time, in a hurry."""
        if self.stop.is_set():
            self.hurry.set()
        self.reason = self.reason or name
        self.stop.set()


@contextmanager
def signals(told: Callable[[str], None]) -> Iterator[None]:
    """Call *told* with the name of each signal to stop, while the block runs."""
    loop = asyncio.get_running_loop()
    for signum in _STOP_SIGNALS:
        loop.add_signal_handler(signum, told, signum.name)
    try:
        yield
    finally:
        for signum in _STOP_SIGNALS:
            loop.remove_signal_handler(signum)
