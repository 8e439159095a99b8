#!/usr/bin/env python3
"""Generates `openapi.json` from the contracts: a plugin of protoc, called `protoc-gen-openapi`."""

import json
import sys

from google.protobuf.compiler import plugin_pb2

from openapi.document import document
from openapi.routes import RouteError


def respond(request: plugin_pb2.CodeGeneratorRequest) -> plugin_pb2.CodeGeneratorResponse:
    """Answer protoc with the document, or with what is wrong in an http rule."""
    features = plugin_pb2.CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    response = plugin_pb2.CodeGeneratorResponse(supported_features=features)
    try:
        made = document(request.proto_file)
    except RouteError as error:
        response.error = str(error)
        return response
    response.file.add(name="openapi.json", content=json.dumps(made, indent=2, ensure_ascii=False) + "\n")
    return response


def main() -> None:
    """Speak protoc's protocol on standard input and output."""
    request = plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    sys.stdout.buffer.write(respond(request).SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
