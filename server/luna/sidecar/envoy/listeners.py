"""Describes to Envoy where it listens: for everybody, and for Prometheus."""

from collections.abc import Iterator
from pathlib import Path

from luna.settings import Settings
from luna.sidecar.envoy.clusters import ADMIN, measured, metrics_cluster
from luna.sidecar.envoy.edge import Edge
from luna.sidecar.envoy.template import Json, Template, extension
from luna.topology import Topology


def edge_listener(edge: Edge) -> Json:
    """Return the listener that everybody calls."""
    return {
        "name": "edge",
        "address": _address(edge.settings.host, edge.settings.port),
        **edge.template["listener"],
        "filter_chains": [{"filters": [edge.connection_manager()]}],
    }


def metrics_listener(topology: Topology, settings: Settings) -> Json:
    """Return the loopback listener that Prometheus reads."""
    host: Json = {"name": "metrics", "domains": ["*"], "routes": list(_metrics_routes(topology))}
    manager = extension(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="metrics",
        server_header_transformation="PASS_THROUGH",
        normalize_path=True,
        route_config={"name": "metrics", "virtual_hosts": [host]},
        http_filters=[extension("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router")],
    )
    return {
        "name": "metrics",
        "address": _address("127.0.0.1", settings.metrics_port),
        "filter_chains": [{"filters": [manager]}],
    }


def door_listener(path: Path) -> Json:
    """Return the listener on a Unix socket that says nothing: that somebody listens there is all there is to see."""
    silence = extension(
        "envoy.filters.network.direct_response",
        "envoy.extensions.filters.network.direct_response.v3.Config",
        response={"inline_string": ""},
    )
    return {
        "name": "door",
        "address": {"pipe": {"path": str(path), "mode": 0o600}},
        "filter_chains": [{"filters": [silence]}],
    }


def admin(settings: Settings, template: Template) -> Json:
    """Return the admin interface, with what it lets be read and done."""
    paths = [*template.words("admin", "paths"), *template.words("admin", "commands")]
    # A query may follow, such as `/stats?filter=edge`.
    allowed = [match for path in paths for match in ({"exact": path}, {"prefix": f"{path}?"})]
    return {"address": _address("127.0.0.1", settings.admin_port), "allow_paths": allowed}


def _metrics_routes(topology: Topology) -> Iterator[Json]:
    yield _metrics_route("/metrics/envoy", ADMIN, "/stats/prometheus")
    for process, replica in measured(topology):
        cluster = metrics_cluster(process, replica)
        yield _metrics_route(f"/metrics/{process}/{replica}", cluster, "/metrics")
        if replica == 0:
            yield _metrics_route(f"/metrics/{process}", cluster, "/metrics")


def _metrics_route(path: str, cluster: str, there: str) -> Json:
    get: Json = {"name": ":method", "string_match": {"exact": "GET"}}
    return {
        "match": {"path": path, "headers": [get]},
        "route": {"cluster": cluster, "prefix_rewrite": there, "timeout": "5s"},
    }


def _address(host: str, port: int) -> Json:
    return {"socket_address": {"address": host, "port_value": port}}
