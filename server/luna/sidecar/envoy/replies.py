"""Shapes what Envoy answers by itself like any other error of the node."""

from collections.abc import Mapping, Sequence
from typing import Final

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
_REST: Final[Json] = {"or_filter": {"filters": [_TRANSCODED, _NOT_GRPC]}}


def local_replies(template: Template, codes: Mapping[str, int]) -> Json:
    """Return the mappers that turn Envoy's own answers to REST calls into a ``google.rpc.Status``.

    gRPC calls are left alone: there the text becomes the message of the status.
    """
    refused = [
        _mapper([_left_by_lua(reason)], _status(reason, codes, field=reason in _ABOUT_A_FIELD))
        for reason in _LUA_REASONS
    ]
    answered = [
        _mapper([_http_status(int(status)), _REST], _status(str(reason), codes, field=False))
        for status, reason in template["replies"].items()
    ]
    return {"mappers": [*refused, *answered]}


def _mapper(filters: Sequence[Json], status: Json) -> Json:
    chosen = filters[0] if len(filters) == 1 else {"and_filter": {"filters": filters}}
    return {"filter": chosen, "body_format_override": {"json_format": status, "content_type": "application/json"}}


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
