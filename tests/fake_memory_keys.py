"""Keys of memories that are kept in a dictionary, with what they seal."""

from collections.abc import Collection, Mapping, Sequence

from luna.kernel.memory_keys import Opened, Sealed, Unsealed


class FakeMemoryKeys:
    """Gives numbers for what it is told."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        """What to fail with, until it is taken away again."""
        self._parts: dict[tuple[str, bytes], tuple[str, bytes | None]] = {}

    async def seal(self, events: Sequence[Unsealed]) -> Sequence[Sequence[bytes]]:
        self._check()
        return [
            [self._sealed(event.event_id, *each) for each in zip(event.names, event.parts, strict=True)]
            for event in events
        ]

    async def open(self, events: Sequence[Sealed]) -> Sequence[Opened]:
        self._check()
        opened = []
        for event in events:
            found = [self._parts.get((event.event_id, part)) for part in event.parts]
            parts = [each[1] if each else None for each in found]
            opened.append(Opened(parts=parts, lost=found.count(None)))
        return opened

    async def destroy(self, names: Mapping[str, Collection[str]]) -> None:
        self._check()
        for key, (name, _) in self._parts.items():
            if name in names.get(key[0], ()):
                self._parts[key] = name, None

    async def aclose(self) -> None:
        pass

    def _check(self) -> None:
        if self.failure:
            raise self.failure

    def _sealed(self, event_id: str, name: str, part: bytes) -> bytes:
        sealed = b"%d" % len(self._parts)
        self._parts[event_id, sealed] = name, part
        return sealed
