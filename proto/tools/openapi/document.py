"""Puts the document together: one operation for each way to reach an rpc."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FieldDescriptor, FileDescriptor, MethodDescriptor, ServiceDescriptor
from google.rpc import status_pb2

from openapi import errors, limits
from openapi.comments import comments, summary
from openapi.limits import Schema
from openapi.options import load, method_options
from openapi.routes import Route, RouteError, queries, routes
from openapi.schemas import Schemas

_INFO: Final[Schema] = {
    "title": "Arkalia-LUNA",
    "version": "1",
    "summary": "A local AI kernel that keeps serving and can prove what it did.",
    "description": (
        "The REST side of the gRPC contracts. Names in JSON are lowerCamelCase; 64-bit numbers and enums travel as "
        "strings.\n\nAn rpc that streams answers with one JSON object per line, or with server-sent events when the "
        "request says `accept: text/event-stream`."
    ),
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}


def document(files: Sequence[descriptor_pb2.FileDescriptorProto]) -> Schema:
    """Return the OpenAPI document of *files*, which come with comments and dependencies first.

    Raises:
        RouteError: an http rule cannot be followed, or two rpcs share a path.

    """
    own = load(files)
    return _Document(comments(files), own).make()


class _Document:
    def __init__(self, said: Mapping[str, str], files: Sequence[FileDescriptor]) -> None:
        self._said = said
        self._files = files
        self._schemas = Schemas(said)
        self._reasons = errors.reasons(files)
        self._paths: dict[str, dict[str, Schema]] = {}
        self._packages: set[str] = set()

    def make(self) -> Schema:
        services = [service for file in self._files for service in file.services_by_name.values()]
        reachable = [service for service in services if self._add(service)]
        status = self._schemas.message(status_pb2.Status.DESCRIPTOR)
        responses = {
            f"{package}.Error": errors.response(package, self._reasons, self._said, status)
            for package in sorted(self._packages)
        }
        return {
            "openapi": "3.1.0",
            "info": _INFO,
            "servers": [{"url": "/"}],
            "tags": [self._tag(service) for service in sorted(reachable, key=lambda service: service.full_name)],
            "paths": {path: self._paths[path] for path in sorted(self._paths)},
            "components": {"schemas": self._schemas.components(), "responses": responses},
        }

    def _add(self, service: ServiceDescriptor) -> bool:
        found = False
        for method in service.methods:
            for index, route in enumerate(routes(method)):
                found = True
                verbs = self._paths.setdefault(route.path, {})
                if route.verb in verbs:
                    raise RouteError(f"{method.full_name}: another rpc has {route.verb.upper()} {route.path}")
                verbs[route.verb] = self._operation(route, index)
                self._packages.add(service.file.package)
        return found

    def _tag(self, service: ServiceDescriptor) -> Schema:
        return {"name": service.full_name, "description": self._said.get(service.full_name, "")}

    def _operation(self, route: Route, index: int) -> Schema:
        method = route.method
        service = method.containing_service
        said = self._said.get(method.full_name, "")
        operation: Schema = {
            "operationId": f"{service.name}_{method.name}" + (f"_{index + 1}" if index else ""),
            "tags": [service.full_name],
            "summary": summary(said),
            "description": said,
        }
        if parameters := [*self._parameters(route.variables, "path"), *self._parameters(queries(route), "query")]:
            operation["parameters"] = parameters
        if route.body:
            operation["requestBody"] = self._body(route)
        failure = {"$ref": f"#/components/responses/{service.file.package}.Error"}
        operation["responses"] = {"200": self._response(method), "default": failure}
        return operation | _extensions(method)

    def _parameters(self, fields: Iterable[tuple[str, FieldDescriptor]], place: str) -> list[Schema]:
        return [self._parameter(name, field, place) for name, field in fields]

    def _parameter(self, name: str, field: FieldDescriptor, place: str) -> Schema:
        schema = self._schemas.field(field)
        parameter: Schema = {"name": name, "in": place}
        if description := schema.pop("description", ""):
            parameter["description"] = description
        # A field inside a message is only needed when something else of that message is given.
        if place == "path" or ("." not in name and limits.required(field)):
            parameter["required"] = True
        return parameter | {"schema": schema}

    def _body(self, route: Route) -> Schema:
        message = route.method.input_type
        if route.body == "*":
            schema = self._whole(route)
            needed = True
        else:
            field = message.fields_by_name.get(route.body)
            if field is None:
                raise RouteError(f"{route.method.full_name}: the body {route.body!r} is no field of the request")
            schema, needed = self._schemas.field(field), limits.required(field)
        return {"required": needed, "content": {"application/json": {"schema": schema}}}

    def _whole(self, route: Route) -> Schema:
        message = route.method.input_type
        if not route.variables:
            return self._schemas.message(message)
        # A field in the path may be given in the body as well only if it agrees: leave it out.
        return self._schemas.object(message, without=frozenset(name for name, _ in route.variables))

    def _response(self, method: MethodDescriptor) -> Schema:
        schema = self._schemas.message(method.output_type)
        if not method.server_streaming:
            return {"description": "The answer.", "content": {"application/json": {"schema": schema}}}
        event = {"type": "string", "description": "Server-sent events; the `data` of each is one message, as JSON."}
        return {
            "description": "A stream of messages: one JSON object per line, or server-sent events.",
            "content": {
                "application/json": {"schema": schema},
                "text/event-stream": {
                    "schema": event | {"contentMediaType": "application/json", "contentSchema": schema}
                },
            },
        }


def _extensions(method: MethodDescriptor) -> Schema:
    options = method_options(method)
    levels = descriptor_pb2.MethodOptions.IdempotencyLevel
    priorities = options.DESCRIPTOR.fields_by_name["priority"].enum_type.values_by_number
    found: Schema = {
        "x-arkalia-scope": options.scope,
        "x-arkalia-priority": priorities[options.priority].name,
        "x-arkalia-idempotency": levels.Name(method.GetOptions().idempotency_level),
    }
    if options.HasField("deadline"):
        found["x-arkalia-deadline"] = options.deadline.ToJsonString()
    if method.server_streaming:
        found["x-arkalia-streaming"] = True
    return found
