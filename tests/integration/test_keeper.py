"""The keeper, spoken to directly: what it starts, what it tells, and what it makes of rubbish."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from luna.sidecar.channel import LostError
from luna.sidecar.keeper import wire
from luna.sidecar.link import KeeperLink
from luna.sidecar.spawner import Order, SpawnError
from tests.keeper import keeper, kept

NS_LAST_PID = Path("/proc/sys/kernel/ns_last_pid")


@pytest.fixture
async def link() -> AsyncIterator[KeeperLink]:
    async with kept() as link:
        yield link


@pytest.fixture
def end() -> Iterator[socket.socket]:
    with keeper() as (_, end):
        end.settimeout(10)
        yield end


def ask(end: socket.socket, do: str, **fields: object) -> dict[str, Any]:
    wire.send(end, {"id": do, "do": do, **fields})
    while True:
        message, descriptors = wire.receive(end)
        wire.close(descriptors)
        if message.get("re") == do:
            return message


def order(folder: Path, *command: str, key: str = "kernel-0.1", **fields: Any) -> Order:
    return Order(key=key, command=command, log=folder / "kernel.log", **fields)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_the_end_of_a_process_is_told_as_it_was(link: KeeperLink, tmp_path: Path) -> None:
    """
    By an exit code or by a signal, with the reason of whoever sent it, and with what it wrote.
    """
    leaving = await link.start(order(tmp_path, "sh", "-c", "echo one; echo two >&2; exit 7", key="a-0.1"))
    left = await leaving.wait()
    staying = await link.start(order(tmp_path, "sleep", "60"))
    staying.send(signal.SIGKILL, reason="was in the way")
    killed = await staying.wait()

    assert (left.code, left.signal) == (7, "")
    assert leaving.said() == ["one", "two"]
    assert (killed.code, killed.signal, killed.reason) == (None, "SIGKILL", "was in the way")
    assert killed.ran_seconds < 5


async def test_a_process_leads_a_session_of_its_own_and_holds_nothing_of_the_keeper(
    link: KeeperLink, tmp_path: Path
) -> None:
    """
    Ctrl-C does not reach it, and neither the lock of the node nor the link is open in it.
    """
    script = 'echo "$$ $(cut -d" " -f6 /proc/$$/stat)"; readlink /proc/$$/fd/*'
    child = await link.start(order(tmp_path, "sh", "-c", script))
    await child.wait()
    (first, *files) = child.said(20)

    pid, session = first.split()
    assert pid == session == str(child.pid)
    assert [file for file in files if "socket" in file or "lock" in file] == []
    assert files[:3] == ["/dev/null", str(tmp_path / "kernel.log"), str(tmp_path / "kernel.log")]


async def test_what_cannot_be_started_is_said_at_once(link: KeeperLink, tmp_path: Path) -> None:
    """
    No such program, no such folder for its log, a key in use: the message says which, and the keeper goes on.
    """
    with pytest.raises(SpawnError, match="cannot run /no/such/command: No such file"):
        await link.start(order(tmp_path, "/no/such/command"))
    with pytest.raises(SpawnError, match=r"cannot write .*nowhere/kernel.log"):
        await link.start(order(tmp_path / "nowhere", "sleep", "60"))
    await link.start(order(tmp_path, "sleep", "60"))
    with pytest.raises(SpawnError, match=r"kernel-0\.1 runs already"):
        await link.start(order(tmp_path, "sleep", "60"))
    with pytest.raises(SpawnError, match="too large"):
        await link.start(order(tmp_path, "sleep", "6" * wire.MESSAGE_BYTES_MAX, key="other-0.1"))

    assert (await link.start(order(tmp_path, "true", key="next-0.1"))).pid


async def test_there_is_an_end_to_the_number_of_processes(link: KeeperLink, tmp_path: Path) -> None:
    """
    A sidecar that starts them without end is refused.
    """
    for number in range(64):
        await link.start(order(tmp_path, "sleep", "60", key=f"many-{number}.1"))
    with pytest.raises(SpawnError, match="64 processes already"):
        await link.start(order(tmp_path, "sleep", "60", key="one-more.1"))


async def test_everything_dies_with_a_killed_keeper(tmp_path: Path) -> None:
    """
    SIGKILL gives it no chance to tidy up, and the kernel does it.
    """
    with keeper() as (process, end):
        end.settimeout(10)
        pids = [
            ask(end, "start", key=f"a-{n}.1", command=["sleep", "60"], log=str(tmp_path / "log"), keep=True)["pid"]
            for n in range(3)
        ]
        ran = [alive(pid) for pid in pids]
        process.kill()
        process.wait()
        await until(lambda: not any(alive(pid) for pid in pids))

    assert ran == [True] * 3


async def test_a_signal_never_reaches_a_stranger_with_the_same_pid(link: KeeperLink, tmp_path: Path) -> None:
    """
    Whether or not it is known yet that the process has ended.
    """
    first = await link.start(order(tmp_path, "sleep", "60"))
    os.kill(first.pid, signal.SIGKILL)
    # Nothing is read from the link meanwhile: for this process it still runs.
    blocking(lambda: not Path(f"/proc/{first.pid}").exists())
    stranger = spawned_as(first.pid)
    try:
        known = first.running
        first.send(signal.SIGKILL)
        exit = await first.wait()
        first.send(signal.SIGKILL)
        await asyncio.sleep(0.1)

        assert known
        assert exit.signal == "SIGKILL"
        assert alive(stranger)
    finally:
        os.kill(stranger, signal.SIGKILL)
        await asyncio.to_thread(os.waitpid, stranger, 0)


def blocking(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)


def spawned_as(pid: int) -> int:
    """Start a process that gets *pid*. It may take some attempts, because others start processes, too."""
    for _ in range(100):
        try:
            NS_LAST_PID.write_text(str(pid - 1))
        except OSError:
            pytest.skip("only root may choose a pid")
        spawned = os.posix_spawn("/bin/sleep", ["sleep", "60"], {})
        if spawned == pid:
            return spawned
        os.kill(spawned, signal.SIGKILL)
        os.waitpid(spawned, 0)
    raise AssertionError(f"somebody else has {pid}")


RUBBISH: list[bytes] = [
    b"\xff\x00\xfe",
    b"{",
    b"[]",
    b"null",
    b"{}",
    b'{"do": 1}',
    b'{"do": "fly"}',
    b'{"do": "start"}',
    b'{"do": "start", "key": "", "command": ["true"], "log": "x"}',
    b'{"do": "start", "key": "a", "command": "true", "log": "x"}',
    b'{"do": "start", "key": "a", "command": [], "log": "x"}',
    b'{"do": "start", "key": "a", "command": ["tr\\u0000ue"], "log": "x"}',
    b'{"do": "start", "key": "a", "command": ["\\ud800"], "log": "/dev/null"}',
    b'{"do": "start", "key": "a", "command": ["true"], "log": "x", "note": 3}',
    b'{"do": "assign", "from": "nobody", "key": "a", "command": ["true"], "log": "x"}',
    b'{"do": "heard", "pid": 1}',
    b'{"do": "goodbye", "code": "0"}',
    b'{"do": "memo", "memo": []}',
    b"[" * 100_000,
    b'{"id": ' + b"1" * 5000 + b', "do": "beat"}',
]


@pytest.mark.parametrize("rubbish", RUBBISH, ids=lambda rubbish: rubbish[:60].decode(errors="replace"))
def test_rubbish_on_the_link_is_refused_and_harms_nobody(rubbish: bytes, end: socket.socket, tmp_path: Path) -> None:
    """
    What runs goes on, also when descriptors come with it, and the next request is answered.
    """
    pid = ask(end, "start", key="k-0.1", command=["sleep", "60"], log=str(tmp_path / "log"), keep=True)["pid"]
    socket.send_fds(end, [rubbish], [0, 1, 2])
    refusal, _ = wire.receive(end)
    found = ask(end, "hello")

    assert refusal["error"]
    assert [slot["pid"] for slot in found["slots"]] == [pid]
    assert alive(pid)


def test_what_is_too_large_is_refused(end: socket.socket) -> None:
    """
    It is not taken in part.
    """
    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1024 * 1024)
    end.send(json.dumps({"do": "memo", "memo": {"a": "b" * wire.MESSAGE_BYTES_MAX}}).encode())
    refusal, _ = wire.receive(end)

    assert "too large" in str(refusal["error"])
    assert ask(end, "hello")["memo"] == {}


def test_no_descriptor_is_left_open_after_rubbish() -> None:
    """
    However often it is sent.
    """
    with keeper() as (process, end):
        end.settimeout(10)
        ask(end, "hello")
        before = descriptors(process.pid)
        for rubbish in (b"{", b'{"do": "beat"}', b"[]") * 20:
            socket.send_fds(end, [rubbish], [0, 1, 2])
            if b"beat" not in rubbish:
                wire.receive(end)
        ask(end, "hello")

        assert descriptors(process.pid) == before


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_what_it_is_asked_to_remember_is_told_to_the_next(end: socket.socket, tmp_path: Path) -> None:
    """
    The memo, the notes of each process, and how those ended of which nobody has said that they know.
    """
    ask(end, "hello")
    wire.send(end, {"do": "memo", "memo": {"ready": True}})
    log = str(tmp_path / "log")
    note = {"restarts": 3}
    ask(end, "start", key="k-0.1", command=["sh", "-c", "exit 4"], log=log, keep=True, note=note)
    event: dict[str, object] = {}
    while "ended" not in event:
        event, _ = wire.receive(end)
    first = ask(end, "hello")
    wire.send(end, {"do": "heard", "key": "k-0.1", "pid": event["pid"]})
    second = ask(end, "hello")
    wire.send(end, {"do": "note", "key": "k-0.1", "keep": False})
    third = ask(end, "hello")

    assert first["memo"] == {"ready": True}
    (slot,) = first["slots"]
    assert (slot["pid"], slot["note"]) == (0, note)
    assert [exit["status"] for exit in slot["exits"]] == [4]
    assert second["slots"][0]["exits"] == []
    assert third["slots"] == []


async def test_a_process_takes_over_the_place_of_another(link: KeeperLink, tmp_path: Path) -> None:
    """
    From then on it is known by that name, and its end is told.
    """
    spare = await link.start(order(tmp_path, "sleep", "60", key="standby-0.1"))
    fallen = await link.start(order(tmp_path, "true"))
    await fallen.wait()
    await link.assign("standby-0.1", spare, order(tmp_path, "true"))
    with pytest.raises(SpawnError, match=r"no process 'standby-0\.1'"):
        await link.assign("standby-0.1", spare, order(tmp_path, "true", key="other-0.1"))
    with pytest.raises(SpawnError, match=rf"kernel-0\.1 runs already, as pid {spare.pid}"):
        await link.start(order(tmp_path, "true"))
    spare.send(signal.SIGTERM)

    assert (await spare.wait()).signal == "SIGTERM"


async def test_whoever_starts_a_process_and_does_not_wait_for_it_leaves_none(link: KeeperLink, tmp_path: Path) -> None:
    """
    It would be nobody's.
    """
    starting = asyncio.ensure_future(link.start(order(tmp_path, "sleep", "60")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    async with asyncio.timeout(10):
        while (await link.hello()).found:
            await asyncio.sleep(0.02)


async def test_a_lost_keeper_is_noticed(tmp_path: Path) -> None:
    """
    Whoever waits for an answer gets an error.
    """
    with keeper() as (process, end):
        link = KeeperLink(end.dup())
        await link.hello()
        process.kill()
        with pytest.raises(SpawnError, match="gone"):
            await link.start(order(tmp_path, "true"))
        with pytest.raises(LostError, match="gone"):
            await link.hello()
        link.close()


def test_without_a_keeper_there_is_no_sidecar() -> None:
    """
    The command says who starts it.
    """
    done = subprocess.run([sys.executable, "-m", "luna", "supervise"], capture_output=True, text=True, check=False)

    assert done.returncode == 64
    assert "started by `arkalia up`" in done.stderr
