"""What the renderer writes, as Envoy itself judges it."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from arkalia.options.v1 import mesh_error_pb2

from luna.settings import Settings
from luna.sidecar.envoy.configuration import Places, Rendered, command, descriptor_set, render, write
from luna.sidecar.envoy.contract import read_contract
from luna.sidecar.envoy.rest import path_match
from luna.sidecar.envoy.stance import Stance
from luna.sidecar.envoy.transcoder import EVENTS, STRICT_JSON, TRANSCODER
from luna.topology import ALL_IN_ONE, SPLIT, Topology

pytestmark = pytest.mark.mesh

EVERYWHERE = "0.0.0.0"  # noqa: S104  nothing is started on it


def rendered(home: Path, topology: Topology, **changes: Any) -> Rendered:
    settings = Settings(home=home, **changes)
    return render(topology, descriptor_set(), settings, Places.of(settings))


def bootstrap(home: Path, topology: Topology, **changes: Any) -> Mapping[str, Any]:
    return rendered(home, topology, **changes).bootstrap


def routes(home: Path, topology: Topology, stance: Stance | None = None) -> Sequence[Mapping[str, Any]]:
    config: Mapping[str, Any] = rendered(home, topology).routing.render(stance or Stance())
    found: Sequence[Mapping[str, Any]] = config["virtual_hosts"][0]["routes"]
    return found


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from strings(part)


@pytest.mark.parametrize("topology", [SPLIT, ALL_IN_ONE], ids=["split", "all_in_one"])
@pytest.mark.parametrize("otlp_endpoint", ["", "http://127.0.0.1:4317", "https://otel.example.org"])
def test_envoy_takes_the_configuration_without_a_warning(
    tmp_path: Path, topology: Topology, otlp_endpoint: str
) -> None:
    """
    No deprecated, unfinished or unknown field, and every file and cluster it names is there.
    """
    settings = Settings(home=tmp_path, otlp_endpoint=otlp_endpoint)
    places = Places.of(settings)
    write(render(topology, descriptor_set(), settings, places), places)
    checked = subprocess.run(
        [*command(settings, places), "--mode", "validate"], capture_output=True, text=True, check=False, timeout=30
    )

    assert checked.returncode == 0, checked.stderr[-2000:]
    assert checked.stderr == ""
    assert checked.stdout.strip().endswith("OK")


def test_urgent_calls_have_sockets_of_their_own(tmp_path: Path) -> None:
    """
    Where they do not queue behind others: those of each process but the sidecar.
    """
    found = {
        route["match"]["path"]: route["route"]
        for route in routes(tmp_path, SPLIT)
        if "route" in route and "path" in route["match"]
    }
    urgent = {path: way["cluster"] for path, way in found.items() if way.get("priority") == "HIGH"}

    assert urgent["/arkalia.helloria.v1.HelloriaService/Echo"] == "kernel_urgent"
    assert urgent["/arkalia.node.v1.NodeService/GetNode"] == "sidecar"
    assert urgent["/arkalia.resilience.v1.DegradationService/WatchDegradation"] == "kernel_streams"
    assert found["/arkalia.zeroia.v1.DecisionService/Decide"]["cluster"] == "kernel"


def test_every_rpc_of_the_node_has_its_own_route(tmp_path: Path) -> None:
    """
    A route for each gRPC method, and one for each way to call it over REST.
    """
    contract = read_contract(descriptor_set())
    names = [route["name"] for route in routes(tmp_path, SPLIT)]
    present = {"node", *(module for process in SPLIT.processes for module in process.modules)}
    served = [rpc for rpc in contract.rpcs if rpc.module in present]

    assert served
    assert {rpc.path for rpc in served} <= set(names)
    assert {f"{way.verb} {way.template}" for rpc in served for way in rpc.bindings} <= set(names)


def test_only_what_the_contract_calls_idempotent_is_sent_again_once_it_may_have_run(tmp_path: Path) -> None:
    """
    The others are sent again only while nothing of them has left Envoy.
    """
    rpcs = {rpc.path: rpc for rpc in read_contract(descriptor_set()).rpcs}
    policies = {
        route["name"]: set(route["route"]["retry_policy"]["retry_on"].split(","))
        for route in routes(tmp_path, SPLIT)
        if route["name"] in rpcs
    }

    for path, retried in policies.items():
        rpc = rpcs[path]
        assert ("unavailable" in retried) == (rpc.idempotent and not rpc.client_streaming), path
        assert "connect-failure" in retried, path
    assert any("unavailable" in retried for retried in policies.values())
    assert any("unavailable" not in retried for retried in policies.values())


def test_a_grpc_route_turns_on_neither_lua_nor_the_transcoder(tmp_path: Path) -> None:
    """
    Both are off unless a route of a REST call says otherwise.
    """
    config = bootstrap(tmp_path, SPLIT)
    manager = config["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    filters = {each["name"]: each for each in manager["http_filters"]}

    assert filters[STRICT_JSON]["disabled"]
    assert filters[TRANSCODER]["disabled"]
    assert filters[EVENTS]["disabled"]
    assert not [
        route
        for route in routes(tmp_path, SPLIT)
        if route["name"].startswith("/arkalia.") and "typed_per_filter_config" in route
    ]


def test_every_reason_that_the_mesh_declares_is_one_that_it_gives(tmp_path: Path) -> None:
    """
    The enum in the contract and the configuration name the same reasons.
    """
    prefix = "MESH_ERROR_REASON_"
    declared = {name for name, _ in mesh_error_pb2.MeshErrorReason.items() if not name.endswith("_UNSPECIFIED")}
    given = {text for text in strings(bootstrap(tmp_path, SPLIT)) if text.startswith(prefix)}

    assert given == declared


@pytest.mark.parametrize(
    ("template", "match"),
    [
        ("/v1/echo", {"path": "/v1/echo"}),
        ("/v1/a/{name}", {"safe_regex": {"regex": "/v1/a/[^/]+"}}),
        ("/v1/a/{name}/b:run", {"safe_regex": {"regex": "/v1/a/[^/]+/b:run"}}),
        ("/v1/{name=a/*/b.c/**}", {"safe_regex": {"regex": r"/v1/a/[^/]+/b\.c/.+"}}),
    ],
)
def test_a_path_of_the_contract_becomes_the_match_of_a_route(template: str, match: Mapping[str, Any]) -> None:
    """
    A variable stands for one segment, unless its own pattern says more.
    """
    assert path_match(template) == match


def test_admin_and_metrics_are_on_loopback_whatever_the_host(tmp_path: Path) -> None:
    """
    Only the front door follows ARKALIA_HOST.
    """
    config = bootstrap(tmp_path, SPLIT, host=EVERYWHERE)
    edge, metrics = config["static_resources"]["listeners"]

    assert edge["address"]["socket_address"]["address"] == EVERYWHERE
    assert metrics["address"]["socket_address"]["address"] == "127.0.0.1"
    assert config["admin"]["address"]["socket_address"]["address"] == "127.0.0.1"


def test_metrics_can_be_switched_off(tmp_path: Path) -> None:
    """
    Port 0 means that nothing listens for Prometheus.
    """
    listeners = bootstrap(tmp_path, SPLIT, metrics_port=0)["static_resources"]["listeners"]

    assert [listener["name"] for listener in listeners] == ["edge"]
