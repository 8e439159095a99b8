"""How the sidecar has Envoy follow the level of degradation."""

import asyncio
from collections.abc import Iterator, Sequence

import httpx
import pytest

from luna.resilience.levels import Level
from luna.sidecar.mesh import Mesh as NodeMesh
from tests.mesh.mesh import TOPOLOGY, WORKERS_SECONDS, Mesh

pytestmark = pytest.mark.mesh

EVENTS = "arkalia.events.v1.EventService"
LOW, MEDIUM = "/v1/capabilities", "/v1/consumers"


@pytest.fixture
def node(mesh: Mesh) -> Iterator[NodeMesh]:
    """Return what the sidecar knows of the running Envoy, and leave that as it was."""
    yield NodeMesh(mesh.settings, TOPOLOGY)
    mesh.follow(Level.NORMAL)


async def answers(node: NodeMesh, mesh: Mesh) -> Sequence[int]:
    """Return what a call of low and one of medium priority get once Envoy goes by what *node* said."""
    assert await node.followed(seconds=5)
    await asyncio.sleep(WORKERS_SECONDS)
    async with httpx.AsyncClient(base_url=mesh.url) as client:
        return [(await client.get(path)).status_code for path in (LOW, MEDIUM)]


async def test_envoy_follows_the_level(node: NodeMesh, mesh: Mesh) -> None:
    """
    Down and up again, as soon as it is told.
    """
    node.spec()
    found = []
    for level in (Level.MODERATE, Level.EMERGENCY, Level.NORMAL):
        node.follow(level)
        found.append(await answers(node, mesh))

    assert found == [[503, 200], [503, 503], [200, 200]]


async def test_envoy_follows_which_services_are_suspended(node: NodeMesh, mesh: Mesh) -> None:
    """
    The same level again changes nothing else.
    """
    node.spec()
    node.follow(Level.NORMAL, suspended=frozenset({EVENTS}))
    suspended = await answers(node, mesh)
    node.follow(Level.NORMAL)

    assert suspended == [200, 503]
    assert await answers(node, mesh) == [200, 200]


async def test_a_level_that_is_known_before_envoy_starts_is_there_from_the_start(node: NodeMesh, mesh: Mesh) -> None:
    """
    No call slips through in between.
    """
    node.follow(Level.SURVIVAL)
    node.spec()

    assert await node.followed(seconds=5)
    assert "SURVIVAL" in mesh.places.routes.read_text()


async def test_an_envoy_that_is_taken_over_stays_at_its_level(node: NodeMesh, mesh: Mesh) -> None:
    """
    A sidecar that comes back does not know the level yet; one that starts a node begins with all of its work.
    """
    node.spec()
    node.follow(Level.MODERATE, suspended=frozenset({EVENTS}))
    assert await node.followed(seconds=5)
    again, fresh = NodeMesh(mesh.settings, TOPOLOGY), NodeMesh(mesh.settings, TOPOLOGY)
    again.spec(taken_over=True)
    taken_over = await answers(again, mesh)
    fresh.spec()

    assert taken_over == [503, 503]
    assert await answers(fresh, mesh) == [200, 200]


def test_a_level_that_does_not_exist_is_refused(node: NodeMesh) -> None:
    """
    And leaves the routes alone.
    """
    node.spec()
    with pytest.raises(ValueError, match="7"):
        node.follow(7)
