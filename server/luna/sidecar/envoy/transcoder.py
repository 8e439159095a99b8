"""Describes the filters that make gRPC calls of REST calls."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from luna.sidecar.envoy.contract import Contract
from luna.sidecar.envoy.strict import tables
from luna.sidecar.envoy.template import Json, Template, typed

STRICT_JSON: Final = "envoy.filters.http.lua"
TRANSCODER: Final = "envoy.filters.http.grpc_json_transcoder"
EVENTS: Final = f"{TRANSCODER}.events"
"""The transcoder for who asks for a stream of events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcoding:
    """What makes gRPC calls of REST calls. All of it is off unless a route turns it on; a gRPC call never meets it."""

    contract: Contract
    template: Template
    body_bytes_max: int

    def filters(self, services: Sequence[str]) -> Sequence[Json]:
        """Return the filters for the rpcs of *services*, in their order."""
        source: Json = {"inline_string": tables(self.contract) + self.template.strict_json}
        lua = typed("envoy.extensions.filters.http.lua.v3.Lua", default_source_code=source)
        image = b64encode(self.contract.stripped()).decode()
        return [
            {"name": STRICT_JSON, "disabled": True, "typed_config": lua},
            {"name": TRANSCODER, "disabled": True, "typed_config": self._transcoder(image, services, events=False)},
            {"name": EVENTS, "disabled": True, "typed_config": self._transcoder(image, services, events=True)},
        ]

    def _transcoder(self, image: str, services: Sequence[str], *, events: bool) -> Json:
        streams = "stream_sse_style_delimited" if events else "stream_newline_delimited"
        return typed(
            "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
            proto_descriptor_bin=image,
            services=list(services),
            print_options={"always_print_primitive_fields": True, streams: True},
            max_request_body_size=self.body_bytes_max,
            max_response_body_size=2 * self.body_bytes_max,
            **self.template["transcoder"],
        )
