"""What is heavy is loaded after what everybody waits for."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from luna.cli.loading import give_way


@pytest.fixture
def one_processor() -> Iterator[None]:
    """Run on one processor, as on the smallest machines."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    yield
    os.sched_setaffinity(0, before)


@pytest.fixture
def door() -> Iterator[Path]:
    with TemporaryDirectory(prefix="luna") as folder:
        yield Path(folder) / "log-0.sock"


@pytest.mark.usefixtures("one_processor")
def test_whoever_gives_way_goes_on_when_the_others_answer(door: Path) -> None:
    """
    A socket that somebody left behind is no answer.
    """
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(door))
    answering = threading.Event()

    def rise() -> None:
        time.sleep(0.2)
        door.unlink()
        listener.bind(str(door))
        answering.set()
        listener.listen()

    with socket.socket(socket.AF_UNIX) as listener:
        other = threading.Thread(target=rise)
        other.start()
        give_way([door])

        assert answering.is_set()
        other.join()


@pytest.mark.usefixtures("one_processor")
def test_nobody_is_waited_for_in_vain(door: Path) -> None:
    """
    Who gives way goes on in the end.
    """
    give_way([door])
