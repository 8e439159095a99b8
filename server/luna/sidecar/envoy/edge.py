"""Puts together what happens to every call: filters, routes, access log, tracing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from luna.settings import Settings
from luna.sidecar.envoy.clusters import OTLP
from luna.sidecar.envoy.contract import Contract, Rpc
from luna.sidecar.envoy.replies import local_replies
from luna.sidecar.envoy.rest import STRICT_JSON, TRANSCODER, Rest
from luna.sidecar.envoy.routes import grpc_routes, served
from luna.sidecar.envoy.strict import tables
from luna.sidecar.envoy.template import Json, JsonValue, Template, extension, typed
from luna.topology import SIDECAR, Topology

OPENAPI_PATH = "/openapi.json"
HEALTH_PATH = "/healthz"
_CORS = "envoy.filters.http.cors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """The public side of the node."""

    topology: Topology
    contract: Contract
    settings: Settings
    template: Template
    openapi: Path
    access_log: Path

    def connection_manager(self) -> Json:
        """Return the network filter that serves every protocol on one port."""
        return extension(
            "envoy.filters.network.http_connection_manager",
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            **{
                **self.template["http"],
                "stat_prefix": "edge",
                "route_config": self._routes(),
                "http_filters": self._filters(),
                "access_log": [self._access_log()],
                "local_reply_config": local_replies(self.template, self.contract.codes),
                **({"tracing": self._tracing()} if self.settings.otlp_endpoint else {}),
            },
        )

    def _routes(self) -> Json:
        rpcs = served(self.contract, self.topology)
        host: Json = {
            "name": "node",
            "domains": ["*"],
            "typed_per_filter_config": {_CORS: self._cors()},
            "routes": [*self._plain_routes(), *self._call_routes(rpcs), _unknown()],
        }
        size = self.openapi.stat().st_size
        return {"name": "edge", "virtual_hosts": [host], "max_direct_response_body_size_bytes": max(size, 4096)}

    def _plain_routes(self) -> Sequence[Json]:
        headers = {"content-type": "application/json", "access-control-allow-origin": "*"}
        document: Json = {
            "name": OPENAPI_PATH,
            "match": {"path": OPENAPI_PATH, "headers": [{"name": ":method", "string_match": {"exact": "GET"}}]},
            "direct_response": {"status": 200, "body": {"filename": str(self.openapi)}},
            "response_headers_to_add": [_header(name, value) for name, value in headers.items()],
        }
        asked: Sequence[Json] = [
            {"name": ":method", "string_match": {"exact": "OPTIONS"}},
            {"name": "origin", "present_match": True},
            {"name": "access-control-request-method", "present_match": True},
        ]
        # The CORS filter answers by itself; it only needs a route that is not a direct response.
        preflight: Json = {
            "name": "preflight",
            "match": {"prefix": "/", "headers": asked},
            "route": {"cluster": SIDECAR},
        }
        return [document, preflight]

    def _call_routes(self, rpcs: Sequence[Rpc]) -> Sequence[Json]:
        rest = self._rest()
        return [*grpc_routes(rpcs, self.topology, self.template), *rest.routes(rpcs)]

    def _rest(self) -> Rest:
        return Rest(
            contract=self.contract,
            topology=self.topology,
            template=self.template,
            body_bytes_max=self.settings.message_bytes_max,
        )

    def _filters(self) -> Sequence[Json]:
        services = sorted({rpc.service for rpc in served(self.contract, self.topology)})
        lua = typed(
            "envoy.extensions.filters.http.lua.v3.Lua",
            default_source_code={"inline_string": tables(self.contract) + self.template.strict_json},
        )
        return [
            self._healthz(),
            extension(_CORS, "envoy.extensions.filters.http.cors.v3.Cors"),
            extension("envoy.filters.http.grpc_web", "envoy.extensions.filters.http.grpc_web.v3.GrpcWeb"),
            # Routes of REST calls turn these two on; a gRPC call never meets them.
            {"name": STRICT_JSON, "disabled": True, "typed_config": lua},
            {"name": TRANSCODER, "disabled": True, "typed_config": self._rest().transcoder(services)},
            extension(
                "envoy.filters.http.router",
                "envoy.extensions.filters.http.router.v3.Router",
                suppress_envoy_headers=True,
            ),
        ]

    def _healthz(self) -> Json:
        return extension(
            "envoy.filters.http.health_check",
            "envoy.extensions.filters.http.health_check.v3.HealthCheck",
            pass_through_mode=False,
            headers=[{"name": ":path", "string_match": {"exact": HEALTH_PATH}}],
            cluster_min_healthy_percentages={process.name: {"value": 1} for process in self.topology.processes},
        )

    def _cors(self) -> Json:
        origins = [{"safe_regex": {"regex": self.settings.cors_origins}}]
        policy: Mapping[str, JsonValue] = {**self.template["cors"], "allow_origin_string_match": origins}
        return typed("envoy.extensions.filters.http.cors.v3.CorsPolicy", **policy)

    def _access_log(self) -> Json:
        return extension(
            "envoy.access_loggers.file",
            "envoy.extensions.access_loggers.file.v3.FileAccessLog",
            path=str(self.access_log),
            log_format={"json_format": self.template["access_log"]},
        )

    def _tracing(self) -> Json:
        share: Json = {"numerator": round(self.settings.trace_ratio * 1_000_000), "denominator": "MILLION"}
        samplers = "envoy.extensions.tracers.opentelemetry.samplers.v3"
        ratio = extension(
            "envoy.tracers.opentelemetry.samplers.trace_id_ratio_based",
            f"{samplers}.TraceIdRatioBasedSamplerConfig",
            sampling_percentage=share,
        )
        provider = extension(
            "envoy.tracers.opentelemetry",
            "envoy.config.trace.v3.OpenTelemetryConfig",
            grpc_service={"envoy_grpc": {"cluster_name": OTLP}, "timeout": "1s"},
            service_name="arkalia-envoy",
            sampler=extension(
                "envoy.tracers.opentelemetry.samplers.parent_based",
                f"{samplers}.ParentBasedSamplerConfig",
                wrapped_sampler=ratio,
            ),
        )
        return {"provider": provider, "spawn_upstream_span": True}


def _unknown() -> Json:
    text = f"there is nothing here; {OPENAPI_PATH} lists what there is"
    return {
        "name": "unknown",
        "match": {"prefix": "/"},
        "direct_response": {"status": 404, "body": {"inline_string": text}},
    }


def _header(name: str, value: str) -> Json:
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
