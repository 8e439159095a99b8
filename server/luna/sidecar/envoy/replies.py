"""Shapes what Envoy answers by itself like any other error of the node."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from luna.sidecar.envoy.refusals import DECIDED, NAMESPACE, OVERFLOW
from luna.sidecar.envoy.template import Json, Template, typed

DOMAIN: Final = "mesh.arkalia.dev"
METADATA: Final = "arkalia.mesh"
"""Where the Lua filter leaves the reason of its refusal."""

_LUA_REASONS: Final = (
    "MESH_ERROR_REASON_UNKNOWN_FIELD",
    "MESH_ERROR_REASON_MALFORMED",
    "MESH_ERROR_REASON_TOO_LARGE",
    "MESH_ERROR_REASON_CONTENT_TYPE",
)
_ABOUT_A_FIELD: Final = _LUA_REASONS[:2]
_NOT_GRPC: Final[Json] = {
    "header_filter": {
        "header": {
            "name": "content-type",
            "string_match": {"prefix": "application/grpc"},
            "invert_match": True,
            "treat_missing_header_as_empty": True,
        }
    }
}
_TRANSCODED: Final[Json] = {"header_filter": {"header": {"name": "x-envoy-original-method", "present_match": True}}}
_WEB: Final[Json] = {"header_filter": {"header": {"name": "x-grpc-web", "present_match": True}}}
"""The filter for gRPC-Web has rewritten the content type by then; this header is what its clients add."""
_HTTP_STATUS: Final = {OVERFLOW: {"status_code": 429}}
_REST: Final[Json] = {"or_filter": {"filters": [_TRANSCODED, _NOT_GRPC]}}


def local_replies(template: Template, codes: Mapping[str, int]) -> Json:
    """Return the mappers that turn Envoy's own answers to REST calls into a ``google.rpc.Status``.

    Answers to gRPC calls have the text as the message of the status. Those that `refusals` has worked out have
    everything else of a status, too.
    """
    worked_out = [mapper for kind in (DECIDED, OVERFLOW) for mapper in _worked_out(kind)]
    refused = [
        _mapper([_left_by_lua(reason)], _status(reason, codes, field=reason in _ABOUT_A_FIELD))
        for reason in _LUA_REASONS
    ]
    answered = [
        _mapper([_http_status(int(status)), _REST], _status(str(reason), codes, field=False))
        for status, reason in template["replies"].items()
    ]
    return {"mappers": [*worked_out, *refused, *answered]}


def _worked_out(kind: str) -> Iterator[Json]:
    """Yield the mappers for refusals of one *kind*, for REST, gRPC-Web and gRPC."""

    def said(part: str) -> str:
        return f"%METADATA(ROUTE:{NAMESPACE}:{kind}:{part})%"

    which = _WHICH[kind]
    headers = {
        "x-arkalia-degradation": f"%METADATA(ROUTE:{NAMESPACE}:level)%",
        # No Envoy on the way tries again.
        "x-envoy-ratelimited": "true",
        "retry-after": said("retry_after"),
        **({"x-envoy-overloaded": "true"} if kind == OVERFLOW else {}),
    }
    rpc = {"grpc-status": said("status"), "grpc-status-details-bin": said("details")}
    rpc["grpc-retry-pushback-ms"] = said("pushback")
    retry = typed("google.rpc.RetryInfo", retryDelay=said("delay"))
    status: Json = {"code": said("code"), "message": said("message"), "details": [said("error"), retry]}
    yield {**_mapper([which, _REST], status), **_HTTP_STATUS.get(kind, {}), "headers_to_add": _headers(headers)}
    # With a body, the filter for gRPC-Web would take it for the message, and the HTTP status for the code.
    web = {**headers, **rpc, "grpc-message": said("message")}
    yield {"filter": _all([which, _WEB]), "status_code": 200, "headers_to_add": _headers(web), **_text("")}
    yield {"filter": which, "headers_to_add": _headers({**headers, **rpc}), **_text(said("message"))}


def _headers(headers: Mapping[str, str]) -> Sequence[Json]:
    return [
        {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
        for key, value in headers.items()
    ]


def _text(text: str) -> Json:
    # Envoy takes no empty text, but one that comes to nothing.
    source = text or "%DYNAMIC_METADATA(nothing)%"
    return {"body_format_override": {"text_format_source": {"inline_string": source}, "omit_empty_values": True}}


def _mapper(filters: Sequence[Json], status: Json) -> Json:
    body: Json = {"json_format": status, "content_type": "application/json"}
    return {"filter": _all(filters), "body_format_override": body}


def _all(filters: Sequence[Json]) -> Json:
    return filters[0] if len(filters) == 1 else {"and_filter": {"filters": filters}}


def _left_by_lua(reason: str) -> Json:
    matcher: Json = {"filter": METADATA, "path": [{"key": "reason"}], "value": {"string_match": {"exact": reason}}}
    return {"metadata_filter": {"matcher": matcher, "match_if_key_not_found": False}}


def _http_status(status: int) -> Json:
    value: Json = {"default_value": status, "runtime_key": f"mesh.reply_{status}"}
    return {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}}


def _status(reason: str, codes: Mapping[str, int], *, field: bool) -> Json:
    metadata = {"field": f"%DYNAMIC_METADATA({METADATA}:field)%"} if field else {}
    detail = typed("google.rpc.ErrorInfo", reason=reason, domain=DOMAIN, metadata=metadata)
    return {"code": codes[reason], "message": "%LOCAL_REPLY_BODY%", "details": [detail]}


def _flag(flag: str) -> Json:
    return {"response_flag_filter": {"flags": [flag]}}


_WHICH: Final[Mapping[str, Json]] = {
    # By the filter for faults; and by that for rates, which has not set its flag yet.
    DECIDED: {"or_filter": {"filters": [_flag("FI"), _http_status(429)]}},
    # By a cluster without room.
    OVERFLOW: _flag("UO"),
}
