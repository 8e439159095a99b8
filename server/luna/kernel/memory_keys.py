"""The port of what seals memories in the log, so that they can be forgotten there too."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class KeysUnavailableError(Exception):
    """The keys cannot be read or written. Trying again later may help."""


class KeysFullError(KeysUnavailableError):
    """There is no room for more keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealed:
    """What an event is to hold that only keys may read."""

    event_id: str
    names: Sequence[str]
    """What each part is called when its key is to be destroyed."""
    parts: Iterable[bytes]
    """Gone through once, in a thread: a part need not be there before it is its turn, nor afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What an event holds that only keys can read."""

    event_id: str
    parts: Sequence[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What could be read of an event."""

    parts: Sequence[bytes | None]
    """``None``: nobody can read it any more, or not with these keys."""
    lost: int = 0
    """How many of them nobody has destroyed: their keys are missing, or do not fit."""


class MemoryKeys(Protocol):
    """Holds a key for each part of each event. Everything may be `KeysUnavailableError` instead.

    ``tests/contract/memory_keys.py`` states these promises as tests; an
    adapter holds keys exactly when that suite passes.
    """

    async def seal(self, events: Sequence[Unsealed]) -> Sequence[Sequence[bytes]]:
        """Return the parts of each of *events* as its event is to hold them. Returning means that the keys are durable.

        Raises:
            KeysFullError: there is no room for them.

        """
        ...

    async def open(self, events: Sequence[Sealed]) -> Sequence[Opened]:
        """Return what each of *events* says."""
        ...

    async def destroy(self, names: Mapping[str, Collection[str]]) -> None:
        """Make the parts of these names unreadable for good, by the id of their event. Returning means that they are.

        What is not there is not looked for, so it may be done again.
        """
        ...

    async def aclose(self) -> None:
        """Let go of what is open."""
        ...
