"""Questions and answers over the link to the keeper, without waiting for one before asking the next."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Coroutine
from itertools import count
from typing import TypeAlias

from luna.sidecar.keeper import wire

Take: TypeAlias = Callable[[wire.Message, list[int]], None]
"""Sees an answer at once, before anything else that arrives."""


class LostError(Exception):
    """The keeper is gone, or cannot do what was asked. The message says which."""


class Channel:
    """One end of a link. What arrives unasked goes to *event*."""

    def __init__(self, end: socket.socket, event: Callable[[wire.Message], None]) -> None:
        end.settimeout(0)
        self._end = end
        self._event = event
        self._loop = asyncio.get_running_loop()
        self._ids = count(1)
        self._asked: dict[int, tuple[asyncio.Future[wire.Message], Take]] = {}
        self._unsent: deque[wire.Message] = deque()
        self._loop.add_reader(end.fileno(), self._read)

    def ask(self, message: wire.Message, take: Take) -> Coroutine[None, None, wire.Message]:
        """Send a request, now and not when somebody waits for the answer, and return what waits for that.

        *take* sees the answer even when nobody waits for it any more.

        Raises, when waited for:
            LostError: there will be no answer, or it is an error.

        """
        id = next(self._ids)
        answer: asyncio.Future[wire.Message] = self._loop.create_future()
        self._asked[id] = answer, take
        self.send({"id": id, **message})
        return self._told(answer)

    def send(self, message: wire.Message) -> None:
        """Send what needs no answer, as soon as there is room."""
        self._unsent.append(message)
        self._flush()

    def close(self) -> None:
        """Hang up."""
        self._lose()
        self._end.close()

    @staticmethod
    async def _told(answer: asyncio.Future[wire.Message]) -> wire.Message:
        told = await answer
        if error := told.get("error"):
            raise LostError(str(error))
        return told

    def _flush(self) -> None:
        while self._unsent:
            try:
                wire.send(self._end, self._unsent[0])
            except BlockingIOError:
                self._loop.add_writer(self._end.fileno(), self._flush)
                return
            except wire.MalformedError as error:
                self._answered({"re": self._unsent[0].get("id"), "error": str(error)}, [])
            except (wire.HungUpError, OSError):
                self._lose()
                return
            self._unsent.popleft()
        self._loop.remove_writer(self._end.fileno())

    def _read(self) -> None:
        try:
            message, descriptors = wire.receive(self._end)
        except (BlockingIOError, wire.MalformedError):
            return
        except wire.HungUpError:
            self._lose()
            return
        if "re" in message:
            self._answered(message, descriptors)
        else:
            wire.close(descriptors)
            self._event(message)

    def _answered(self, message: wire.Message, descriptors: list[int]) -> None:
        id = message["re"]
        answer, take = self._asked.pop(id, (None, None)) if isinstance(id, int) else (None, None)
        if answer is None or take is None:
            wire.close(descriptors)
            return
        if "error" not in message:
            take(message, descriptors)
        if not answer.done():
            answer.set_result(message)

    def _lose(self) -> None:
        """Answer everybody who waits: nobody else does any more."""
        self._loop.remove_reader(self._end.fileno())
        self._loop.remove_writer(self._end.fileno())
        self._unsent.clear()
        while self._asked:
            _, (answer, _) = self._asked.popitem()
            if not answer.done():
                answer.set_result({"error": "the keeper is gone"})
