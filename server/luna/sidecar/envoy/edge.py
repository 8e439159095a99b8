"""Puts together what happens to every call: filters, access log, tracing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from luna.settings import Settings
from luna.sidecar.envoy.clusters import OTLP
from luna.sidecar.envoy.contract import Contract
from luna.sidecar.envoy.discovery import file_source
from luna.sidecar.envoy.names import EDGE
from luna.sidecar.envoy.refusals import FAULT, NO_FAULT, NO_RATE, RATE
from luna.sidecar.envoy.replies import local_replies
from luna.sidecar.envoy.routes import served
from luna.sidecar.envoy.routing import CORS
from luna.sidecar.envoy.template import Json, Template, extension
from luna.sidecar.envoy.transcoder import Transcoding
from luna.topology import Topology

HEALTH_PATH = "/healthz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """The public side of the node."""

    topology: Topology
    contract: Contract
    settings: Settings
    template: Template
    routes: Path
    """The file that the routes are read from."""
    access_log: Path

    def connection_manager(self) -> Json:
        """Return the network filter that serves every protocol on one port."""
        routes: Json = {"route_config_name": EDGE, "config_source": file_source(self.routes)}
        return extension(
            "envoy.filters.network.http_connection_manager",
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            **{
                **self.template["http"],
                "stat_prefix": EDGE,
                "rds": routes,
                "http_filters": self._filters(),
                "access_log": [self._access_log()],
                "local_reply_config": local_replies(self.template, self.contract.codes),
                **({"tracing": self._tracing()} if self.settings.otlp_endpoint else {}),
            },
        )

    def _filters(self) -> Sequence[Json]:
        services = sorted({rpc.service for rpc in served(self.contract, self.topology)})
        transcoding = Transcoding(
            contract=self.contract, template=self.template, body_bytes_max=self.settings.message_bytes_max
        )
        return [
            self._healthz(),
            extension(CORS, "envoy.extensions.filters.http.cors.v3.Cors"),
            extension("envoy.filters.http.grpc_web", "envoy.extensions.filters.http.grpc_web.v3.GrpcWeb"),
            # Routes turn these on where the level refuses or limits their rpc.
            {"name": FAULT, "disabled": True, "typed_config": NO_FAULT},
            *transcoding.filters(services),
            {"name": RATE, "disabled": True, "typed_config": NO_RATE},
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
