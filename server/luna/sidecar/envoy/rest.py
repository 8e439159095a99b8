"""Routes REST calls up to the transcoder, which turns them into gRPC calls and routes them again."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from luna.sidecar.envoy.contract import Binding, Rpc
from luna.sidecar.envoy.refusals import Refusals
from luna.sidecar.envoy.routes import cluster_of
from luna.sidecar.envoy.template import Json, typed
from luna.sidecar.envoy.transcoder import EVENTS, STRICT_JSON, TRANSCODER
from luna.topology import Topology

_ON: Final = typed("envoy.config.route.v3.FilterConfig", config={})
_EVENT_STREAM: Final[Json] = {"name": "accept", "string_match": {"contains": "text/event-stream"}}
_PART: Final = re.compile(r"\{[^=}]+(?:=(?P<inner>[^}]*))?\}|(?P<deep>\*\*)|(?P<one>\*)|(?P<text>[^{*]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RestRoutes:
    """What routes of REST calls are made of."""

    topology: Topology
    body_bytes_max: int

    def routes(self, rpcs: Sequence[Rpc], refusals: Refusals) -> Iterator[Json]:
        """Yield the routes of all bindings: streams of events, then paths without variables, then the others."""
        bound = [(rpc, binding) for rpc in rpcs for binding in rpc.bindings]
        bound.sort(key=lambda pair: "{" in pair[1].template)
        for rpc, binding in bound:
            if rpc.server_streaming:
                yield self._route(rpc, binding, refusals, events=True)
        for rpc, binding in bound:
            yield self._route(rpc, binding, refusals, events=False)

    def _route(self, rpc: Rpc, binding: Binding, refusals: Refusals, *, events: bool) -> Json:
        verb: Json = {"name": ":method", "string_match": {"exact": binding.verb}}
        refusal = refusals.rest(rpc)
        transcoding = {EVENTS if events else TRANSCODER: _ON, **self._strict(binding)}
        return {
            "name": f"{binding.verb} {binding.template}{' as events' if events else ''}",
            "match": {**path_match(binding.template), "headers": [verb, _EVENT_STREAM] if events else [verb]},
            "route": {"cluster": cluster_of(rpc, self.topology), "timeout": "0s", **_idle(rpc)},
            "request_body_buffer_limit": self.body_bytes_max,
            "typed_per_filter_config": {**transcoding, **refusal.filters},
            "metadata": refusal.metadata,
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
