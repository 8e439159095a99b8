"""Connections are dropped, and nothing else of the process is touched."""

import os
import socket
from pathlib import Path

from luna.transport.severing import drop


def test_only_connections_to_the_peer_are_dropped(tmp_path: Path) -> None:
    """
    A thousand rounds later the process has no more descriptors open than before.
    """
    listeners, ends = [], []
    for name in ("log-0.1.sock", "mind-0.1.sock"):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(tmp_path / name))
        listener.listen()
        end = socket.socket(socket.AF_UNIX)
        end.connect(str(tmp_path / name))
        listeners.append(listener)
        ends.append(end)
    with (tmp_path / "file").open("w"):
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  as the process itself sees them
        dropped = [drop(str(tmp_path / "log-0.")) for _ in range(50)]
        after = len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    assert dropped[0] == 1
    assert after == before
    assert ends[0].recv(1) == b""
    ends[1].sendall(b"still there")
    for each in (*listeners, *ends):
        each.close()
