"""Where the keeper does what its sidecar asks for."""

import os
import signal
import time

from luna.sidecar.keeper import tether, wire
from luna.sidecar.keeper.charge import Sidecar
from luna.sidecar.keeper.slots import Slots


class Desk:
    """The conversation over the link. Whatever is sent to it, it answers, and goes on."""

    def __init__(self, sidecar: Sidecar, slots: Slots) -> None:
        self.met = False
        """Whether a sidecar has ever introduced itself."""
        self.held: list[int] = []
        """Signals that came before there was anybody to take them."""
        self._sidecar = sidecar
        self._slots = slots
        self._memo: wire.Message = {}
        self._began = time.monotonic()
        self._began_ns = time.time_ns()
        self._verbs = {
            "assign": self._assign,
            "beat": self._beat,
            "goodbye": self._goodbye,
            "heard": self._heard,
            "hello": self._hello,
            "memo": self._remember,
            "note": self._note,
            "start": self._start,
        }

    def read(self) -> None:
        """Answer everything that has arrived."""
        while self._sidecar.link:
            try:
                message, descriptors = wire.receive(self._sidecar.link)
            except BlockingIOError:
                return
            except wire.MalformedError as error:
                self.tell({"error": str(error)})
            except wire.HungUpError:
                self._hung_up()
            else:
                wire.close(descriptors)
                self._sidecar.spoke()
                self._answer(message)

    def tell(self, message: wire.Message, descriptors: list[int] | None = None) -> None:
        """Send a message to the sidecar, if there is one."""
        if self._sidecar.link is None:
            return
        try:
            wire.send(self._sidecar.link, message, descriptors)
        except wire.HungUpError:
            self._hung_up()
        except BlockingIOError:
            # It asks and does not listen. There is no use in waiting for it.
            self._sidecar.signal(signal.SIGKILL)

    def _hung_up(self) -> None:
        self._sidecar.hang_up()
        if self._sidecar.goodbye is None:
            # Most likely it has just ended. If not, it must not go on beside its successor.
            self._sidecar.signal(signal.SIGKILL)

    def _answer(self, message: wire.Message) -> None:
        answer: wire.Message = {"re": message.get("id")}
        descriptors: list[int] = []
        try:
            said, descriptors = self._verbs.get(wire.text(message, "do"), _unknown)(message)
            answer.update(said)
        except (wire.MalformedError, tether.StartError) as error:
            answer["error"] = str(error)
        if "id" in message or "error" in answer:
            self.tell(answer, descriptors)
        while self.held and self._sidecar.connected:
            self._sidecar.signal(self.held.pop(0))

    def _hello(self, _: wire.Message) -> tuple[wire.Message, list[int]]:
        """Introduce the sidecar to what runs. From now on it decides what is started again."""
        fell = self._sidecar.fell
        self.met = self._sidecar.connected = True
        slots = self._slots.all()
        for slot in slots:
            slot.due = None
        told: wire.Message = {
            "pid": os.getpid(),
            "life": self._sidecar.lives,
            "began": self._began,
            "began_ns": self._began_ns,
            "outage_seconds": 0.0 if fell is None else time.monotonic() - fell,
            "last": self._sidecar.last,
            "memo": self._memo,
            "slots": [slot.told() for slot in slots],
        }
        return told, [slot.pidfd for slot in slots if slot.runs]

    def _start(self, message: wire.Message) -> tuple[wire.Message, list[int]]:
        slot = self._slots.start(message)
        return slot.told(), [slot.pidfd]

    def _assign(self, message: wire.Message) -> tuple[wire.Message, list[int]]:
        return self._slots.assign(message).told(), []

    def _note(self, message: wire.Message) -> tuple[wire.Message, list[int]]:
        self._slots.note(message)
        return {}, []

    def _heard(self, message: wire.Message) -> tuple[wire.Message, list[int]]:
        self._slots.heard(message)
        return {}, []

    def _remember(self, message: wire.Message) -> tuple[wire.Message, list[int]]:
        self._memo = wire.table(message, "memo")
        return {}, []

    def _goodbye(self, message: wire.Message) -> tuple[wire.Message, list[int]]:
        code = message.get("code")
        if not isinstance(code, int):
            raise wire.MalformedError(f"code must be a number, it is {code!r:.100}")
        self._sidecar.goodbye = code
        return {}, []

    @staticmethod
    def _beat(_: wire.Message) -> tuple[wire.Message, list[int]]:
        return {}, []


def _unknown(message: wire.Message) -> tuple[wire.Message, list[int]]:
    raise wire.MalformedError(f"nobody knows how to do {message['do']!r:.100}")
