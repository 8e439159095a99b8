"""Routes gRPC calls: which process, how long, and when to try again."""

from collections.abc import Iterator, Sequence
from typing import Final

from luna.sidecar.envoy.contract import Contract, Rpc
from luna.sidecar.envoy.template import Json, Template, extension, seconds
from luna.topology import SIDECAR, Topology

HEALTH: Final = "/grpc.health.v1.Health/"
REFLECTION: Final = "/grpc.reflection."
FRONT_DOOR: Final = "helloria"
"""The module whose process answers for reflection."""

_GRPC: Final[Json] = {"name": "content-type", "string_match": {"prefix": "application/grpc"}}


def cluster_of(module: str, topology: Topology) -> str:
    """Return the cluster that serves *module*.

    Raises:
        ValueError: no process does.

    """
    return topology.host(module) or topology.home(module).name


def served(contract: Contract, topology: Topology) -> Sequence[Rpc]:
    """Return the rpcs that some process of *topology* serves."""
    return [rpc for rpc in contract.rpcs if topology.host(rpc.module)]


def grpc_routes(rpcs: Sequence[Rpc], topology: Topology, template: Template) -> Iterator[Json]:
    """Yield a route for each rpc, and those of health and reflection."""
    for rpc in rpcs:
        yield _grpc_route(rpc, cluster_of(rpc.module, topology), template)
    yield _service_route(HEALTH, SIDECAR, template)
    yield _service_route(REFLECTION, _front_door(topology), template)


def retry_policy(rpc: Rpc, template: Template) -> Json:
    """Return how calls of *rpc* are tried again.

    What may have been executed is sent again only if the contract allows it and Envoy still has the whole request.
    """
    kind = "idempotent" if rpc.idempotent and not rpc.client_streaming else "unsent"
    return _retries(kind, template)


def _grpc_route(rpc: Rpc, cluster: str, template: Template) -> Json:
    limit = rpc.deadline_seconds or (template.number("deadline", "unary_seconds") if rpc.unary else 0.0)
    return {
        "name": rpc.path,
        "match": {"path": rpc.path, "headers": [_GRPC]},
        "route": {
            "cluster": cluster,
            "timeout": "0s",
            "max_stream_duration": _limits(limit),
            "retry_policy": retry_policy(rpc, template),
            **({} if limit else {"idle_timeout": "0s"}),
        },
        "request_headers_to_add": [_deadline_header(limit)] if limit else [],
    }


def _deadline_header(limit: float) -> Json:
    # A caller without a deadline gets one that the server can see and pass on.
    header = {"key": "grpc-timeout", "value": f"{round(limit * 1000)}m"}
    return {"header": header, "append_action": "ADD_IF_ABSENT"}


def _limits(limit: float) -> Json:
    return {"max_stream_duration": seconds(limit), "grpc_timeout_header_max": seconds(limit)}


def _service_route(prefix: str, cluster: str, template: Template) -> Json:
    return {
        "name": prefix,
        "match": {"prefix": prefix, "headers": [_GRPC]},
        "route": {
            "cluster": cluster,
            "timeout": "0s",
            "idle_timeout": "0s",
            "max_stream_duration": _limits(0.0),
            "retry_policy": _retries("unsent", template),
        },
    }


def _retries(kind: str, template: Template) -> Json:
    other_host = extension(
        "envoy.retry_host_predicates.previous_hosts",
        "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
    )
    return {**template.part("retry", kind), "retry_host_predicate": [other_host]}


def _front_door(topology: Topology) -> str:
    processes = [process.name for process in topology.processes if FRONT_DOOR in process.modules]
    return processes[0] if processes else topology.processes[0].name
