"""One mesh for all tests of this room."""

from collections.abc import Iterator

import grpc
import httpx
import pytest

from tests.mesh.mesh import Mesh, channel_to, running_mesh


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    with running_mesh(tmp_path_factory.mktemp("m")) as running:
        yield running


@pytest.fixture
def channel(mesh: Mesh) -> Iterator[grpc.Channel]:
    with channel_to(mesh) as open_channel:
        yield open_channel


@pytest.fixture
def rest(mesh: Mesh) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=mesh.url, timeout=15) as client:
        yield client
