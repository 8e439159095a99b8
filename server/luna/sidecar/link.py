"""The sidecar's end of the link to the keeper."""

import asyncio
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from luna.sidecar.channel import Channel, LostError
from luna.sidecar.child import Child, exit_of
from luna.sidecar.keeper import wire
from luna.sidecar.parent import Inheritance
from luna.sidecar.spawner import Found, Order, SpawnError
from luna.sidecar.state import Exit

BEAT_SECONDS: Final = 1.0
"""How often the keeper is told that the sidecar lives."""


class NoKeeperError(Exception):
    """Descriptor 3 is not a link: the sidecar was not started by a keeper."""


class KeeperLink:
    """Has the keeper start processes, and hears from it how they end."""

    attached = False
    ending = False

    def __init__(self, end: socket.socket) -> None:
        self._channel = Channel(end, self._told)
        self._children: dict[int, Child] = {}

    @classmethod
    def inherit(cls) -> Self:
        """Take the end that the keeper left on its descriptor.

        Raises:
            NoKeeperError: there is none.

        """
        try:
            end = socket.socket(fileno=wire.LINK)
        except OSError as error:
            raise NoKeeperError from error
        if (end.family, end.type) != (socket.AF_UNIX, socket.SOCK_SEQPACKET):
            end.detach()
            raise NoKeeperError
        end.set_inheritable(False)
        return cls(end)

    async def hello(self) -> Inheritance:
        """Take charge, and return what there is to take charge of.

        Raises:
            LostError: the keeper is gone.

        """
        found: list[Found] = []

        def take(told: Any, descriptors: list[int]) -> None:  # noqa: ANN401  what the keeper says, as it spells it
            found.extend(self._found(slot, descriptors) for slot in told["slots"])

        told: Any = await self._channel.ask({"do": "hello"}, take)
        return Inheritance(
            keeper_pid=told["pid"],
            life=told["life"],
            began=told["began"],
            began_ns=told["began_ns"],
            outage_seconds=told["outage_seconds"],
            exit=_exit(told["last"]) if told["last"] else None,
            memo=told["memo"],
            found=found,
        )

    async def start(self, order: Order) -> Child:
        """Start a process.

        Raises:
            SpawnError: it could not be started.

        """
        started: list[Child] = []

        def take(told: wire.Message, descriptors: list[int]) -> None:
            started.append(self._child(told, descriptors))
            if waiting.cancelled():
                # Nobody will ever attend to it.
                self.let_go(order.key)
                started[0].send(signal.SIGKILL)

        waiting = asyncio.ensure_future(self._channel.ask({"do": "start", **_spelled(order)}, take))
        try:
            await waiting
        except LostError as error:
            raise SpawnError(str(error)) from error
        return started[0]

    async def assign(self, key: str, child: Child, order: Order) -> None:
        """Let *child*, which runs as *key*, be what *order* asks for from now on.

        Raises:
            SpawnError: it has ended, or what is asked for runs already.

        """

        def take(told: Any, descriptors: list[int]) -> None:  # noqa: ANN401
            wire.close(descriptors)
            child.became(log=order.log, log_begin=told["log_begin"], started_ns=told["started_ns"])

        try:
            await self._channel.ask({"do": "assign", "from": key, **_spelled(order)}, take)
        except LostError as error:
            raise SpawnError(str(error)) from error

    def let_go(self, key: str) -> None:
        """Do not start it again when it ends."""
        self._channel.send({"do": "note", "key": key, "keep": False})

    def remember(self, memo: Mapping[str, object]) -> None:
        """Keep *memo* for a later sidecar."""
        self._channel.send({"do": "memo", "memo": dict(memo)})

    def say_goodbye(self, code: int) -> None:
        """Say that the node is down, and the exit code that it ends with."""
        self._channel.send({"do": "goodbye", "code": code})

    async def beat(self) -> None:
        """Tell the keeper again and again that this process is well, forever."""
        while True:
            self._channel.send({"do": "beat"})
            await asyncio.sleep(BEAT_SECONDS)

    def close(self) -> None:
        """Hang up."""
        self._channel.close()

    def _told(self, message: Any) -> None:  # noqa: ANN401
        if "ended" not in message:
            return
        if child := self._children.pop(message["pid"], None):
            child.ended(status=message["status"], time_ns=message["time_ns"], ran_seconds=message["ran_seconds"])
        self._heard(message["ended"], message["pid"])

    def _heard(self, key: str, pid: int) -> None:
        self._channel.send({"do": "heard", "key": key, "pid": pid})

    def _found(self, slot: Any, descriptors: list[int]) -> Found:  # noqa: ANN401
        for exit in slot["exits"]:
            self._heard(slot["key"], exit["pid"])
        return Found(
            key=slot["key"],
            child=self._child(slot, descriptors) if slot["pid"] else None,
            keep=slot["keep"],
            restarts=slot["restarts"],
            exits=[(exit["pid"], _exit(exit)) for exit in slot["exits"]],
            note=slot["note"],
        )

    def _child(self, slot: Any, descriptors: list[int]) -> Child:  # noqa: ANN401
        pidfd = descriptors.pop(0)
        if known := self._children.get(slot["pid"]):
            wire.close([pidfd])
            return known
        child = Child(
            pid=slot["pid"],
            pidfd=pidfd,
            log=Path(slot["log"]),
            log_begin=slot["log_begin"],
            started_ns=slot["started_ns"],
        )
        self._children[child.pid] = child
        return child


def _spelled(order: Order) -> wire.Message:
    return {
        "key": order.key,
        "command": list(order.command),
        "log": str(order.log),
        "keep": order.keep,
        "note": dict(order.note),
    }


def _exit(told: Any) -> Exit:  # noqa: ANN401
    return exit_of(told["status"], time_ns=told["time_ns"], ran_seconds=told["ran_seconds"])
