"""Reads the `google.api.http` rules of rpcs: which path, and which field travels where."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from google.api import annotations_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

from openapi.schemas import WELL_KNOWN

_VARIABLE: Final = re.compile(r"\{([^}=]+)(?:=([^}]*))?\}")
_VERBS: Final = ("get", "put", "post", "delete", "patch")
_DEPTH_MAX: Final = 5


class RouteError(Exception):
    """An http rule cannot be said in OpenAPI, or names a field that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way to reach an rpc over REST."""

    verb: str
    path: str
    body: str
    """The field that is the request's body; `*` for what is not in the path; empty for none."""
    variables: tuple[tuple[str, FieldDescriptor], ...]
    """The fields in the path, by the name that the path has for them."""
    method: MethodDescriptor


def routes(method: MethodDescriptor) -> Iterator[Route]:
    """Yield the ways to reach *method*, the principal one first.

    Raises:
        RouteError: the rule cannot be followed.

    """
    options = method.GetOptions()
    if not options.HasExtension(annotations_pb2.http):
        return
    rule = options.Extensions[annotations_pb2.http]
    for binding in (rule, *rule.additional_bindings):
        yield _route(method, binding)


def queries(route: Route) -> Iterator[tuple[str, FieldDescriptor]]:
    """Yield the fields that travel in the query, by their dotted names."""
    if route.body != "*":
        taken = {name for name, _ in route.variables} | {route.body}
        yield from _leaves(route.method.input_type, (), (), taken)


def _route(method: MethodDescriptor, binding: Any) -> Route:
    pattern = binding.WhichOneof("pattern")
    verb, path = (
        (binding.custom.kind.lower(), binding.custom.path)
        if pattern == "custom"
        else (pattern, getattr(binding, pattern))
    )
    if verb not in _VERBS:
        raise RouteError(f"{method.full_name}: OpenAPI has no place for {verb!r}")
    bare = _VARIABLE.sub(r"{\1}", path)
    if "*" in bare:
        raise RouteError(f"{method.full_name}: {path} has a wildcard without a name")
    variables = tuple((found[1], _find(method, found[1])) for found in _VARIABLE.finditer(path))
    return Route(verb=verb, path=bare, body=binding.body, variables=variables, method=method)


def _find(method: MethodDescriptor, dotted: str) -> FieldDescriptor:
    message: Descriptor | None = method.input_type
    field: FieldDescriptor | None = None
    for name in dotted.split("."):
        field = message.fields_by_name.get(name) if message is not None else None
        if field is None:
            raise RouteError(f"{method.full_name}: the path names {dotted!r}, which the request does not have")
        message = field.message_type
    if field is None or field.is_repeated:
        raise RouteError(f"{method.full_name}: {dotted!r} cannot be part of a path")
    return field


def _leaves(
    message: Descriptor, names: tuple[str, ...], shown: tuple[str, ...], taken: set[str]
) -> Iterator[tuple[str, FieldDescriptor]]:
    for field in message.fields:
        path, json = (*names, field.name), (*shown, field.json_name)
        if ".".join(path) in taken or len(path) > _DEPTH_MAX:
            continue
        nested = field.message_type
        if nested is None or (nested.full_name in WELL_KNOWN and not field.is_repeated):
            yield ".".join(json), field
        elif not field.is_repeated:
            yield from _leaves(nested, path, json, taken)
