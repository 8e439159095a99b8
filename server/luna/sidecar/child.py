"""One operating-system process of the node: a child of somebody else, which this process may signal.

Only a pidfd is ever signalled. It stands for this very process, so a signal
can never reach a stranger to whom the kernel gave the same pid later.
"""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Final

from luna.sidecar.logs import last_lines
from luna.sidecar.state import Exit

_NOT_STARTED: Final = 127
"""The exit code that shells give what they cannot run."""


class Child:
    """A running process, until it has ended."""

    def __init__(self, *, pid: int, pidfd: int, log: Path, log_begin: int, started_ns: int) -> None:
        self.pid = pid
        self.log = log
        self.started_ns = started_ns
        self._pidfd = pidfd
        self._log_begin = log_begin
        self._reason = ""
        self._killed = False
        self.over = asyncio.Event()
        """Set once it has ended."""
        self._exit: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()

    @property
    def running(self) -> bool:
        """Whether it has not ended, as far as is known."""
        return not self._exit.done()

    async def wait(self) -> Exit:
        """Wait until it has ended."""
        return await asyncio.shield(self._exit)

    def send(self, signum: signal.Signals, *, reason: str = "") -> None:
        """Send a signal, if it still runs. The *reason* is told by its exit."""
        if self.running:
            self._reason = reason or self._reason
            self._killed = self._killed or signum is signal.SIGKILL
            # It may have ended, and the keeper's word of it be on its way.
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signum)

    def said(self, limit: int = 8) -> list[str]:
        """Return the last lines it wrote."""
        return last_lines(self.log, after=self._log_begin, limit=limit)

    def became(self, *, log: Path, log_begin: int, started_ns: int) -> None:
        """Take note that it is another process now, as it were, that began then and writes there."""
        self.log, self._log_begin, self.started_ns = log, log_begin, started_ns

    def ended(self, *, status: int | None, time_ns: int, ran_seconds: float) -> None:
        """Take note of how it ended, as its parent says. ``None``: that could not be learnt."""
        if self.running:
            os.close(self._pidfd)
            if status is None and self._killed:
                status = -signal.SIGKILL
            self._exit.set_result(exit_of(status, time_ns=time_ns, ran_seconds=ran_seconds, reason=self._reason))
            self.over.set()


def exit_of(status: int | None, *, time_ns: int, ran_seconds: float, reason: str = "") -> Exit:
    """Return how a process ended: with the exit code *status*, or by a signal, which is negative."""
    return Exit(
        code=status if status is not None and status >= 0 else None,
        signal=_name(-status) if status is not None and status < 0 else "",
        time_ns=time_ns,
        ran_seconds=ran_seconds,
        reason=reason,
    )


def not_started(error: Exception, time_ns: int) -> Exit:
    """Return how a process ended that could not be started."""
    return Exit(code=_NOT_STARTED, signal="", time_ns=time_ns, ran_seconds=0.0, reason=str(error))


def _name(signum: int) -> str:
    try:
        return signal.Signals(signum).name
    except ValueError:
        # The real-time signals between the first and the last have none.
        return f"SIG{signum}"
