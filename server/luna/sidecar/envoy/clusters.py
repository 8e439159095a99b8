"""Describes to Envoy the processes behind it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from luna.sidecar.envoy.contract import Contract, module_of
from luna.sidecar.envoy.discovery import file_source
from luna.sidecar.envoy.names import STREAMS, URGENT
from luna.sidecar.envoy.template import Json, Template, extension, typed
from luna.topology import SIDECAR, Process, Topology

ADMIN: Final = "envoy_admin"
OTLP: Final = "otlp"
_AUTHORITIES: Final = "/etc/ssl/certs/ca-certificates.crt"
_PORTS: Final = {"http": 4317, "https": 443}


def process_clusters(topology: Topology, contract: Contract, template: Template, files: Path) -> Iterator[Json]:
    """Yield the clusters of each process, whose endpoints are read from *files*, and those of the sidecar.

    A process has one for calls with one answer, and one for streams: a stream counts as a request for as long as it
    lives, and would take the room of calls that are over in no time. It has another for urgent calls, on sockets
    where they do not queue behind the rest.
    """
    for kind in ("", STREAMS, URGENT):
        for process in topology.processes:
            checks = [_health_check(_checked_service(process, contract), template)]
            cluster = _cluster(process.name, kind, template, files, replicas=process.replicas)
            yield {**cluster, "health_checks": checks}
    for kind in ("", STREAMS):
        # It is back within a second, and there is never another: being told that it is away would help nobody.
        yield _cluster(SIDECAR, kind, template, files, replicas=1)


def requests_max(process: str, topology: Topology, template: Template, *, streams: bool, urgent: bool) -> int:
    """Return how many calls of a kind may be under way to *process*."""
    replicas = {each.name: each.replicas for each in topology.processes}.get(process, 1)
    return _room(template, streams=streams, urgent=urgent)["max_requests"] * replicas


def published_processes(config: Json) -> Iterator[str]:
    """Yield the names of the processes in *config* whose endpoints are published as files."""
    resources = config["static_resources"]
    clusters = resources["clusters"] if isinstance(resources, Mapping) else ()
    for cluster in clusters if isinstance(clusters, Sequence) else ():
        source = cluster.get("eds_cluster_config") if isinstance(cluster, Mapping) else None
        if isinstance(source, Mapping) and not (name := str(source["service_name"])).endswith(URGENT):
            yield name


def metrics_clusters(topology: Topology, run: Path, admin_port: int) -> Iterator[Json]:
    """Yield the clusters that metrics are read from: one for each replica, the sidecar, and Envoy itself."""
    for process, replica in measured(topology):
        path = run / f"{process}-{replica}.metrics.sock"
        yield _static(metrics_cluster(process, replica), {"pipe": {"path": str(path)}})
    yield _static(ADMIN, {"socket_address": {"address": "127.0.0.1", "port_value": admin_port}})


def measured(topology: Topology) -> Iterator[tuple[str, int]]:
    """Yield the process and the replica of everything that serves metrics on a socket beside its own."""
    for process in topology.processes:
        for replica in range(process.replicas):
            yield process.name, replica
    yield SIDECAR, 0


def metrics_cluster(process: str, replica: int) -> str:
    """Return the name of the cluster for the metrics of one replica."""
    return f"{process}_{replica}_metrics"


def otlp_cluster(endpoint: str, template: Template) -> Json:
    """Return the cluster of the collector at *endpoint*."""
    url = urlsplit(endpoint)
    address: Json = {"address": url.hostname, "port_value": url.port or _PORTS.get(url.scheme, 4317)}
    return {
        "name": OTLP,
        "connect_timeout": "1s",
        "cluster_type": extension("envoy.clusters.dns", "envoy.extensions.clusters.dns.v3.DnsCluster"),
        "typed_extension_protocol_options": _http2(template),
        "load_assignment": _assignment(OTLP, {"socket_address": address}),
        **({"transport_socket": _tls(str(url.hostname))} if url.scheme == "https" else {}),
    }


def _cluster(process: str, kind: str, template: Template, files: Path, *, replicas: int) -> Json:
    rooms = [
        {"priority": priority, **_multiplied(_room(template, streams=kind == STREAMS, urgent=urgent), replicas)}
        for priority, urgent in (("DEFAULT", False), ("HIGH", True))
    ]
    endpoints = f"{process}{URGENT}" if kind == URGENT else process
    return {
        "name": f"{process}{kind}",
        "type": "EDS",
        "eds_cluster_config": {"service_name": endpoints, "eds_config": file_source(files / f"{endpoints}.json")},
        "typed_extension_protocol_options": _http2(template),
        "circuit_breakers": {"thresholds": rooms},
        **template["cluster"],
    }


def _room(template: Template, *, streams: bool, urgent: bool) -> Mapping[str, int]:
    kind = f"{'streams' if streams else 'calls'}_{'urgent' if urgent else 'other'}"
    return template.counts("room", kind)


def _multiplied(room: Mapping[str, int], replicas: int) -> Json:
    return {name: number * replicas for name, number in room.items()}


def _health_check(service: str, template: Template) -> Json:
    return {**template["health_check"], "grpc_health_check": {"service_name": service}}


def _checked_service(process: Process, contract: Contract) -> str:
    # Each process answers "" for itself as a whole; naming a service keeps it in rotation while a neighbour is unwell,
    # so the module that comes first in the topology stands for its process.
    services = (name for module in process.modules for name in contract.services if module_of(name) == module)
    return next(services, "")


def _http2(template: Template) -> Json:
    options = typed(
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config={"http2_protocol_options": template["upstream_http2"]},
    )
    return {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options}


def _static(name: str, address: Json) -> Json:
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "0.5s",
        "load_assignment": _assignment(name, address),
    }


def _assignment(name: str, address: Json) -> Json:
    return {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}]}


def _tls(host: str) -> Json:
    validation: Json = {
        "trusted_ca": {"filename": _AUTHORITIES},
        "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": host}}],
    }
    return extension(
        "envoy.transport_sockets.tls",
        "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        sni=host,
        common_tls_context={"validation_context": validation},
    )
