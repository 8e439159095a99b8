"""Adds rows to a LanceDB table in a process of its own, so that searches need not wait for LanceDB's threads.

It computes in a thread for each processor but one or two. Where there are
two, a search waits for the rows that are being written.
"""

import asyncio
import ctypes
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pyarrow as pa

from luna.adapters.lance_aside import AsideError, begun
from luna.adapters.lance_folder import TABLE, LanceFolder

ROWS_MIN: Final = 2_048
"""So many at once call for a scribe, which takes a second or two to begin, and a hundred megabytes."""
IDLE_SECONDS: Final = 60.0
"""For how long it waits for more."""
ANSWER_SECONDS_MAX: Final = 60.0
"""For how long it is waited for."""
NICENESS: Final = 10
"""How far it stands back. With less, searches wait for it; with more, it could starve beside them."""
_FAILURES: Final = (OSError, ValueError, pa.ArrowException)
_READY: Final = "ready"
_PR_SET_PDEATHSIG: Final = 1

_log = logging.getLogger(__name__)


class LanceScribe:
    """A process that adds rows: begun when many come, ended when no more do. `aclose` it.

    It is given an Arrow stream each time, and says the version that has these
    rows. Whatever it has not said it may have done, or may still do. So one
    that has failed is ended first, and no other is begun.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self._beginning: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._ready = False
        self._failed = False

    def takes(self, rows: pa.Table) -> bool:
        """Tell whether *rows* can be added here. If they are many, the next may be."""
        if len(rows) >= ROWS_MIN and self._beginning is None and not self._failed:
            self._beginning = asyncio.create_task(self._begin())
        return self._ready

    async def add(self, rows: pa.Table) -> int | None:
        """Add *rows*, and return the version that has them; ``None`` if they may be there or not."""
        self._stay()
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                version = int(await self._told(rows))
        except _FAILURES as error:
            await self._give_up(str(error) or "it does not answer")
            return None
        except BaseException:
            await self._end()
            raise
        self._rest_soon()
        return version

    async def aclose(self) -> None:
        """End the process."""
        self._stay()
        if self._beginning is not None:
            self._beginning.cancel()
        await self._end()

    async def _begin(self) -> None:
        try:
            self._process = begun(__name__, str(self._home), str(os.getpid()), niceness=NICENESS, stderr=None)
            if (said := await self._told()) != _READY:
                raise AsideError(said)
        except _FAILURES as error:
            await self._give_up(str(error))
        else:
            self._ready = True
            self._rest_soon()

    async def _told(self, rows: pa.Table | None = None) -> str:
        if self._process is None:
            raise AsideError("it has ended")
        return await asyncio.to_thread(_answer, self._process, rows)

    def _stay(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _rest_soon(self) -> None:
        self._rest = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._leave)

    def _leave(self) -> None:
        self._ending = asyncio.create_task(self._end())

    async def _give_up(self, why: str) -> None:
        self._failed = True
        _log.warning("rows are added in this process, for the one that added them has failed: %s", why)
        await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        self._beginning, self._ready = None, False
        if process is not None:
            # What it has said is committed, and the rest is nowhere then, as after a crash.
            process.kill()
            await asyncio.to_thread(_ended, process)


def _answer(process: subprocess.Popen[bytes], rows: pa.Table | None) -> str:
    """Hand *rows* to *process*, if there are any, and return the next line that it says."""
    if process.stdin is None or process.stdout is None:
        raise AsideError("it cannot be spoken to")
    if rows is not None:
        with pa.ipc.new_stream(pa.PythonFile(process.stdin, "w"), rows.schema) as stream:
            stream.write_table(rows)
        process.stdin.flush()
    if not (said := process.stdout.readline()):
        raise AsideError("it has ended")
    return said.decode().strip()


def _ended(process: subprocess.Popen[bytes]) -> None:
    """Wait until *process*, which was killed, is gone."""
    try:
        with process:
            pass
    except BrokenPipeError:
        # It was given rows that it has not read; its pipes are closed all the same.
        process.wait()


def _tether(parent: int) -> None:
    """Have this process killed as soon as *parent* is no more: whoever opens the table next waits for that."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) or os.getppid() != parent:
        raise SystemExit("the process that has begun this one is gone, or its end cannot be waited for")


async def _write(home: Path) -> None:
    """Add what comes, until no more does."""
    # Loading LanceDB takes seconds: only here, and not where this process is begun.
    import lancedb  # noqa: PLC0415

    from luna.adapters.lance_errors import insistently  # noqa: PLC0415

    LanceFolder(home).take()
    source = pa.PythonFile(sys.stdin.buffer, "r")
    with await lancedb.connect_async(home) as connection:
        table = await connection.open_table(TABLE)
        _say(_READY)
        while True:
            # Nobody else has anything to do here meanwhile.
            with pa.ipc.open_stream(source) as stream:
                rows = stream.read_all()
            # It may have been made anew, and others commit.
            await table.checkout_latest()
            _say(str((await insistently(lambda rows=rows: table.add(rows))).version))  # type: ignore[misc]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _tether(int(sys.argv[2]))
    asyncio.run(_write(Path(sys.argv[1])))
