"""Keeps a spare server process, with everything loaded, that takes the place of one that falls."""

import asyncio
import json
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from luna.kernel.clock import Clock
from luna.sidecar.child import Child
from luna.sidecar.spawner import Found, Order, Spawner, SpawnError, slot_key, slot_of
from luna.sidecar.state import ReplicaStatus

STANDBY: Final = "standby"
GIVE_SECONDS: Final = 0.5
"""How long a spare may take to accept a role. A busy machine is slow, and starting anew is slower."""
_LOOK_SECONDS: Final = 0.25
_CALM_SECONDS: Final = 1.0
"""How long all must have been well before a spare is made: those who come back need the machine for themselves."""
_WAIT_SECONDS: Final = 15.0
"""How long a spare is put off at most."""
_REST_SECONDS: Final = (0.0, 1.0, 5.0, 30.0)
"""How long to wait after one that fell, and after more."""

_DOOR: Final = "door"
_ROLE: Final = "role"

_log = logging.getLogger(__name__)


class Standby:
    """One spare. Where there is none at the moment, callers start a process of their own."""

    def __init__(
        self,
        *,
        command: Callable[[Path], Sequence[str]],
        arguments: Callable[[ReplicaStatus], list[str]],
        spawner: Spawner,
        run: Path,
        log: Path,
        clock: Clock,
        calm: Callable[[], bool],
        found: Found | None = None,
    ) -> None:
        """Take the *command* that stands by at a path, the *arguments* that make a role, and whether all is *calm*."""
        self._command = command
        self._arguments = arguments
        self._spawner = spawner
        self._run = run
        self._log = log
        self._clock = clock
        self._calm = calm
        self._key = found.key if found else slot_key(STANDBY, 0, 0)
        self._child = found.child if found else None
        self._taken = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Whether there is a spare that has loaded everything."""
        return self._child is not None and self._child.running and self._door(self._key).exists()

    async def run(self) -> None:
        """Have a spare, forever: a new one whenever it was taken, or has fallen."""
        failures = 0
        while True:
            if self._child is None:
                await self._until_calm()
                await self._clock.sleep(_REST_SECONDS[min(failures, len(_REST_SECONDS) - 1)])
                await self._start()
            taken = await self._watch()
            failures = 0 if taken else failures + 1

    async def take(self, order: Order, status: ReplicaStatus) -> Child | None:
        """Let the spare be what *order* asks for. ``None``: there is none, or it did not take the role."""
        if not self.ready or self._child is None:
            return None
        key, child, self._child = self._key, self._child, None
        self._taken.set()
        arguments = self._arguments(status)
        note = {**order.note, _DOOR: str(self._door(key)), _ROLE: arguments}
        try:
            # Named first: a sidecar that comes after this one can still tell it what it is, see `remind`.
            await self._spawner.assign(key, child, replace(order, note=note))
            await give(self._door(key), arguments, order.log)
        except (SpawnError, OSError, TimeoutError, ValueError) as error:
            _log.warning("the standby did not take its role", extra={"why": str(error) or type(error).__name__})
            child.send(signal.SIGKILL, reason="did not take its role")
            await child.wait()
            return None
        return child

    async def _start(self) -> None:
        _, generation = self._key.rsplit(".", 1)
        self._key = slot_key(STANDBY, 0, int(generation) + 1)
        self._taken.clear()
        door = self._door(self._key)
        door.unlink(missing_ok=True)
        order = Order(key=self._key, command=self._command(door), log=self._log, keep=False)
        try:
            self._child = await self._spawner.start(order)
        except SpawnError as error:
            _log.warning("there is no standby", extra={"why": str(error)})

    async def _watch(self) -> bool:
        """Wait until the spare is gone, and return whether somebody has taken it."""
        if self._child is not None:
            ended = asyncio.ensure_future(self._child.wait())
            taken = asyncio.ensure_future(self._taken.wait())
            try:
                await asyncio.wait([ended, taken], return_when=asyncio.FIRST_COMPLETED)
            finally:
                ended.cancel()
                taken.cancel()
        if not self._taken.is_set():
            self._child = None
        return self._taken.is_set()

    async def _until_calm(self) -> None:
        """Wait until those who come back have done so."""
        now = self._clock.monotonic()
        until, calm = now + _WAIT_SECONDS, now
        while (now := self._clock.monotonic()) < until and now - calm < _CALM_SECONDS:
            await self._clock.sleep(_LOOK_SECONDS)
            calm = calm if self._calm() else self._clock.monotonic()

    def _door(self, key: str) -> Path:
        return self._run / f"{key}.sock"


def is_standby(found: Found) -> bool:
    """Tell whether it is a spare, which has not been taken."""
    slot = slot_of(found.key)
    return slot is not None and slot[0] == STANDBY


async def remind(found: Sequence[Found]) -> None:
    """Give their roles to those whom an earlier sidecar had named, and had no time to tell."""
    for each in found:
        door, arguments = each.note.get(_DOOR), each.note.get(_ROLE)
        if each.child and isinstance(arguments, list):
            # Where nobody is at the door any more, it has its role.
            with suppress(OSError, TimeoutError, ValueError):
                await give(Path(str(door)), arguments, each.child.log)


async def give(door: Path, arguments: Sequence[str], log: Path) -> None:
    """Give a role to who stands by at *door*.

    Raises:
        OSError: nobody does.
        TimeoutError: it does not answer.
        ValueError: it did not accept.

    """
    async with asyncio.timeout(GIVE_SECONDS):
        reader, writer = await asyncio.open_unix_connection(door)
        try:
            writer.write(json.dumps({"arguments": list(arguments), "log": str(log)}).encode())
            if await reader.read(2) != b"ok":
                raise ValueError("it did not accept")
        finally:
            writer.close()
