"""A keeper for tests, and whoever stands in for its sidecar: the test itself."""

import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from luna.sidecar.keeper import wire
from luna.sidecar.launch import keeper_command
from luna.sidecar.link import KeeperLink

SECONDS = 20.0


@contextmanager
def keeper() -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    """Run a keeper with the test at the other end of its link. It ends when that is closed."""
    ours, theirs = wire.pair()
    lock, stop_seconds = "0", "5"
    with theirs:
        # The shell moves the link to where a keeper looks for it.
        script = f'exec "$@" {wire.LINK}<&{theirs.fileno()}'
        process = subprocess.Popen(
            ["/bin/bash", "-c", script, "keeper", *keeper_command(lock, stop_seconds)], pass_fds=[theirs.fileno()]
        )
    try:
        with ours:
            yield process, ours
        process.wait(SECONDS)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@asynccontextmanager
async def kept() -> AsyncIterator[KeeperLink]:
    """Yield the link to a keeper, from which a test starts processes."""
    with keeper() as (_, end):
        link = KeeperLink(end.dup())
        end.close()
        try:
            await link.hello()
            yield link
        finally:
            link.close()
