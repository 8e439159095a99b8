"""Describes to Envoy the processes behind it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from luna.sidecar.envoy.contract import Contract, module_of
from luna.sidecar.envoy.template import Json, Template, extension, typed
from luna.topology import SIDECAR, Process, Topology

ADMIN: Final = "envoy_admin"
OTLP: Final = "otlp"
_AUTHORITIES: Final = "/etc/ssl/certs/ca-certificates.crt"
_PORTS: Final = {"http": 4317, "https": 443}


def process_clusters(topology: Topology, contract: Contract, template: Template, files: Path) -> Iterator[Json]:
    """Yield the cluster of each process, whose endpoints are read from *files*, and that of the sidecar."""
    for process in topology.processes:
        checks = [_health_check(_checked_service(process, contract), template)]
        yield {**_cluster(process.name, template, files), "health_checks": checks}
    # It is back within a second, and there is never another: being told that it is away would help nobody.
    yield _cluster(SIDECAR, template, files)


def published_clusters(config: Json) -> Iterator[str]:
    """Yield the names of the clusters in *config* whose endpoints are published as files."""
    resources = config["static_resources"]
    clusters = resources["clusters"] if isinstance(resources, Mapping) else ()
    for cluster in clusters if isinstance(clusters, Sequence) else ():
        if isinstance(cluster, Mapping) and cluster.get("type") == "EDS":
            yield str(cluster["name"])


def metrics_clusters(topology: Topology, run: Path, admin_port: int) -> Iterator[Json]:
    """Yield the clusters that metrics are read from: one for each replica, and Envoy itself."""
    for process in topology.processes:
        for replica in range(process.replicas):
            name = metrics_cluster(process.name, replica)
            yield _static(name, {"pipe": {"path": str(run / f"{process.name}-{replica}.metrics.sock")}})
    yield _static(ADMIN, {"socket_address": {"address": "127.0.0.1", "port_value": admin_port}})


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


def _cluster(name: str, template: Template, files: Path) -> Json:
    source: Json = {"path": str(files / f"{name}.json"), "watched_directory": {"path": str(files)}}
    return {
        "name": name,
        "type": "EDS",
        "eds_cluster_config": {
            "service_name": name,
            "eds_config": {"resource_api_version": "V3", "initial_fetch_timeout": "2s", "path_config_source": source},
        },
        "typed_extension_protocol_options": _http2(template),
        "circuit_breakers": {"thresholds": [template["breaker"]]},
        **template["cluster"],
    }


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
