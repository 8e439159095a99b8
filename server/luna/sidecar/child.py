"""One operating-system process: started through the tether, signalled by descriptor, reaped at once.

Only a pidfd is ever signalled. It stands for this very child, so a signal can
never reach a stranger to whom the kernel gave the same pid later.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from luna.sidecar.logs import last_lines, log_file
from luna.sidecar.state import Exit

_TETHER: Final = str(Path(__file__).with_name("tether.py"))


class Child:
    """A running process, until it has ended."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self.log = log
        self.started_ns = time.time_ns()
        self._started = time.monotonic()
        self._reason = ""
        tethered = [sys.executable, "-S", "-I", _TETHER, str(os.getpid()), *command]
        with log_file(log) as (descriptor, self._log_begin):
            self._process = subprocess.Popen(  # noqa: S603  a command of the supervisor, no shell
                tethered, stdin=subprocess.DEVNULL, stdout=descriptor, stderr=subprocess.STDOUT
            )
        loop = asyncio.get_running_loop()
        self._exit: asyncio.Future[Exit] = loop.create_future()
        # Not yet reaped, so the pid is still this child's.
        self._pidfd = os.pidfd_open(self._process.pid)
        loop.add_reader(self._pidfd, self._reap, loop)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return not self._exit.done()

    async def wait(self) -> Exit:
        """Wait until it has ended."""
        return await asyncio.shield(self._exit)

    def send(self, signum: signal.Signals, *, reason: str = "") -> None:
        """Send a signal, if it still runs. The *reason* is told by its exit."""
        if self.running:
            self._reason = reason or self._reason
            signal.pidfd_send_signal(self._pidfd, signum)

    def said(self, limit: int = 8) -> list[str]:
        """Return the last lines it wrote."""
        return last_lines(self.log, after=self._log_begin, limit=limit)

    def _reap(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        code = self._process.wait()
        if not self._exit.done():
            self._exit.set_result(
                Exit(
                    code=code if code >= 0 else None,
                    signal=signal.Signals(-code).name if code < 0 else "",
                    time_ns=time.time_ns(),
                    ran_seconds=time.monotonic() - self._started,
                    reason=self._reason,
                )
            )
