"""What everything that holds keys of memories promises."""

from collections.abc import Sequence

import pytest

from luna.kernel.memory_keys import MemoryKeys, Sealed, Unsealed

A, B = "0198c0de-0000-7000-8000-00000000000a", "0198c0de-0000-7000-8000-00000000000b"


def unsealed(event_id: str, *names: str) -> Unsealed:
    return Unsealed(event_id=event_id, names=names, parts=[f"what {name} says".encode() for name in names])


async def opened(keys: MemoryKeys, event_id: str, parts: Sequence[bytes]) -> tuple[list[str | None], int]:
    (found,) = await keys.open([Sealed(event_id=event_id, parts=parts)])
    return [part.decode() if part is not None else None for part in found.parts], found.lost


class MemoryKeysContract:
    """The promises. Adapters provide the fixture ``keys``."""

    async def test_what_is_sealed_can_be_read(self, keys: MemoryKeys) -> None:
        """
        In the order it was given, and not without the keys.
        """
        one, other = await keys.seal([unsealed(A, "x", "y"), unsealed(B, "x")])

        assert b"says" not in b"".join([*one, *other])
        assert await opened(keys, A, one) == (["what x says", "what y says"], 0)
        assert await opened(keys, B, other) == (["what x says"], 0)

    async def test_what_is_destroyed_cannot_be_read(self, keys: MemoryKeys) -> None:
        """
        And nothing else is, in no other event either; it may be asked for again.
        """
        one, other = await keys.seal([unsealed(A, "x", "y", "z"), unsealed(B, "x")])
        for _ in range(2):
            await keys.destroy({A: ["x", "z", "unknown"]})

        assert await opened(keys, A, one) == ([None, "what y says", None], 0)
        assert await opened(keys, B, other) == (["what x says"], 0)

    async def test_an_event_can_be_forgotten_as_a_whole(self, keys: MemoryKeys) -> None:
        """
        It is still known that its keys were destroyed.
        """
        (parts,) = await keys.seal([unsealed(A, "x", "y")])
        await keys.destroy({A: ["x"]})
        await keys.destroy({A: ["y"]})

        assert await opened(keys, A, parts) == ([None, None], 0)

    async def test_keys_that_are_missing_are_told(self, keys: MemoryKeys) -> None:
        """
        They were not destroyed: somebody may have them. Nor is there anything to destroy.
        """
        (parts,) = await keys.seal([unsealed(A, "x")])
        await keys.destroy({B: ["x"]})

        assert await opened(keys, B, parts) == ([None], 1)
        assert await opened(keys, A, parts) == (["what x says"], 0)

    @pytest.mark.parametrize("count", [1, 1000])
    async def test_batches_may_be_large(self, keys: MemoryKeys, count: int) -> None:
        """
        Each part has a key of its own.
        """
        names = [f"{number}" for number in range(count)]
        (parts,) = await keys.seal([unsealed(A, *names)])
        await keys.destroy({A: names[1:]})

        assert len(set(parts)) == count
        assert (await opened(keys, A, parts))[0] == ["what 0 says", *[None] * (count - 1)]
