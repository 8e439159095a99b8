"""Routes REST calls up to the transcoder, which turns them into gRPC calls and routes them again."""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from luna.sidecar.envoy.contract import Binding, Contract, Rpc
from luna.sidecar.envoy.routes import cluster_of
from luna.sidecar.envoy.template import Json, Template, typed
from luna.topology import Topology

TRANSCODER: Final = "envoy.filters.http.grpc_json_transcoder"
STRICT_JSON: Final = "envoy.filters.http.lua"

_ON: Final = typed("envoy.config.route.v3.FilterConfig", config={})
_EVENT_STREAM: Final[Json] = {"name": "accept", "string_match": {"contains": "text/event-stream"}}
_PART: Final = re.compile(r"\{[^=}]+(?:=(?P<inner>[^}]*))?\}|(?P<deep>\*\*)|(?P<one>\*)|(?P<text>[^{*]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """What REST routes are made of."""

    contract: Contract
    topology: Topology
    template: Template
    body_bytes_max: int

    def routes(self, rpcs: Sequence[Rpc]) -> Iterator[Json]:
        """Yield the routes of all bindings: streams of events, then paths without variables, then the others."""
        bound = [(rpc, binding) for rpc in rpcs for binding in rpc.bindings]
        yield from self._event_routes([pair for pair in bound if pair[0].server_streaming])
        for rpc, binding in sorted(bound, key=lambda pair: "{" in pair[1].template):
            filters = {TRANSCODER: _ON, **self._strict(binding)}
            yield self._route(rpc, binding, match=path_match(binding.template), filters=filters)

    def transcoder(self, services: Sequence[str], *, events: bool = False) -> Json:
        """Return the transcoder for *services*: streams as lines of JSON, or as server-sent events."""
        streams = "stream_sse_style_delimited" if events else "stream_newline_delimited"
        return typed(
            "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
            proto_descriptor_bin=base64_of(self.contract.stripped()),
            services=list(services),
            print_options={"always_print_primitive_fields": True, streams: True},
            max_request_body_size=self.body_bytes_max,
            max_response_body_size=2 * self.body_bytes_max,
            **self.template["transcoder"],
        )

    def _event_routes(self, bound: Sequence[tuple[Rpc, Binding]]) -> Iterator[Json]:
        # Whoever asks for an event stream needs a transcoder of its own, which holds all contracts once more: so paths
        # that differ in nothing else share one route.
        groups: dict[tuple[str, str, str], list[tuple[Rpc, Binding]]] = {}
        for rpc, binding in bound:
            groups.setdefault((binding.verb, binding.body, binding.body_message), []).append((rpc, binding))
        for group in groups.values():
            rpc, binding = group[0]
            paths = "|".join(_regex(binding.template) for _, binding in group)
            services = sorted({rpc.service for rpc, _ in group})
            filters = {TRANSCODER: self.transcoder(services, events=True), **self._strict(binding)}
            yield self._route(rpc, binding, match={"safe_regex": {"regex": paths}}, filters=filters, events=True)

    def _route(self, rpc: Rpc, binding: Binding, *, match: Json, filters: Json, events: bool = False) -> Json:
        verb: Json = {"name": ":method", "string_match": {"exact": binding.verb}}
        return {
            "name": f"{binding.verb} {'events' if events else binding.template}",
            "match": {**match, "headers": [verb, _EVENT_STREAM] if events else [verb]},
            "route": {"cluster": cluster_of(rpc.module, self.topology), "timeout": "0s", **_idle(rpc)},
            "request_body_buffer_limit": self.body_bytes_max,
            "typed_per_filter_config": filters,
        }

    def _strict(self, binding: Binding) -> Json:
        if not binding.body:
            return {}
        context: Json = {"message": binding.body_message, "limit": self.body_bytes_max}
        return {STRICT_JSON: typed("envoy.extensions.filters.http.lua.v3.LuaPerRoute", filter_context=context)}


def path_match(template: str) -> Json:
    """Return the Envoy match for a path of ``google.api.http``."""
    if "{" not in template and "*" not in template:
        return {"path": template}
    return {"safe_regex": {"regex": _regex(template)}}


def base64_of(octets: bytes) -> str:
    """Return *octets* as JSON carries them."""
    return b64encode(octets).decode()


def _regex(template: str) -> str:
    return "".join(_part(match) for match in _PART.finditer(template))


def _part(match: re.Match[str]) -> str:
    if text := match["text"]:
        return re.escape(text)
    if inner := match["inner"]:
        return _regex(inner)
    return ".+" if match["deep"] else "[^/]+"


def _idle(rpc: Rpc) -> Json:
    return {} if rpc.unary else {"idle_timeout": "0s"}
