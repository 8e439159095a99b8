"""Where a node keeps its things."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from luna.settings import Settings
from luna.sidecar.node_lock import node_lock
from luna.sidecar.places import (
    SOCKET_PATH_BYTES_MAX,
    clear_sockets,
    point,
    prepare,
    run_directory,
    socket_link,
    socket_path,
)
from luna.sidecar.ports import check_ports
from luna.sidecar.start_errors import HomeUnusableError, NodeRunningError, PortTakenError


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short name, wherever those of other tests are."""
    with TemporaryDirectory(prefix="luna", dir="/tmp") as folder:
        yield Path(folder)


def test_sockets_are_kept_in_the_data_folder(short: Path) -> None:
    """
    For the node's user alone.
    """
    settings = Settings(home=short / "h")
    prepare(settings)

    run = run_directory(settings)
    assert run == short / "h" / "run"
    assert stat.S_IMODE(run.stat().st_mode) == 0o700


def test_a_long_data_folder_gets_a_short_private_folder_for_sockets(tmp_path: Path) -> None:
    """
    It differs from that of another long data folder, and every socket in it can be bound.
    """
    one, other = (Settings(home=tmp_path / ("x" * 90) / name) for name in ("one", "other"))
    prepare(one)

    run = run_directory(one)
    path = socket_path(run, "assistantia", 12, 1000)
    assert run != run_directory(other)
    assert run == run_directory(one)
    assert len(os.fsencode(path)) <= SOCKET_PATH_BYTES_MAX
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    with closing(socket.socket(socket.AF_UNIX)) as bound:
        bound.bind(str(path))
    path.unlink()
    run.rmdir()


def test_a_folder_for_sockets_that_leads_elsewhere_is_refused(short: Path) -> None:
    """
    Somebody may have put a link there to catch what is written.
    """
    settings = Settings(home=short)
    (short / "elsewhere").mkdir()
    (short / "run").symlink_to(short / "elsewhere")

    with pytest.raises(HomeUnusableError, match="belongs to somebody else"):
        prepare(settings)


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """
    The message names the folder and the setting to change.
    """
    (tmp_path / "file").touch()

    with pytest.raises(HomeUnusableError, match=r"file/home .*ARKALIA_HOME"):
        prepare(Settings(home=tmp_path / "file" / "home"))


def test_the_link_of_a_process_turns_to_the_next_generation(tmp_path: Path) -> None:
    """
    A client that connects through it reaches the new socket, and nothing is left over.
    """
    first, second = (socket_path(tmp_path, "kernel", 0, generation) for generation in (1, 2))
    link = socket_link(tmp_path, "kernel", 0)
    point(link, first)
    with closing(socket.socket(socket.AF_UNIX)) as server, closing(socket.socket(socket.AF_UNIX)) as client:
        server.bind(str(second))
        server.listen()
        point(link, second)
        client.connect(str(link))

    assert {path.name for path in tmp_path.iterdir()} == {link.name, second.name}
    clear_sockets(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_second_node_on_the_same_data_folder_is_refused(tmp_path: Path) -> None:
    """
    The message names the one that runs, since when, and where.
    """
    lock = tmp_path / "node.lock"

    def second() -> None:
        os.close(node_lock(lock, endpoint="http://127.0.0.1:1"))

    first = node_lock(lock, endpoint="http://127.0.0.1:8080")
    with pytest.raises(NodeRunningError) as caught:
        second()
    os.close(first)

    assert caught.value.pid == os.getpid()
    assert "http://127.0.0.1:8080" in str(caught.value)
    second()


@pytest.mark.parametrize("setting", ["port", "admin_port", "metrics_port"])
def test_a_taken_port_is_named_with_the_setting_that_moves_it(setting: str, tmp_path: Path) -> None:
    """
    Also when the one who has it would share it, as Envoy does.
    """
    with closing(socket.socket()) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ports = {"port": 0, "admin_port": 0, "metrics_port": 0, setting: port}
        settings = Settings(home=tmp_path, **ports)
        with pytest.raises(PortTakenError) as caught:
            check_ports(settings)

    assert str(port) in str(caught.value)
    assert f"ARKALIA_{setting.upper()}" in str(caught.value)
    check_ports(settings)
