"""Describes messages and enums as JSON Schema, in the shape that the JSON mapping of protobuf gives them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, OneofDescriptor

from openapi import limits
from openapi.limits import Schema

_SIGNED: Final = r"^-?[0-9]+$"
_UNSIGNED: Final = "^[0-9]+$"
_DURATION: Final = r"^-?[0-9]+(\.[0-9]{1,9})?s$"

_SCALARS: Final[Mapping[int, Schema]] = {
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    FieldDescriptor.TYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.TYPE_FIXED32: {"type": "integer", "format": "uint32", "minimum": 0},
    FieldDescriptor.TYPE_FIXED64: {"type": "string", "format": "uint64", "pattern": _UNSIGNED},
    FieldDescriptor.TYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.TYPE_INT64: {"type": "string", "format": "int64", "pattern": _SIGNED},
    FieldDescriptor.TYPE_SFIXED32: {"type": "integer", "format": "int32"},
    FieldDescriptor.TYPE_SFIXED64: {"type": "string", "format": "int64", "pattern": _SIGNED},
    FieldDescriptor.TYPE_SINT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.TYPE_SINT64: {"type": "string", "format": "int64", "pattern": _SIGNED},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_UINT32: {"type": "integer", "format": "uint32", "minimum": 0},
    FieldDescriptor.TYPE_UINT64: {"type": "string", "format": "uint64", "pattern": _UNSIGNED},
}
_ANY: Final[Schema] = {
    "type": "object",
    "properties": {"@type": {"type": "string", "description": "The type of the message that the other fields make."}},
    "required": ["@type"],
    "additionalProperties": True,
}
WELL_KNOWN: Final[Mapping[str, Schema]] = {
    "google.protobuf.Any": _ANY,
    "google.protobuf.BoolValue": {"type": ["boolean", "null"]},
    "google.protobuf.BytesValue": {"type": ["string", "null"], "contentEncoding": "base64"},
    "google.protobuf.DoubleValue": {"type": ["number", "null"]},
    "google.protobuf.Duration": {"type": "string", "pattern": _DURATION, "examples": ["1.5s"]},
    "google.protobuf.Empty": {"type": "object", "maxProperties": 0},
    "google.protobuf.FieldMask": {"type": "string", "examples": ["name,policy.maxDeliveries"]},
    "google.protobuf.FloatValue": {"type": ["number", "null"]},
    "google.protobuf.Int32Value": {"type": ["integer", "null"]},
    "google.protobuf.Int64Value": {"type": ["string", "null"], "pattern": _SIGNED},
    "google.protobuf.ListValue": {"type": "array", "items": True},
    "google.protobuf.StringValue": {"type": ["string", "null"]},
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.UInt32Value": {"type": ["integer", "null"], "minimum": 0},
    "google.protobuf.UInt64Value": {"type": ["string", "null"], "pattern": _UNSIGNED},
    "google.protobuf.Value": {},
}


class Schemas:
    """The schemas that a document refers to, made as they are first asked for."""

    def __init__(self, comments: Mapping[str, str]) -> None:
        self._comments = comments
        self._made: dict[str, Schema] = {}

    def components(self) -> dict[str, Schema]:
        """Return every schema made so far, by name."""
        return dict(sorted(self._made.items()))

    def message(self, message: Descriptor) -> Schema:
        """Return the schema of *message*: a reference, unless it is one of the well-known types."""
        if message.full_name in WELL_KNOWN:
            return dict(WELL_KNOWN[message.full_name])
        return self._reference(message.full_name, lambda: self.object(message))

    def object(self, message: Descriptor, *, without: frozenset[str] = frozenset()) -> Schema:
        """Return the fields of *message* as an object, leaving out those that travel elsewhere."""
        fields = [field for field in message.fields if field.name not in without]
        schema: Schema = {"type": "object"}
        said = [self._comments.get(message.full_name, ""), *_sentences(limits.message_rules(message))]
        if description := "\n\n".join(filter(None, said)):
            schema["description"] = description
        schema["properties"] = {field.json_name: self.field(field) for field in fields}
        if needed := [field.json_name for field in fields if limits.required(field)]:
            schema["required"] = needed
        if choices := [_choice(oneof) for oneof in message.oneofs if _is_real(oneof)]:
            schema["allOf"] = choices
        return schema

    def field(self, field: FieldDescriptor) -> Schema:
        """Return the schema of one field, with its limits and what the contract says about it."""
        if _is_map(field):
            schema, said = self._map(field)
        elif field.is_repeated:
            schema, said = self._list(field)
        else:
            schema, said = self._value(field, limits.rules(field))
        text = "\n\n".join(filter(None, [self._comments.get(field.full_name, ""), *_sentences(said)]))
        return {**schema, "description": text} if text else schema

    def _list(self, field: FieldDescriptor) -> tuple[Schema, list[str]]:
        items, said = self._value(field, limits.rules(field).repeated.items)  # type: ignore[attr-defined]
        schema: Schema = {"type": "array", "items": items}
        limits.repeated(field, schema)
        return schema, said

    def _map(self, field: FieldDescriptor) -> tuple[Schema, list[str]]:
        entry: Any = field.message_type
        values, said = self._value(entry.fields_by_name["value"], limits.rules(field).map.values)  # type: ignore[attr-defined]
        schema: Schema = {"type": "object", "additionalProperties": values}
        limits.mapped(field, schema)
        return schema, said

    def _value(self, field: FieldDescriptor, rules: limits.Rules) -> tuple[Schema, list[str]]:
        if field.message_type is not None:
            schema = self.message(field.message_type)
        elif field.enum_type is not None:
            enum = field.enum_type
            schema = self._reference(enum.full_name, lambda: self._enum(enum))
        else:
            schema = dict(_SCALARS[field.type])
        said = limits.single(rules, schema, field.enum_type)
        if schema.get("type") == "number" and not limits.finite(rules):
            schema = {"anyOf": [schema, {"enum": ["NaN", "Infinity", "-Infinity"]}]}
        return schema, said

    def _enum(self, enum: EnumDescriptor) -> Schema:
        lines = [self._comments.get(enum.full_name, ""), ""]
        for value in enum.values:
            text = self._comments.get(f"{enum.full_name}.{value.name}", "").replace("\n", " ")
            lines.append(f"* `{value.name}`: {text}")
        names = [value.name for value in enum.values]
        return {"type": "string", "description": "\n".join(lines).strip(), "enum": names}

    def _reference(self, name: str, make: Callable[[], Schema]) -> Schema:
        if name not in self._made:
            self._made[name] = {}  # a message may contain itself
            self._made[name] = make()
        return {"$ref": f"#/components/schemas/{name}"}


def _choice(oneof: OneofDescriptor) -> Schema:
    """Say that at most one field of *oneof* is set, or exactly one where the contract asks for it."""
    names = [field.json_name for field in oneof.fields]
    options: list[Schema] = [{"required": [name]} for name in names]
    if not limits.oneof_required(oneof):
        options.append({"not": {"anyOf": [{"required": [name]} for name in names]}})
    return {"oneOf": options}


def _sentences(rules: list[str]) -> list[str]:
    return [f"{rule[:1].upper()}{rule[1:].rstrip('.')}." for rule in rules]


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def _is_real(oneof: OneofDescriptor) -> bool:
    # An `optional` field is a oneof of its own, under a name that starts with an underscore.
    return not (len(oneof.fields) == 1 and oneof.name == f"_{oneof.fields[0].name}")
