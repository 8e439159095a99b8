"""Does upkeep of a LanceDB table in a process of its own, which stands back behind those who search and write.

LanceDB has the same few threads for upkeep as for searches. A process can be
told to wait for others, and what it has needed is free when it ends.
"""

import asyncio
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Final

NICENESS: Final = 4
"""How far it stands back: two fifths of what others get. With much less it could not keep up with what comes."""


class AsideError(OSError):
    """A process did not do what it was begun for."""


async def tended(home: Path, keep: timedelta) -> None:
    """Do upkeep of the table in *home*, and drop versions older than *keep*. If cancelled, the process is ended.

    Raises:
        AsideError: not all of it was done.

    """
    process = _begun(home, keep)
    try:
        code, said = await asyncio.to_thread(_ended, process)
    except BaseException:
        # What it has not committed is nowhere, as after a crash. It ends at once, so waiting takes no time.
        process.kill()
        process.wait()
        raise
    if code:
        raise AsideError(f"a process for upkeep ended with {code}: {said}")


def begun(module: str, *arguments: str, niceness: int, stderr: int | None) -> subprocess.Popen[bytes]:
    """Begin a process that runs *module*, stands back so far, and is spoken to by pipes.

    Raises:
        AsideError: it cannot be begun.

    """
    command = [sys.executable, "-P", "-m", module, *arguments]
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)  # noqa: S603
        # At once: to load all that it needs takes it a second.
        os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + niceness)
    except OSError as error:
        raise AsideError(f"no process could be started: {error.strerror}") from error
    return process


def _begun(home: Path, keep: timedelta) -> subprocess.Popen[bytes]:
    return begun(__name__, str(home), str(keep.total_seconds()), niceness=NICENESS, stderr=subprocess.STDOUT)


def _ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Wait until *process* ends, and return its exit code and the last that it said."""
    # Leaving closes what it reads from: only then, for that tells it to end.
    with process:
        said = process.stdout.read() if process.stdout else b""
        return process.wait(), said.decode(errors="replace").strip().rpartition("\n")[2]


def _tether() -> None:
    """End this process as soon as the one that has begun it is no more."""
    # Not by a buffer: Python cannot end while another thread reads from one.
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


async def _tend(home: Path, keep: timedelta) -> None:
    # Loading LanceDB takes seconds: only here, and not where this process is begun.
    from luna.adapters.lance_upkeep import tended_at  # noqa: PLC0415

    await tended_at(home, keep)


if __name__ == "__main__":
    threading.Thread(target=_tether, daemon=True).start()
    asyncio.run(_tend(Path(sys.argv[1]), timedelta(seconds=float(sys.argv[2]))))
