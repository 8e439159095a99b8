"""Routes gRPC calls: which process, how urgent, how long, and when to try again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from luna.sidecar.envoy.clusters import requests_max
from luna.sidecar.envoy.contract import Contract, Rpc
from luna.sidecar.envoy.names import STREAMS, URGENT
from luna.sidecar.envoy.refusals import Refusals
from luna.sidecar.envoy.template import Json, Template, extension, seconds
from luna.topology import SIDECAR, SIDECAR_MODULES, Topology

HEALTH: Final = "/grpc.health.v1.Health/"
HEALTH_WATCH: Final = f"{HEALTH}Watch"
REFLECTION: Final = "/grpc.reflection."
FRONT_DOOR: Final = "helloria"
"""The module whose process answers for reflection."""

_GRPC: Final[Json] = {"name": "content-type", "string_match": {"prefix": "application/grpc"}}


def served(contract: Contract, topology: Topology) -> Sequence[Rpc]:
    """Return the rpcs that some process of *topology* serves."""
    present = {*SIDECAR_MODULES, *(module for process in topology.processes for module in process.modules)}
    return [rpc for rpc in contract.rpcs if rpc.module in present]


def cluster_of(rpc: Rpc, topology: Topology) -> str:
    """Return the cluster that serves *rpc*.

    Raises:
        ValueError: no process does.

    """
    process = topology.host(rpc.module)
    if process is None:
        raise ValueError(f"no process serves module {rpc.module!r}")
    if not rpc.unary:
        return f"{process}{STREAMS}"
    return f"{process}{URGENT}" if rpc.urgent and process != SIDECAR else process


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcRoutes:
    """What routes of gRPC calls are made of."""

    topology: Topology
    template: Template

    def routes(self, rpcs: Sequence[Rpc], refusals: Refusals) -> Iterator[Json]:
        """Yield a route for each of *rpcs*, and those of health and reflection."""
        for rpc in rpcs:
            yield self._route(rpc, refusals)
        yield self._service_route(HEALTH_WATCH, f"{SIDECAR}{STREAMS}", urgent=True)
        yield self._service_route(HEALTH, SIDECAR, urgent=True)
        yield self._service_route(REFLECTION, f"{_front_door(self.topology)}{STREAMS}", urgent=False)

    def _route(self, rpc: Rpc, refusals: Refusals) -> Json:
        limit = rpc.deadline_seconds or (self.template.number("deadline", "unary_seconds") if rpc.unary else 0.0)
        process = str(self.topology.host(rpc.module))
        room = requests_max(process, self.topology, self.template, streams=not rpc.unary, urgent=rpc.urgent)
        refusal = refusals.grpc(rpc, process=process, requests_max=room)
        return {
            "name": rpc.path,
            "match": {"path": rpc.path, "headers": [_GRPC]},
            "route": {
                "cluster": cluster_of(rpc, self.topology),
                "priority": _priority(urgent=rpc.urgent),
                "timeout": "0s",
                "max_stream_duration": _limits(limit),
                "retry_policy": retry_policy(rpc, self.template),
                **({} if limit else {"idle_timeout": "0s"}),
            },
            "request_headers_to_add": [_deadline_header(limit)] if limit else [],
            "metadata": refusal.metadata,
            **({"typed_per_filter_config": refusal.filters} if refusal.filters else {}),
        }

    def _service_route(self, prefix: str, cluster: str, *, urgent: bool) -> Json:
        return {
            "name": prefix,
            "match": {"prefix": prefix, "headers": [_GRPC]},
            "route": {
                "cluster": cluster,
                "priority": _priority(urgent=urgent),
                "timeout": "0s",
                "idle_timeout": "0s",
                "max_stream_duration": _limits(0.0),
                "retry_policy": _retries("unsent", self.template),
            },
        }


def retry_policy(rpc: Rpc, template: Template) -> Json:
    """Return how calls of *rpc* are tried again.

    What may have been executed is sent again only if the contract allows it and Envoy still has the whole request.
    """
    kind = "idempotent" if rpc.idempotent and not rpc.client_streaming else "unsent"
    return _retries(kind, template)


def _priority(*, urgent: bool) -> str:
    return "HIGH" if urgent else "DEFAULT"


def _deadline_header(limit: float) -> Json:
    # A caller without a deadline gets one that the server can see and pass on.
    header = {"key": "grpc-timeout", "value": f"{round(limit * 1000)}m"}
    return {"header": header, "append_action": "ADD_IF_ABSENT"}


def _limits(limit: float) -> Json:
    return {"max_stream_duration": seconds(limit), "grpc_timeout_header_max": seconds(limit)}


def _retries(kind: str, template: Template) -> Json:
    other_host = extension(
        "envoy.retry_host_predicates.previous_hosts",
        "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
    )
    return {**template.part("retry", kind), "retry_host_predicate": [other_host]}


def _front_door(topology: Topology) -> str:
    return topology.host(FRONT_DOOR) or topology.processes[0].name
