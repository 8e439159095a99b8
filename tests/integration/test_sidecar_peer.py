"""Who listens on a socket, and that nobody else is ever taken for it. With real processes and real pids."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from luna.sidecar.attached import Attached
from luna.sidecar.exit_info import exit_status
from luna.sidecar.peer import Hold, NobodyError, StrangerError, by_pid, by_socket, listener
from luna.sidecar.spawner import Order, SpawnError
from tests.integration.test_keeper import spawned_as
from tests.node import alive

LISTEN = """
import os, socket, sys, time
door = socket.socket(socket.AF_UNIX)
door.bind(sys.argv[1])
if sys.argv[2:] == ["user"]:
    os.setuid(65534)
door.listen(8)
if sys.argv[2:] == ["child"] and os.fork() == 0:
    # The child keeps the socket, and the kernel still names its parent.
    os.setsid()
    time.sleep(60)
    os._exit(0)
print(flush=True)
time.sleep(60)
"""


@contextmanager
def listening(path: Path, *how: str) -> Iterator[subprocess.Popen[bytes]]:
    """Have a process of its own listen on *path*; a child of it goes on doing so if that is *how*."""
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", LISTEN, str(path), *how], stdout=subprocess.PIPE, start_new_session=True
    )
    children: list[int] = []
    try:
        assert process.stdout is not None
        process.stdout.readline()
        children = [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
        yield process
    finally:
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.mark.parametrize("hold", [by_socket, by_pid])
def test_whoever_listens_is_found_and_held(tmp_path: Path, hold: Hold) -> None:
    """
    What is held is that very process.
    """
    with listening(tmp_path / "s") as process:
        peer = listener(tmp_path / "s", hold=hold)
        signal.pidfd_send_signal(peer.pidfd, signal.SIGTERM)
        code = process.wait(10)
        os.close(peer.pidfd)

    assert (peer.pid, code) == (process.pid, -signal.SIGTERM)


def test_where_nobody_listens_there_is_nobody(tmp_path: Path) -> None:
    """
    No file, a socket that somebody left, one that nobody listens on yet: all may change.
    """
    left = tmp_path / "left"
    with listening(left):
        pass
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "bound"))

        for path in (tmp_path / "none", left, tmp_path / "bound"):
            with pytest.raises(NobodyError):
                listener(path)


def test_this_very_process_is_not_to_be_signalled(tmp_path: Path) -> None:
    """
    A sidecar that listens on the wrong path must not end itself.
    """
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "s"))
        door.listen(8)
        with pytest.raises(StrangerError, match="sidecar itself"):
            listener(tmp_path / "s")


@pytest.mark.parametrize("hold", [by_socket, by_pid])
def test_a_pid_that_was_given_away_is_not_taken_for_the_process(tmp_path: Path, hold: Hold) -> None:
    """
    The socket still names it, because a child keeps it open. The stranger who has it now is left alone.
    """
    with listening(tmp_path / "s", "child") as process:
        process.kill()
        process.wait()
        stranger = spawned_as(process.pid)
        try:
            with pytest.raises((NobodyError, StrangerError)):
                listener(tmp_path / "s", hold=hold)

            assert alive(stranger)
        finally:
            os.kill(stranger, signal.SIGKILL)
            os.waitpid(stranger, 0)


def test_what_runs_as_another_user_is_not_ours(tmp_path: Path) -> None:
    """
    The kernel says whose it is.
    """
    if os.getuid():
        pytest.skip("only root can have a process of another user")
    with listening(tmp_path / "s", "user") as process:
        with pytest.raises(StrangerError, match="runs as user 65534"):
            listener(tmp_path / "s")

        assert alive(process.pid)


async def test_a_process_is_waited_for_and_its_end_is_known(tmp_path: Path) -> None:
    """
    To start it is to wait until it listens; a signal reaches it, and how it ended is what the kernel says.
    """
    attached, path = Attached(tmp_path), tmp_path / "kernel-0.1.sock"
    await attached.hello()
    order = Order(key="kernel-0.1", command=[], log=tmp_path / "log")
    starting = asyncio.ensure_future(attached.start(order))
    await asyncio.sleep(0.1)
    waited = not starting.done()
    with listening(path) as process:
        child = await starting
        child.send(signal.SIGKILL, reason="a test")
        process.wait()
        exit = await child.wait()

    assert waited
    assert child.pid == process.pid
    assert (exit.signal, exit.reason) == ("SIGKILL", "a test")


async def test_what_is_not_wanted_any_more_is_not_waited_for(tmp_path: Path) -> None:
    """
    Or the sidecar could not end.
    """
    attached = Attached(tmp_path)
    starting = asyncio.ensure_future(attached.start(Order(key="kernel-0.1", command=[], log=tmp_path / "log")))
    await asyncio.sleep(0.05)
    attached.let_go("kernel-0.1")

    with pytest.raises(SpawnError):
        await starting


async def test_a_stranger_on_the_socket_is_left_alone_until_ours_comes(tmp_path: Path) -> None:
    """
    It is this process itself here, which would not survive a mistake.
    """
    attached, path = Attached(tmp_path), tmp_path / "kernel-0.1.sock"
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen(8)
        starting = asyncio.ensure_future(attached.start(Order(key="kernel-0.1", command=[], log=tmp_path / "log")))
        await asyncio.sleep(0.2)
        waited = not starting.done()
    path.unlink()
    with listening(path) as process:
        child = await starting

        assert waited
        assert child.pid == process.pid


async def test_a_later_sidecar_is_told_what_an_earlier_one_knew(tmp_path: Path) -> None:
    """
    Which life it is, what runs on, what has ended meanwhile, and whether the one before fell.
    """
    first = Attached(tmp_path)
    first_told = await first.hello()
    with listening(tmp_path / "log-0.1.sock") as log, listening(tmp_path / "kernel-0.1.sock") as kernel:
        for key in ("log-0.1", "kernel-0.1"):
            await first.start(Order(key=key, command=[], log=tmp_path / "log", note={"restarts": 3}))
        first.remember({"ready": True})
        kernel.kill()
        kernel.wait()
        second_told = await Attached(tmp_path).hello()
        found = {each.key: each for each in second_told.found}
        last = Attached(tmp_path)
        await last.hello()
        last.say_goodbye(0)
        after_goodbye = await Attached(tmp_path).hello()

    assert (first_told.life, first_told.found, second_told.life) == (1, [], 2)
    assert second_told.memo == {"ready": True}
    assert (second_told.on_purpose, after_goodbye.on_purpose) == (False, True)
    assert second_told.began == first_told.began
    child = found["log-0.1"].child
    assert child is not None
    assert (child.pid, found["log-0.1"].exits, found["log-0.1"].note["restarts"]) == (log.pid, [], 3)
    assert found["kernel-0.1"].child is None
    assert [pid for pid, _ in found["kernel-0.1"].exits] == [kernel.pid]


@pytest.mark.parametrize("page", ["", "[]", "{", '{"boot": "another", "notes": {}, "life": 7}', '{"notes": 1}'])
async def test_what_cannot_be_read_was_never_written(tmp_path: Path, page: str) -> None:
    """
    Half a file, and one from before the machine was started.
    """
    (tmp_path / "sidecar.json").write_text(page)

    assert (await Attached(tmp_path).hello()).life == 1


async def test_how_a_process_ended_is_told_even_to_strangers() -> None:
    """
    By kernels that can, once its parent knows; where not, it is unknown and not invented.
    """
    process = await asyncio.create_subprocess_exec("sh", "-c", "read line; exit 3", stdin=asyncio.subprocess.PIPE)
    pidfd = os.pidfd_open(process.pid)
    await process.communicate(b"")
    status = await exit_status(pidfd)
    os.close(pidfd)

    assert status in {3, None}
