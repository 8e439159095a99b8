"""A full disk costs nothing that was acknowledged, is named, and is over when there is room."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.integration import memory_full


async def tried(folder: Path, kind: str) -> dict[str, object]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, memory_full.__file__, str(folder), kind]
    done = await asyncio.to_thread(subprocess.run, command, env=environ, capture_output=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    told: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return told


async def test_without_room_for_the_index_what_is_recorded_is_safe(tmp_path: Path) -> None:
    """
    Who wants to see it is told that there is no room, and finds it later; the past can be recalled all the time.
    """
    assert await tried(tmp_path, "index") == {
        "visible": "MEMORY_ERROR_REASON_INDEX_FULL",
        "not visible": "",
        "recalled": True,
        "again": "",
        "listed": ["before", "seen", "unseen"],
        "events": 3,
        "anew": 30,
    }


async def test_without_room_for_keys_nothing_is_recorded(tmp_path: Path) -> None:
    """
    What was refused is not there, and can be sent again. The disk has room here, only the file may not grow.
    """
    assert await tried(tmp_path, "keys") == {
        "visible": "MEMORY_ERROR_REASON_KEYS",
        "not visible": "MEMORY_ERROR_REASON_KEYS",
        "recalled": True,
        "again": "",
        "listed": ["before", "seen"],
        "events": 2,
        "anew": 20,
    }
