"""The processes that the keeper keeps: started, reaped, and started again while there is nobody else to do it."""

import os
import signal
import time

from luna.sidecar.keeper import tether
from luna.sidecar.keeper.backoff import wait_seconds
from luna.sidecar.keeper.wire import MalformedError, Message, table, text, texts

LOG_BYTES_MAX = 10 * 1024 * 1024
"""A log file larger than this is put aside."""
SLOTS_MAX = 64
_EXITS_MAX = 16
_HEALTHY_SECONDS = 10.0
"""What has run for this long starts with a clean record."""


class Slot:
    """One process as the sidecar asked for it, whether or not it runs."""

    def __init__(self, key: str, order: Message) -> None:
        """Take what to run.

        Raises:
            MalformedError: *order* does not say it.

        """
        self.key = key
        self.command = texts(order, "command")
        self.log = text(order, "log")
        self.keep = order.get("keep") is True
        self.note = table(order, "note")
        self.pid = 0
        self.pidfd = -1
        self.started_ns = 0
        self.log_begin = 0
        self.restarts = 0
        self.exits: list[Message] = []
        self.due: float | None = None
        self.started = 0.0
        self._quick = 0

    @property
    def runs(self) -> bool:
        """Whether there is a process."""
        return self.pidfd >= 0

    def start(self) -> None:
        """Start the process.

        Raises:
            StartError: it cannot be started.

        """
        self.due = None
        try:
            log, self.log_begin = open_log(self.log)
        except OSError as error:
            raise tether.StartError(f"cannot write {self.log}: {error.strerror}") from error
        try:
            self.pid = tether.start(self.command, log=log)
        finally:
            os.close(log)
        # Not yet reaped, so the pid is still this child's.
        self.pidfd = os.pidfd_open(self.pid)
        self.started_ns, self.started = time.time_ns(), time.monotonic()

    def ended(self, status: int) -> Message:
        """Take note of the end, and return how it was."""
        ran = time.monotonic() - self.started
        os.close(self.pidfd)
        self.pidfd = -1
        self._quick = 1 if ran >= _HEALTHY_SECONDS else self._quick + 1
        exit: Message = {"pid": self.pid, "status": status, "time_ns": time.time_ns(), "ran_seconds": ran}
        self.exits = [*self.exits, exit][-_EXITS_MAX:]
        return exit

    def wait(self) -> None:
        """Start again after a while, unless it runs or nobody wants it any more."""
        if self.keep and not self.runs and self.due is None:
            self.due = time.monotonic() + wait_seconds(max(1, self._quick), chance())

    def again(self) -> None:
        """Start what is due."""
        self.restarts += 1
        try:
            self.start()
        except tether.StartError:
            self._quick += 1
            self.wait()

    def take(self, other: "Slot") -> None:
        """Take over the process of *other*."""
        self.pid, self.pidfd = other.pid, other.pidfd
        self.started_ns, self.started = time.time_ns(), time.monotonic()
        self.log_begin = os.stat(self.log).st_size if os.path.exists(self.log) else 0  # noqa: PTH110, PTH116
        other.pidfd = -1

    def told(self) -> Message:
        """Return everything the sidecar has to know to take it over."""
        return {
            "key": self.key,
            "pid": self.pid if self.runs else 0,
            "keep": self.keep,
            "log": self.log,
            "log_begin": self.log_begin,
            "started_ns": self.started_ns,
            "restarts": self.restarts,
            "exits": self.exits,
            "note": self.note,
        }


class Slots:
    """All of them, by key."""

    def __init__(self) -> None:
        self._slots: dict[str, Slot] = {}

    def all(self) -> list[Slot]:
        """Return every slot, in the order in which they were asked for."""
        return list(self._slots.values())

    def start(self, order: Message) -> Slot:
        """Start what *order* asks for.

        Raises:
            MalformedError: the order makes no sense, or that process runs already.
            StartError: it cannot be started.

        """
        slot = self._place(order)
        slot.start()
        self._slots[slot.key] = slot
        return slot

    def assign(self, order: Message) -> Slot:
        """Let a process that runs be the one that *order* asks for, from now on.

        Raises:
            MalformedError: there is none to take, or that process runs already.

        """
        spare = self._slots.get(text(order, "from"))
        if spare is None or not spare.runs:
            raise MalformedError(f"there is no process {order.get('from')!r}")
        slot = self._place(order)
        slot.take(spare)
        del self._slots[spare.key]
        self._slots[slot.key] = slot
        return slot

    def note(self, order: Message) -> None:
        """Change whether a process is kept."""
        if slot := self._slots.get(text(order, "key")):
            slot.keep = order.get("keep") is True
            self._forget(slot)

    def heard(self, order: Message) -> None:
        """Forget an end that the sidecar knows of."""
        if slot := self._slots.get(text(order, "key")):
            slot.exits = [exit for exit in slot.exits if exit["pid"] != order.get("pid")]
            self._forget(slot)

    def of(self, pid: int) -> Slot | None:
        """Return the slot whose process has that pid."""
        return next((slot for slot in self._slots.values() if slot.runs and slot.pid == pid), None)

    def _forget(self, slot: Slot) -> None:
        if not (slot.keep or slot.runs or slot.exits):
            del self._slots[slot.key]

    def _place(self, order: Message) -> Slot:
        slot = Slot(text(order, "key"), order)
        known = self._slots.get(slot.key)
        if known and known.runs:
            raise MalformedError(f"{slot.key} runs already, as pid {known.pid}")
        if known is None and len(self._slots) >= SLOTS_MAX:
            raise MalformedError(f"there are {SLOTS_MAX} processes already")
        return slot


def open_log(path: str) -> tuple[int, int]:
    """Open a log to append to, put aside when too large; return the descriptor and the size so far."""
    if os.path.exists(path) and os.stat(path).st_size > LOG_BYTES_MAX:  # noqa: PTH110, PTH116  pathlib takes memory
        os.replace(path, f"{path}.1")  # noqa: PTH105
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return descriptor, os.fstat(descriptor).st_size


def signal_all(slots: list[Slot], signum: int) -> None:
    """Send a signal to every process that runs."""
    for slot in slots:
        if slot.runs:
            signal.pidfd_send_signal(slot.pidfd, signum)


def chance() -> float:
    """Return a number from 0 to 1."""
    return int.from_bytes(os.urandom(4), "little") / (2**32 - 1)
