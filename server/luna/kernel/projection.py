"""Something derived from the event log, with a checksum that tells whether it was damaged since.

Rule 1: what it holds follows from the events alone, so it can be thrown away and folded again.
Rule 2: the checksum is carried along with each change and never computed from what is held, so that damage shows when
it is. It is the sum of a hash of each entry, so that a change costs two hashes whatever the number of entries.
Rule 3: an event that was folded before changes nothing.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

from luna.kernel.events import BEGINNING, Event, EventFilter

Entries: TypeAlias = Mapping[str, bytes]
Fold: TypeAlias = Callable[[Entries, Event], Entries]
"""Returns the entries that an event makes or changes, given those there are."""

_SPACE: Final = 1 << 128


class SnapshotError(Exception):
    """What was kept of a projection cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """What a projection is derived from, and how."""

    name: str
    """Such as ``resilience/circuits``."""
    wanted: EventFilter
    fold: Fold


class Projection:
    """The entries derived so far."""

    def __init__(self, derivation: Derivation) -> None:
        self.name = derivation.name
        self.wanted = derivation.wanted
        self._fold = derivation.fold
        self._entries: dict[str, bytes] = {}
        self._sum = 0
        self.position = BEGINNING
        """Everything up to here was folded."""

    @property
    def checksum(self) -> str:
        """What `found` should be."""
        return f"{self._sum:032x}"

    @property
    def entries(self) -> Entries:
        """What is held."""
        return self._entries

    def apply(self, event: Event) -> bool:
        """Fold *event*; tell whether it was news."""
        if event.position <= self.position:
            return False
        self.position = event.position
        if not self.wanted.admits(event):
            return False
        for key, value in self._fold(self._entries, event).items():
            before = self._entries.get(key)
            if before is not None:
                self._sum -= _hash(key, before)
            self._entries[key] = value
            self._sum = (self._sum + _hash(key, value)) % _SPACE
        return True

    def advance(self, position: int) -> None:
        """Note that nothing up to *position* is left to fold."""
        self.position = max(self.position, position)

    def found(self) -> str:
        """Return the checksum of what is held."""
        return f"{sum(_hash(key, value) for key, value in self._entries.items()) % _SPACE:032x}"

    def take_over(self, other: "Projection") -> None:
        """Hold what *other* holds."""
        self._entries, self._sum, self.position = dict(other.entries), int(other.checksum, 16), other.position

    def damage(self) -> None:
        """Change what is held behind the back of the checksum, for trials."""
        key, value = next(iter(self._entries.items()), ("damage", b"\0"))
        self._entries[key] = bytes([value[0] ^ 0xFF, *value[1:]]) if value else b"\0"

    def snapshot(self, log_id: str) -> bytes:
        """Return what is held as text, to begin from another time with the same log."""
        held = {key: b64encode(value).decode() for key, value in self._entries.items()}
        body = json.dumps({"log": log_id, "position": self.position, "checksum": self.checksum, "entries": held})
        return f"{sha256(body.encode()).hexdigest()}\n{body}".encode()

    def restore(self, snapshot: bytes, log_id: str, head: int) -> None:
        """Begin from a snapshot of the log *log_id*, which goes up to *head* now.

        Raises:
            SnapshotError: it is damaged, or of another log, or of events that this log has lost.

        """
        digest, _, body = snapshot.partition(b"\n")
        if digest.decode("ascii", "replace") != sha256(body).hexdigest():
            raise SnapshotError("is damaged")
        kept = json.loads(body)
        if kept["log"] != log_id or kept["position"] > head:
            raise SnapshotError("is of another log")
        self._entries = {key: b64decode(value) for key, value in kept["entries"].items()}
        self._sum, self.position = int(kept["checksum"], 16), kept["position"]


def _hash(key: str, value: bytes) -> int:
    return int.from_bytes(sha256(b"%d %s%s" % (len(key), key.encode(), value)).digest()[:16])
