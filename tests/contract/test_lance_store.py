"""The index in LanceDB works in an object store as in a folder."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from luna.adapters.lance_indexes import LanceIndexes
from luna.kernel.memory_errors import IndexMismatchError, IndexUnavailableError
from luna.kernel.memory_rows import Where
from tests.contract.memory_history import DIMENSION, batch_at, vectors_of
from tests.contract.memory_index import row
from tests.fake_memory_index import FakeMemoryIndex
from tests.node import free_ports

ALL = Where(namespace="home", include_superseded=True)
LAST = 9


@pytest.fixture
def store(tmp_path: Path) -> Iterator[str]:
    """An object store that has a bucket for memories, and its address."""
    (tmp_path / "memories").mkdir()
    address = f"127.0.0.1:{free_ports(1)[0]}"
    rclone = Path(sys.executable).with_name("rclone")
    serve = ["serve", "s3", "--addr", address, "--auth-key", "any,any", "--config", "/dev/null"]
    with subprocess.Popen([rclone, *serve, tmp_path], stderr=subprocess.DEVNULL) as server:
        _until_it_answers(address)
        yield f"http://{address}"
        server.terminate()


def indexes(store: str, bucket: str = "memories") -> LanceIndexes:
    options = {"aws_endpoint": store, "allow_http": "true", "aws_region": "us-east-1"}
    options |= {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    return LanceIndexes(f"s3://{bucket}/one", options=options)


async def test_an_object_store_holds_the_same(store: str) -> None:
    """
    What was applied before it was closed is found by another, with the position, as a simpler index has it.
    """
    first = await indexes(store).open("fake", DIMENSION)
    simple = FakeMemoryIndex("fake", DIMENSION)
    for position in range(1, LAST + 1):
        await first.apply(batch_at(position))
        await simple.apply(batch_at(position))
    # No upkeep: this server answers some ranges with the whole file, which the listing of versions does not accept.
    await first.aclose()
    second = await indexes(store).open("fake", DIMENSION)
    wanted = vectors_of([row("000170", position=8)])[0]

    assert second.position == LAST
    assert await second.scroll(ALL, "", 1000) == await simple.scroll(ALL, "", 1000)
    assert (await second.nearest(wanted, ALL, 1)).hits[0].row.id == "000170"
    assert (await second.matching("170", ALL, 1)).hits[0].row.id == "000170"
    with pytest.raises(IndexMismatchError):
        await indexes(store).open("other", DIMENSION)
    await second.aclose()


async def test_a_store_that_is_not_there_is_said(store: str) -> None:
    """
    As the storage that failed, not as an empty index.
    """
    with pytest.raises(IndexUnavailableError):
        await indexes(store, "none").open("fake", DIMENSION)


def _until_it_answers(address: str) -> None:
    host, port = address.split(":")
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return
