"""Runs the contract of keys of memories against everything that holds some."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from luna.adapters.memory_keys import SqliteMemoryKeys
from luna.kernel.memory_keys import KeysUnavailableError, MemoryKeys
from tests.contract.memory_keys import A, B, MemoryKeysContract, opened, unsealed
from tests.fake_memory_keys import FakeMemoryKeys


class TestFakeMemoryKeys(MemoryKeysContract):
    @pytest.fixture
    def keys(self) -> MemoryKeys:
        return FakeMemoryKeys()


class TestSqliteMemoryKeys(MemoryKeysContract):
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "memory-keys.db"

    @pytest.fixture
    async def keys(self, path: Path) -> AsyncIterator[MemoryKeys]:
        keys = SqliteMemoryKeys(path)
        yield keys
        await keys.aclose()

    async def test_keys_outlive_the_process(self, path: Path) -> None:
        """
        Also one that was killed right after it had them.
        """
        script = (
            "import asyncio, os, signal, sys\n"
            "from pathlib import Path\n"
            "from luna.adapters.memory_keys import SqliteMemoryKeys\n"
            "from tests.contract.memory_keys import A, unsealed\n"
            "async def main():\n"
            "    keys = SqliteMemoryKeys(Path(sys.argv[1]))\n"
            "    (parts,) = await keys.seal([unsealed(A, 'x', 'y')])\n"
            "    await keys.destroy({A: ['y']})\n"
            "    print(parts[0].hex(), parts[1].hex(), flush=True)\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
            "asyncio.run(main())\n"
        )
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        ran = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", script, str(path)], env=environ, capture_output=True, check=False
        )
        parts = [bytes.fromhex(each) for each in ran.stdout.decode().split()]
        keys = SqliteMemoryKeys(path)
        found = await opened(keys, A, parts)
        await keys.aclose()

        assert found == (["what x says", None], 0), ran.stderr

    async def test_nothing_is_left_of_a_key_that_was_destroyed(self, keys: MemoryKeys, path: Path) -> None:
        """
        Neither in the file nor in what was written ahead of it.
        """
        names = [f"{number}" for number in range(300)]
        await keys.seal([unsealed(A, *names), unsealed(B, "x")])
        held, kept = _keys_of(path, A), _keys_of(path, B)
        await keys.destroy({A: names[:200]})
        await keys.destroy({A: names[200:]})

        stored = b"".join(each.read_bytes() for each in path.parent.iterdir())
        assert len(held) == 300
        assert not [key for key in held if key in stored]
        assert kept[0] in stored

    async def test_nobody_else_may_read_the_file(self, keys: MemoryKeys, path: Path) -> None:
        """
        Nor what is beside it.
        """
        await keys.seal([unsealed(A, "x")])

        assert {each.stat().st_mode & 0o777 for each in path.parent.iterdir()} == {0o600}

    async def test_it_comes_back_once_the_file_can_be_used(self, keys: MemoryKeys, path: Path) -> None:
        """
        What failed may be tried again.
        """
        path.mkdir()
        with pytest.raises(KeysUnavailableError, match="memory-keys"):
            await keys.seal([unsealed(A, "x")])
        path.rmdir()

        (parts,) = await keys.seal([unsealed(A, "x")])
        assert await opened(keys, A, parts) == (["what x says"], 0)


def _keys_of(path: Path, event_id: str) -> list[bytes]:
    with sqlite3.connect(path) as connection:
        (packed,) = connection.execute(
            "SELECT keys FROM keys WHERE event_id = ?", (bytes.fromhex(event_id.replace("-", "")),)
        ).fetchone()
    connection.close()
    return [packed[start : start + 32] for start in range(0, len(packed), 32)]
