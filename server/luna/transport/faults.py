"""Keeps the faults under way in this process, and ends each at its time."""

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from luna.kernel.faults import Damage, FaultKind, Undo
from luna.transport.chaos_errors import FaultIncompleteError, FaultTargetUnknownError, TooManyFaultsError

FAULTS_MAX: Final = 16
REMEMBERED_MAX: Final = 1024
REMEMBERED_SECONDS: Final = 3600.0
"""How long a fault that has ended is known, so that whoever asks for it again does not begin another."""
_BLOCK_DELAY_SECONDS: Final = 0.05
"""Time for the answer to leave before the event loop stands still."""
_PIECE_BYTES: Final = 8 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSpec:
    """What is to go wrong."""

    fault_id: str
    kind: FaultKind
    seconds: float
    target: str = ""
    ratio: float = 1.0
    delay_seconds: float = 0.0
    code: int = 0
    size_bytes: int = 0


class Fault:
    """One fault under way."""

    def __init__(self, spec: FaultSpec, undo: Undo | None, end: asyncio.TimerHandle) -> None:
        self.spec = spec
        self.start_ns = time.time_ns()
        self.hits = 0
        self.undo = undo
        self.end = end

    def meets(self, method: str, chance: Callable[[], float]) -> bool:
        """Tell whether a call of *method* meets the fault, and count it."""
        target = self.spec.target
        if target and method != target and method.partition("/")[0] != target:
            return False
        if self.spec.ratio < 1 and chance() >= self.spec.ratio:
            return False
        self.hits += 1
        return True


class FaultBoard:
    """Implements `luna.kernel.faults.FaultHooks`, and begins faults when it is told to."""

    def __init__(
        self, *, chance: Callable[[], float] = random.random, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._chance = chance
        self._monotonic = monotonic
        self._offers: dict[FaultKind, dict[str, Damage]] = {}
        self._faults: dict[str, Fault] = {}
        self._ended: OrderedDict[str, tuple[Fault, float]] = OrderedDict()
        """Those that have ended, and when, the oldest first."""
        self._calls: tuple[Fault, ...] = ()
        self._begin: dict[FaultKind, Callable[[FaultSpec], Undo | None]] = {
            FaultKind.SLOW: _needs_delay,
            FaultKind.ERROR: _nothing,
            FaultKind.LOOP_BLOCK: _block,
            FaultKind.MEMORY: _hoard,
        }

    def offer(self, kind: FaultKind, name: str, damage: Damage) -> None:
        """Take note of something that can be damaged."""
        self._offers.setdefault(kind, {})[name] = damage

    def inject(self, spec: FaultSpec) -> Fault:
        """Begin a fault; the same id again is the same fault, even if that one has ended.

        Raises:
            FaultTargetUnknownError: there is nothing of that kind and name here.
            FaultIncompleteError: it says too little.
            TooManyFaultsError: there are enough.

        """
        if known := self._known(spec.fault_id):
            return known
        if len(self._faults) >= FAULTS_MAX:
            raise TooManyFaultsError(FAULTS_MAX)
        undo = self._begin[spec.kind](spec) if spec.kind in self._begin else self._damage(spec)
        loop = asyncio.get_running_loop()
        fault = Fault(spec, undo, loop.call_later(spec.seconds, self._end, spec.fault_id))
        self._faults[spec.fault_id] = fault
        self._sort()
        return fault

    def under_way(self) -> Iterable[Fault]:
        """Return the faults that have not ended."""
        return tuple(self._faults.values())

    def clear(self, fault_id: str = "") -> Iterable[Fault]:
        """End one fault, or all of them; return those that were ended."""
        ended = [fault for id, fault in self._faults.items() if fault_id in {"", id}]
        for fault in ended:
            fault.end.cancel()
            self._end(fault.spec.fault_id)
        return ended

    def met_by(self, method: str) -> Iterable[FaultSpec]:
        """Return what a call of *method* meets now."""
        return [fault.spec for fault in self._calls if fault.meets(method, self._chance)]

    def _known(self, fault_id: str) -> Fault | None:
        if fault := self._faults.get(fault_id):
            return fault
        self._forget()
        ended = self._ended.get(fault_id)
        return ended[0] if ended else None

    def _forget(self) -> None:
        since = self._monotonic() - REMEMBERED_SECONDS
        while self._ended:
            oldest, (_, ended) = next(iter(self._ended.items()))
            if ended > since and len(self._ended) <= REMEMBERED_MAX:
                return
            del self._ended[oldest]

    def _damage(self, spec: FaultSpec) -> Undo | None:
        known = self._offers.get(spec.kind, {})
        if not known or spec.target not in {"", *known}:
            raise FaultTargetUnknownError(spec.kind.name, spec.target, sorted(known))
        chosen = [known[spec.target]] if spec.target else list(known.values())
        undos = [undo for damage in chosen if (undo := damage()) is not None]

        def undo_all() -> None:
            for undo in undos:
                undo()

        return undo_all

    def _end(self, fault_id: str) -> None:
        if fault := self._faults.pop(fault_id, None):
            self._ended[fault_id] = fault, self._monotonic()
            self._forget()
            self._sort()
            undo, fault.undo = fault.undo, None
            if undo:
                undo()

    def _sort(self) -> None:
        kinds = {FaultKind.SLOW, FaultKind.ERROR}
        self._calls = tuple(fault for fault in self._faults.values() if fault.spec.kind in kinds)


def _nothing(spec: FaultSpec) -> Undo | None:
    del spec
    return None


def _needs_delay(spec: FaultSpec) -> Undo | None:
    if spec.delay_seconds <= 0:
        raise FaultIncompleteError(spec.kind.name, "delay")
    return None


def _block(spec: FaultSpec) -> Undo | None:
    asyncio.get_running_loop().call_later(_BLOCK_DELAY_SECONDS, time.sleep, spec.seconds)
    return None


def _hoard(spec: FaultSpec) -> Undo | None:
    """Take memory for real, a piece at a time so that the event loop goes on."""
    if spec.size_bytes <= 0:
        raise FaultIncompleteError(spec.kind.name, "bytes")
    loop = asyncio.get_running_loop()
    held: list[bytes] = []

    def take() -> None:
        if _PIECE_BYTES * len(held) < spec.size_bytes:
            held.append(b"\xa5" * _PIECE_BYTES)
            pending[0] = loop.call_later(0.002, take)

    def give_back() -> None:
        pending[0].cancel()
        held.clear()

    pending = [loop.call_later(0, take)]
    return give_back
