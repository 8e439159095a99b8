"""Keeps the processes of a node running, whatever becomes of the one in charge of them.

::

    keeper ── the sidecar, which decides       ── link ── "start this", "it ended"
       ├───── what the sidecar had it start
       └───── …

Rule 1: all are children of the keeper and die with it. It ends last.
Rule 2: a sidecar that falls is started again, and finds everything as it was.
Rule 3: while there is no sidecar, the keeper itself starts again what falls.
Rule 4: a sidecar that says goodbye ends the node, with the exit code it says.
"""

import os
import select
import signal
import socket
import time

from luna.sidecar.keeper import tether
from luna.sidecar.keeper.charge import Sidecar
from luna.sidecar.keeper.desk import Desk
from luna.sidecar.keeper.slots import Slot, Slots, signal_all

FAILURE = 1
HURRIED = 130
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK_SECONDS = 1.0
"""The longest sleep."""
_LATE_SECONDS = 1.0


def main(arguments: list[str]) -> int:
    """Keep a node: ``LOCK_FD STOP_SECONDS [SIDECAR…]``. Without a sidecar, for whoever is at descriptor 3."""
    _, stop_seconds, *command = arguments
    # What this process was started with, the lock of the node above all, is for nobody else.
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  pathlib takes memory
        if int(name) > 2:  # noqa: PLR2004  the standard streams
            _keep_private(int(name))
    return Keeper(command, stop_seconds=float(stop_seconds)).run()


class Keeper:
    """One life of a node."""

    def __init__(self, command: list[str], *, stop_seconds: float) -> None:
        self._sidecar = Sidecar(command)
        self._slots = Slots()
        self._desk = Desk(self._sidecar, self._slots)
        self._stop_seconds = stop_seconds
        self._told = False
        self._code: int | None = None
        self._ending: int | None = None
        self._deadline: float | None = None
        self._woken, wake = socket.socketpair()
        self._woken.settimeout(0)
        wake.settimeout(0)
        signal.set_wakeup_fd(wake.detach(), warn_on_full_buffer=False)
        for signum in (*_STOP_SIGNALS, signal.SIGCHLD):
            signal.signal(signum, lambda *_: None)

    def run(self) -> int:
        """Keep the node until it is over, and return the exit code."""
        if self._sidecar.command:
            self._start_sidecar()
        else:
            self._sidecar.attach()
        while self._code is None:
            self._wait()
            for signum in self._signalled():
                self._stop(signum)
            self._desk.read()
            self._reap()
            self._look(time.monotonic())
        self._finish()
        return self._code

    def _wait(self) -> None:
        now = time.monotonic()
        dues = [*(slot.due for slot in self._slots.all()), self._sidecar.due, self._deadline]
        until = min([due for due in dues if due is not None], default=now + _LOOK_SECONDS)
        wait = max(0.0, min(until - now, _LOOK_SECONDS))
        poll = select.poll()
        poll.register(self._woken, select.POLLIN)
        if self._sidecar.link:
            poll.register(self._sidecar.link, select.POLLIN)
        poll.poll(wait * 1000 + 1)
        if time.monotonic() - now > wait + _LATE_SECONDS:
            # This process was stopped, or the whole machine.
            self._sidecar.excuse()

    def _signalled(self) -> list[int]:
        try:
            return [signum for signum in self._woken.recv(256) if signum in _STOP_SIGNALS]
        except BlockingIOError:
            return []

    def _stop(self, signum: int) -> None:
        """Have the sidecar stop the node, or do it without one. A second signal is for those in a hurry."""
        again, self._told = self._told, True
        if self._sidecar.goodbye is not None:
            # The node is down already, and there is nothing left to hurry.
            return
        if self._sidecar.connected and self._ending is None:
            self._sidecar.signal(signum)
        elif again:
            self._end(HURRIED, seconds=0.0)
        elif self._sidecar.runs:
            self._desk.held.append(signum)
        else:
            self._end(0, seconds=self._stop_seconds)

    def _end(self, code: int, *, seconds: float) -> None:
        """Stop everything without a sidecar."""
        self._ending = code
        self._deadline = time.monotonic() + seconds
        self._sidecar.due = None
        self._sidecar.signal(signal.SIGKILL)
        signal_all(self._slots.all(), signal.SIGTERM)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._sidecar.pid and self._sidecar.runs:
                self._sidecar_ended(os.waitstatus_to_exitcode(status))
            elif slot := self._slots.of(pid):
                self._ended(slot, os.waitstatus_to_exitcode(status))

    def _ended(self, slot: Slot, status: int) -> None:
        exit = slot.ended(status)
        if self._sidecar.connected:
            self._desk.tell({"ended": slot.key, **exit})
        elif self._ending is None:
            slot.wait()

    def _sidecar_ended(self, status: int) -> None:
        # Its last words may still be on their way.
        self._desk.read()
        self._sidecar.hang_up()
        self._sidecar.ended(status)
        if self._sidecar.goodbye is not None:
            self._code = self._sidecar.goodbye
        elif self._told and self._ending is None:
            # It fell while it was stopping the node, or never came so far as to be told.
            self._end(0 if self._desk.held else FAILURE, seconds=self._stop_seconds)
        elif status >= 0 and not self._desk.met:
            # The start failed, and it has said why. Nothing runs yet.
            self._code = status
        elif self._ending is None:
            self._sidecar.fall(status)
            for slot in self._slots.all():
                slot.wait()

    def _look(self, now: float) -> None:
        if not self._sidecar.command and self._sidecar.link is None:
            self._code = 0
        elif self._ending is not None:
            self._look_at_the_end(now)
        else:
            self._look_at_the_sidecar(now)
            for slot in self._slots.all():
                if slot.due is not None and now >= slot.due:
                    slot.again()

    def _look_at_the_sidecar(self, now: float) -> None:
        self._sidecar.end_if_frozen()
        if self._sidecar.due is not None and now >= self._sidecar.due:
            self._start_sidecar()

    def _look_at_the_end(self, now: float) -> None:
        if not self._sidecar.runs and not any(slot.runs for slot in self._slots.all()):
            self._code = self._ending
        elif self._deadline is not None and now >= self._deadline:
            self._deadline = now + _LOOK_SECONDS
            signal_all(self._slots.all(), signal.SIGKILL)

    def _start_sidecar(self) -> None:
        try:
            self._sidecar.start()
        except tether.StartError as error:
            self._sidecar.failed(error)

    def _finish(self) -> None:
        """Leave nobody behind."""
        self._sidecar.signal(signal.SIGKILL)
        signal_all(self._slots.all(), signal.SIGKILL)
        try:
            while True:
                os.waitpid(-1, 0)
        except ChildProcessError:
            pass


def _keep_private(descriptor: int) -> None:
    try:
        os.set_inheritable(descriptor, False)  # noqa: FBT003  its only way
    except OSError:
        # The listing's own, which is closed by now.
        return
