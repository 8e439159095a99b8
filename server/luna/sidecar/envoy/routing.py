"""Renders the routes of the front door, which follow the level of degradation."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from luna.sidecar.envoy.contract import Rpc
from luna.sidecar.envoy.discovery import discover
from luna.sidecar.envoy.names import EDGE
from luna.sidecar.envoy.refusals import Refusals
from luna.sidecar.envoy.rest import RestRoutes
from luna.sidecar.envoy.routes import GrpcRoutes
from luna.sidecar.envoy.stance import Stance
from luna.sidecar.envoy.template import Json, JsonValue, Template, typed
from luna.topology import SIDECAR, Topology
from luna.transport.on_behalf import PRIORITY, PROBE

LEVEL_HEADER: Final = "x-arkalia-degradation"
OPENAPI_PATH: Final = "/openapi.json"
CORS: Final = "envoy.filters.http.cors"

_STANCE: Final = "arkalia.stance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """All that the routes are made of, but for the stance."""

    topology: Topology
    template: Template
    rpcs: Sequence[Rpc]
    """Those that are served."""
    codes: Mapping[str, int]
    openapi: Path
    cors_origins: str
    body_bytes_max: int

    def render(self, stance: Stance) -> Json:
        """Return the routes at *stance*."""
        refusals = Refusals(stance=stance, template=self.template, codes=self.codes)
        grpc = GrpcRoutes(topology=self.topology, template=self.template)
        rest = RestRoutes(topology=self.topology, body_bytes_max=self.body_bytes_max)
        routes = [*grpc.routes(self.rpcs, refusals), *rest.routes(self.rpcs, refusals)]
        host: Json = {
            "name": "node",
            "domains": ["*"],
            # How much a call matters is said by its contract, and between processes of the node.
            "request_headers_to_remove": [PRIORITY, PROBE],
            "typed_per_filter_config": {CORS: self._cors()},
            "routes": [_document(self.openapi), _preflight(), *routes, _unknown()],
        }
        return typed(
            "envoy.config.route.v3.RouteConfiguration",
            name=EDGE,
            virtual_hosts=[host],
            validate_clusters=True,
            max_direct_response_body_size_bytes=max(self.openapi.stat().st_size, 4096),
            response_headers_to_add=[_header(LEVEL_HEADER, stance.level.name)],
            metadata={"filter_metadata": {_STANCE: stance.to_json()}},
        )

    def publish(self, stance: Stance, target: Path) -> str:
        """Have Envoy follow *stance* through the file *target*, and return the version of the routes."""
        return discover(target, self.render(stance), label=f"{stance.level.name}-")

    def _cors(self) -> Json:
        origins = [{"safe_regex": {"regex": self.cors_origins}}]
        policy: Mapping[str, JsonValue] = {**self.template["cors"], "allow_origin_string_match": origins}
        return typed("envoy.extensions.filters.http.cors.v3.CorsPolicy", **policy)


def stance_in(target: Path) -> Stance:
    """Return the stance that Envoy was last told in the file *target*; that of every day if it was not."""
    try:
        (routes,) = json.loads(target.read_text())["resources"]
        return Stance.from_json(routes["metadata"]["filter_metadata"][_STANCE])
    except (OSError, ValueError, KeyError, TypeError):
        return Stance()


def _document(openapi: Path) -> Json:
    headers = {"content-type": "application/json", "access-control-allow-origin": "*"}
    return {
        "name": OPENAPI_PATH,
        "match": {"path": OPENAPI_PATH, "headers": [{"name": ":method", "string_match": {"exact": "GET"}}]},
        "direct_response": {"status": 200, "body": {"filename": str(openapi)}},
        "response_headers_to_add": [_header(name, value) for name, value in headers.items()],
    }


def _preflight() -> Json:
    asked: Sequence[Json] = [
        {"name": ":method", "string_match": {"exact": "OPTIONS"}},
        {"name": "origin", "present_match": True},
        {"name": "access-control-request-method", "present_match": True},
    ]
    # The CORS filter answers by itself; it only needs a route that is not a direct response.
    return {"name": "preflight", "match": {"prefix": "/", "headers": asked}, "route": {"cluster": SIDECAR}}


def _unknown() -> Json:
    text = f"there is nothing here; {OPENAPI_PATH} lists what there is"
    return {
        "name": "unknown",
        "match": {"prefix": "/"},
        "direct_response": {"status": 404, "body": {"inline_string": text}},
    }


def _header(name: str, value: str) -> Json:
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
