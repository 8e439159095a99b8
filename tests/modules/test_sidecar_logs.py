"""What processes write is kept, and read back."""

import os
from pathlib import Path

from luna.settings import Settings
from luna.sidecar.diagnostics import settings_shown
from luna.sidecar.keeper.slots import LOG_BYTES_MAX, open_log
from luna.sidecar.logs import Follower, last_lines, put_aside_large


def test_a_large_log_is_put_aside_at_the_start(tmp_path: Path) -> None:
    """
    A small one is added to.
    """
    path = tmp_path / "kernel.log"
    path.write_bytes(b"x" * (LOG_BYTES_MAX + 1))
    begins = [write(path, b"one\n"), write(path, b"two\n")]

    assert begins == [0, 4]
    assert path.read_text() == "one\ntwo\n"
    assert (tmp_path / "kernel.log.1").stat().st_size == LOG_BYTES_MAX + 1


def write(path: Path, lines: bytes) -> int:
    """Write as a process does that the keeper starts, and return where that begins."""
    descriptor, begin = open_log(str(path))
    os.write(descriptor, lines)
    os.close(descriptor)
    return begin


def test_a_log_that_grows_large_is_put_aside_while_it_is_written(tmp_path: Path) -> None:
    """
    Its writer goes on at the new end; a small neighbour is left alone.
    """
    path, neighbour = tmp_path / "kernel.log", tmp_path / "log.log"
    neighbour.write_text("small\n")
    descriptor, _ = open_log(str(path))
    os.write(descriptor, b"x" * (LOG_BYTES_MAX + 1))
    put_aside_large(tmp_path)
    os.write(descriptor, b"on\n")
    os.close(descriptor)

    assert path.read_text() == "on\n"
    assert (tmp_path / "kernel.log.1").stat().st_size == LOG_BYTES_MAX + 1
    assert neighbour.read_text() == "small\n"


def test_the_last_lines_are_those_of_this_start(tmp_path: Path) -> None:
    """
    And no more than asked for.
    """
    path = tmp_path / "kernel.log"
    path.write_text("before\none\ntwo\nthree\n")

    assert last_lines(path, after=7, limit=8) == ["one", "two", "three"]
    assert last_lines(path, limit=2) == ["two", "three"]
    assert last_lines(tmp_path / "none.log") == []


def test_a_follower_yields_each_whole_line_once(tmp_path: Path) -> None:
    """
    A line that is being written waits, and a fresh file is read from its beginning.
    """
    path = tmp_path / "kernel.log"
    path.write_text("old\n")
    follower = Follower(path)
    with path.open("a") as file:
        file.write("one\ntw")
        file.flush()
        first = follower.news()
        file.write("o\n")
    second = follower.news()
    path.write_text("new\n")

    assert (first, second, follower.news(), follower.news()) == (["one"], ["two"], ["new"], [])


def test_settings_are_shown_without_secrets(tmp_path: Path) -> None:
    """
    A password in an address is one.
    """
    shown = settings_shown(Settings(home=tmp_path, otlp_endpoint="http://user:hunter2@collector:4317"))

    assert shown["ARKALIA_PORT"] == "8080"
    assert shown["ARKALIA_OTLP_ENDPOINT"] == "http://***@collector:4317"
