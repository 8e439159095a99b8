"""Brings what was recorded into the index, beside the recording of what comes next."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from luna.kernel.bell import Bell
from luna.kernel.clock import Clock
from luna.kernel.memory_errors import IndexFullError
from luna.kernel.memory_rows import Key
from luna.manifest import Health
from luna.modules.memory.applying import Applying, UnderWay
from luna.modules.memory.errors import IndexNoRoomError
from luna.modules.memory.projection import Projection
from luna.modules.memory.requests import Retaining

BARE_TURN_MAX: Final = 64
"""How many texts are embedded before the index is changed."""
BARE_TURN_MANY: Final = 256
"""As many while nobody waits, nor is about to: each change of the index costs as much for few."""
PAUSE_SECONDS: Final = 0.1
"""How long no text may have come before those that nobody waits for are embedded, unless somebody comes who does."""
GATHER_SECONDS: Final = 1.0
"""How long they may gather while more come: whoever waits for an acknowledgement needs the processors first."""
UNDER_WAY_MAX: Final = 65_536
"""How many memories may wait for the index before those who bring more wait too, or are refused if it is full."""
BARE_MAX: Final = 2**17
"""How many characters may wait to be embedded before those who bring more wait as well: some two seconds' work."""
BARE_MANY: Final = BARE_MAX * 7 // 8
"""How many may gather."""
BARE_MAX_AWAITED: Final = BARE_MAX // 4
"""How many may while somebody waits to be visible."""
REST_SECONDS: Final = (0.1, 0.5, 2.0)
LOOK_SECONDS: Final = 2.0
"""How soon facts are noticed that others have recorded, and how often upkeep is looked for."""

_log = logging.getLogger(__name__)


