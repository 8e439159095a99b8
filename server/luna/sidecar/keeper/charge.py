"""The sidecar as the keeper sees it: a process with a link, that is started again whenever it falls."""

import os
import signal
import socket
import sys
import time

from luna.sidecar.keeper import tether, wire
from luna.sidecar.keeper.backoff import wait_seconds
from luna.sidecar.keeper.slots import chance

SILENT_SECONDS = 10.0
"""A sidecar that has said nothing for this long is frozen, and is killed."""
_BOOT_SECONDS = 60.0
"""How long it may take until it speaks for the first time."""
_HEALTHY_SECONDS = 10.0
_RAN_SECONDS_MAX = 3.0
"""With this much processor time anybody could have said something."""


class Sidecar:
    """The process in charge. Without a command it is whoever holds the other end of descriptor 3."""

    def __init__(self, command: list[str]) -> None:
        self.command = command
        self.pid = 0
        self.link: socket.socket | None = None
        self.connected = False
        self.lives = 0
        self.goodbye: int | None = None
        """The exit code that it announced, once it has said that the node is down."""
        self.due: float | None = None
        self.last: wire.Message = {}
        """How the one before ended."""
        self.fell: float | None = None
        """When it did."""
        self._pidfd = -1
        self._started = 0.0
        self._quick = 0
        self._heard = 0.0
        self._then = (0.0, 0.0)

    @property
    def runs(self) -> bool:
        """Whether there is a process."""
        return self._pidfd >= 0

    def attach(self) -> None:
        """Take the link that this process was started with."""
        self.link = socket.socket(fileno=wire.LINK)
        self.link.settimeout(0)

    def start(self) -> None:
        """Start it.

        Raises:
            StartError: it cannot be started.

        """
        self.due = None
        self.link, other = wire.pair()
        with other:
            try:
                self.pid = tether.start(self.command, log=None, link=other.fileno())
            except tether.StartError:
                self.hang_up()
                raise
        self._pidfd = os.pidfd_open(self.pid)
        self.lives += 1
        self.connected = False
        self._started = time.monotonic()
        self.spoke()

    def spoke(self) -> None:
        """Take note that it lives."""
        self._heard = time.monotonic()
        self._then = scheduled(self.pid) if self.runs else (0.0, 0.0)

    def excuse(self) -> None:
        """Let the silence so far not count: nobody could have heard."""
        self.spoke()

    def end_if_frozen(self) -> None:
        """Kill it if it has said nothing for too long, and had the time to."""
        silent = time.monotonic() - self._heard
        if not self.runs or silent <= (SILENT_SECONDS if self.connected else _BOOT_SECONDS):
            return
        ran, waited = (now - then for now, then in zip(scheduled(self.pid), self._then, strict=True))
        starved = ran < _RAN_SECONDS_MAX and waited >= silent / 2
        if silent > _BOOT_SECONDS or not starved:
            say(f"the sidecar has said nothing for {silent:.0f} s, and is ended")
            self.signal(signal.SIGKILL)

    def signal(self, signum: int) -> None:
        """Send it a signal."""
        if self.runs:
            signal.pidfd_send_signal(self._pidfd, signum)

    def ended(self, status: int) -> None:
        """Take note of the end."""
        ran = time.monotonic() - self._started
        os.close(self._pidfd)
        self._pidfd = -1
        self._quick = 0 if ran >= _HEALTHY_SECONDS else self._quick + 1
        self.fell = time.monotonic()
        self.last = {"pid": self.pid, "status": status, "time_ns": time.time_ns(), "ran_seconds": ran}

    def fall(self, status: int) -> None:
        """Plan the next start: at once, as long as it had been well; later and later if it keeps falling."""
        wait = wait_seconds(self._quick - 1, chance()) if self._quick > 1 else 0.0
        self.due = time.monotonic() + wait
        say(f"the sidecar ended with {_spelled(status)}; it is started again in {wait:.1f} s")

    def failed(self, error: tether.StartError) -> None:
        """Plan the next start after one that did not succeed."""
        self._quick += 1
        self.due = time.monotonic() + wait_seconds(self._quick, chance())
        say(str(error))

    def hang_up(self) -> None:
        """Close the link."""
        self.connected = False
        if self.link is not None:
            self.link.close()
        self.link = None


def scheduled(pid: int) -> tuple[float, float]:
    """Return for how many seconds a process ran, and waited to run; zeros if the kernel does not say."""
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:  # noqa: PTH123  pathlib takes memory
            ran, waited, _ = file.read().split()
    except (OSError, ValueError):
        return 0.0, 0.0
    return int(ran) / 1e9, int(waited) / 1e9


def say(text: str) -> None:
    """Tell whoever looks at the console."""
    try:
        sys.stderr.write(f"arkalia: {text}\n")
        sys.stderr.flush()
    except OSError:
        # Whoever read it is gone. The processes are not.
        pass


def _spelled(status: int) -> str:
    return f"exit code {status}" if status >= 0 else f"signal {-status}"
