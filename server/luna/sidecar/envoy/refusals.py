"""Writes on each route what Envoy says when it turns a call away: by the level, by a rate, or because there is no room.

Envoy can add to its own answers only what is in its configuration. So the whole answer is worked out here for each
route, and `replies` puts it where the protocol of the call has it.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from google.rpc import error_details_pb2, status_pb2

from luna.kernel.times import duration
from luna.resilience.levels import Treatment
from luna.sidecar.envoy.contract import Rpc
from luna.sidecar.envoy.stance import Stance, priority_name
from luna.sidecar.envoy.template import Json, Template, typed
from luna.transport.pushback import spelled

NAMESPACE: Final = "arkalia.refusal"
"""Where the metadata of a route has what is said."""
DECIDED: Final = "decided"
"""The key of what is said to calls that the level refuses or limits."""
OVERFLOW: Final = "overflow"
"""The key of what is said when the process has no room."""

FAULT: Final = "envoy.filters.http.fault"
"""Refuses every call of a route."""
RATE: Final = "envoy.filters.http.local_ratelimit"
"""Refuses the calls of a route beyond a rate."""

_DOMAIN: Final = "request.arkalia.dev"
_DEGRADED: Final = "REQUEST_ERROR_REASON_DEGRADED"
_OVERLOADED: Final = "REQUEST_ERROR_REASON_OVERLOADED"
_ALL: Final[Json] = {"default_value": {"numerator": 100}}
NO_FAULT: Final = typed("envoy.extensions.filters.http.fault.v3.HTTPFault")
NO_RATE: Final = typed("envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit", stat_prefix="limited")
_ON: Final = typed("envoy.config.route.v3.FilterConfig", config={})
_REFUSE: Final = typed(
    "envoy.extensions.filters.http.fault.v3.HTTPFault",
    abort={"http_status": 503, "percentage": {"numerator": 100}},
    disable_downstream_cluster_stats=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRoute:
    """What a route has of refusals: the words, and the filters that it turns on."""

    metadata: Json
    filters: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """What is said at one stance."""

    stance: Stance
    template: Template
    codes: Mapping[str, int]

    def grpc(self, rpc: Rpc, *, process: str, requests_max: int) -> OnRoute:
        """Return what the route of the gRPC calls of *rpc* has of it."""
        treated = self.stance.treats(rpc)
        overflow = self._overflow(rpc, process=process, limit=requests_max)
        filters = {Treatment.REFUSED: {FAULT: _REFUSE}, Treatment.LIMITED: {RATE: self._rate()}}.get(treated, {})
        return OnRoute(metadata=self._metadata({OVERFLOW: overflow, **self._decided(rpc, treated)}), filters=filters)

    def rest(self, rpc: Rpc) -> OnRoute:
        """Return what a route of the REST calls of *rpc* has of it. Those that it lets pass become gRPC calls."""
        treated = self.stance.treats(rpc)
        # The filter for rates counts when it is known which rpc is called. Whether it is there is decided before.
        filters = {Treatment.REFUSED: {FAULT: _REFUSE}, Treatment.LIMITED: {RATE: _ON}}.get(treated, {})
        return OnRoute(metadata=self._metadata(self._decided(rpc, treated)), filters=filters)

    def _metadata(self, said: Mapping[str, Json]) -> Json:
        return {"filter_metadata": {NAMESPACE: {"level": self.stance.level.name, **said}}}

    def _decided(self, rpc: Rpc, treated: Treatment) -> Mapping[str, Json]:
        level, priority = self.stance.level.name, priority_name(rpc)
        if treated is Treatment.FULL:
            return {}
        if treated is Treatment.LIMITED:
            facts = {"level": level, "priority": priority, "limit": f"{self.template.number('limited', 'burst'):.0f}"}
            why = f"at level {level} the node limits work of priority {priority}, and there is too much of it"
            return {DECIDED: self._said(_OVERLOADED, why, facts, kind="limited")}
        why = f"at level {level} the node does no work of priority {priority}"
        if rpc.service in self.stance.suspended:
            why = f"at level {level} {rpc.service} is suspended; the priority of this call is {priority}"
        return {DECIDED: self._said(_DEGRADED, why, {"level": level, "priority": priority}, kind="refused")}

    def _overflow(self, rpc: Rpc, *, process: str, limit: int) -> Json:
        why = f"{process} has as many calls as it can answer in time"
        facts = {"priority": priority_name(rpc), "limit": str(limit)}
        return self._said(_OVERLOADED, why, facts, kind="overflow")

    def _said(self, reason: str, why: str, facts: Mapping[str, str], *, kind: str) -> Json:
        delay = self.template.number(kind, "retry_seconds")
        message = f"{why}; try again in {delay:g} s"
        status = status_pb2.Status(code=self.codes[reason], message=message)
        status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, domain=_DOMAIN, metadata=facts))
        retry = error_details_pb2.RetryInfo(retry_delay=duration(delay))
        status.details.add().Pack(retry)
        return {
            "status": str(status.code),
            "code": status.code,
            "message": message,
            "details": b64encode(status.SerializeToString(deterministic=True)).decode().rstrip("="),
            "error": typed("google.rpc.ErrorInfo", reason=reason, domain=_DOMAIN, metadata=facts),
            "delay": retry.retry_delay.ToJsonString(),
            "retry_after": str(max(1, round(delay))),
            "pushback": spelled(delay),
        }

    def _rate(self) -> Json:
        number = self.template.number
        bucket: Json = {
            "max_tokens": int(number("limited", "burst")),
            "tokens_per_fill": int(number("limited", "calls")),
            "fill_interval": f"{number('limited', 'every_seconds'):g}s",
        }
        return typed(
            "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
            stat_prefix="limited",
            token_bucket=bucket,
            filter_enabled=_ALL,
            filter_enforced=_ALL,
            rate_limited_as_resource_exhausted=True,
        )