class Applier:
    """Changes the index. `run` it."""

    def __init__(self, projection: Projection, clock: Clock) -> None:
        self._projection = projection
        self._clock = clock
        self._waiting: list[Applying] = []
        self._arrived = asyncio.Event()
        self._awaited = asyncio.Event()
        self._under_way: dict[Key, Applying] = {}
        self._bare = 0
        """How many characters wait to be embedded."""
        self._pressing = 0
        """How many wait to be visible."""
        self._came_at = -PAUSE_SECONDS
        self._moved = Bell()
        self._asleep = True
        self.trouble = "is not open yet"
        """Why the index is behind."""
        self.full = ""
        """Where there is no room for it, if that is why."""

    @property
    def busy(self) -> bool:
        """Whether anything is recorded and not in the index yet."""
        return bool(self._under_way)

    def under_way(self, keys: Iterable[Key]) -> dict[Key, UnderWay]:
        """Return those memories of *keys* that are recorded and not in the index yet."""
        waiting = {key: self._under_way[key] for key in keys if key in self._under_way}
        found = {
            key: UnderWay(memory, each)
            for each in {*waiting.values()}
            for key, memory in zip(each.keys, each.memories, strict=True)
        }
        return {key: found[key] for key in waiting}

    def add(self, applying: Applying) -> None:
        """Bring this into the index next."""
        self._waiting.append(applying)
        self._under_way.update(dict.fromkeys(applying.keys, applying))
        self._arrived.set()
        if applying.fact.is_bare:
            self._bare += applying.characters
            self._came_at = asyncio.get_running_loop().time()
        else:
            self._pressing += applying.request.visible
            self._awaited.set()

    def follow(self, applying: Applying, request: Retaining) -> None:
        """Have *request*, which brings the same as *applying*, answered once that is in the index."""
        if self._under_way.get(applying.keys[0]) is not applying:
            # It came there while it was looked for.
            request.settle(replace(applying.again(request), visible=True))
            return
        applying.followers.append(request)
        self._pressing += 1
        self._awaited.set()

    async def drained(self) -> None:
        """Wait until everything that was added is in the index."""
        while self._under_way:
            self._awaited.set()
            await self._moved.wait()

    async def room(self) -> None:
        """Wait until not too much waits for the index, or to be embedded.

        Raises:
            IndexNoRoomError: there is no room for the index.

        """
        while self._bare > (BARE_MAX_AWAITED if self._pressing else BARE_MAX) or len(self._under_way) > UNDER_WAY_MAX:
            if self.full:
                raise IndexNoRoomError(self.full)
            await self._moved.wait()

    async def tend(self) -> None:
        """Look for upkeep that is due, forever, beside everything else."""
        while True:
            await self._clock.sleep(LOOK_SECONDS)
            try:
                await self._projection.tend()
            except Exception as error:  # noqa: BLE001  what was not done now is still due
                _log.warning("upkeep of the memory index failed: %s: %s", type(error).__name__, error)

    async def run(self) -> None:
        """Change the index, forever. If that fails, what is missing is read from the log."""
        failures = 0
        while True:
            try:
                if self._asleep:
                    await self._projection.wanted()
                    self._asleep = False
                await self._turn()
                failures, self.trouble, self.full = 0, "", ""
            except Exception as error:  # noqa: BLE001  however storage fails, this must come back
                if (trouble := f"{type(error).__name__}: {error}") != self.trouble:
                    _log.warning("the memory index is behind: %s", trouble)
                self.trouble = trouble
                self._projection.lost = True
                self._tell_full(error)
                await self._clock.sleep(REST_SECONDS[min(failures, len(REST_SECONDS) - 1)])
                failures += 1

    async def probe(self) -> tuple[Health, str]:
        """Tell whether memories are found."""
        projection = self._projection
        if self._asleep:
            return Health.SERVING, "nothing is remembered yet"
        if projection.reindexing:
            return Health.DEGRADED, "the index is being made anew"
        if projection.mismatch:
            # Whoever is to make it anew must be let in.
            return Health.DEGRADED, projection.mismatch
        if self.trouble:
            # Calls wait for it, and others of this process must not be kept from theirs.
            return Health.DEGRADED, f"the index {self.trouble}"
        return Health.SERVING, ""

    async def _turn(self) -> None:
        if not self._waiting and not self._projection.lost and not await self._came():
            await self._projection.catch_up()
            return
        await self._gathered()
        self._arrived.clear()
        self._awaited.clear()
        taken = self._next()
        await self._projection.apply([each.fact for each in taken])
        del self._waiting[: len(taken)]
        for each in taken:
            self._settle(each)

    async def _gathered(self) -> None:
        """Let texts gather as long as nobody waits for one: to change the index costs the same for many."""
        clock = asyncio.get_running_loop().time
        end = clock() + GATHER_SECONDS
        while self._bare < BARE_MANY and not self._is_awaited():
            if (seconds := min(end, self._came_at + PAUSE_SECONDS) - clock()) <= 0:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._awaited.wait()

    def _is_awaited(self) -> bool:
        return self._awaited.is_set() or self._pressing > 0

    async def _came(self) -> bool:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._arrived.wait()
        except TimeoutError:
            return False
        return True

    def _next(self) -> Sequence[Applying]:
        """Return what comes next: not so many texts to embed that those who wait to see theirs wait for long."""
        hurried = self._pressing or self._bare > BARE_MANY
        bare, taken, most = 0, [], BARE_TURN_MAX if hurried else BARE_TURN_MANY
        for each in self._waiting:
            bare += each.fact.is_bare
            if bare > most:
                break
            taken.append(each)
        return taken

    def _tell_full(self, error: Exception) -> None:
        """Answer those who wait to see what they brought: it is recorded, and nobody knows when there is room again."""
        self.full = str(error) if isinstance(error, IndexFullError | IndexNoRoomError) else ""
        if not self.full:
            return
        for each in self._waiting:
            for request in (each.request, *each.followers):
                if request.visible:
                    request.settle(IndexNoRoomError(self.full))
        self._moved.ring()

    def _settle(self, applied: Applying) -> None:
        for key in applied.keys:
            self._under_way.pop(key, None)
        self._bare -= applied.characters
        self._pressing -= applied.request.visible + len(applied.followers)
        for request in (applied.request, *applied.followers):
            if not request.outcome.done():
                same = request is applied.request
                request.outcome.set_result(replace(applied.outcome if same else applied.again(request), visible=True))
        self._moved.ring()
