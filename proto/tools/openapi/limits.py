"""Says the validator's rules in the words of JSON Schema."""

import re
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, OneofDescriptor
from google.protobuf.message import Message

import validate_shim

Schema = dict[str, object]
Rules = Message

# The shim makes its names at run time, where type checkers do not see them.
_RULES: Any = validate_shim
_IGNORE_IF_ZERO: Final = _RULES.Ignore.Value("IGNORE_IF_ZERO_VALUE")
_IGNORE_ALWAYS: Final = _RULES.Ignore.Value("IGNORE_ALWAYS")
_FORMATS: Final = {
    "email": "email",
    "hostname": "hostname",
    "ipv4": "ipv4",
    "ipv6": "ipv6",
    "uri": "uri",
    "uri_ref": "uri-reference",
    "uuid": "uuid",
}
_NUMBERS: Final = frozenset(
    [
        "double",
        "float",
        "int32",
        "int64",
        "uint32",
        "uint64",
        "sint32",
        "sint64",
        "fixed32",
        "fixed64",
        "sfixed32",
        "sfixed64",
    ],
)
_BOUNDS: Final = {
    "gte": ("minimum", "at least"),
    "gt": ("exclusiveMinimum", "more than"),
    "lte": ("maximum", "at most"),
    "lt": ("exclusiveMaximum", "less than"),
}


def rules(field: FieldDescriptor) -> Message:
    """Return the rules of *field*; an empty message when it has none, or when they are switched off."""
    found: Message = field.GetOptions().Extensions[_RULES.field]
    return type(found)() if _get(found, "ignore") == _IGNORE_ALWAYS else found


def message_rules(message: Descriptor) -> list[str]:
    """Return what the rules that span fields of *message* ask for, in words."""
    found = message.GetOptions().Extensions[_RULES.message]
    return [_words(rule) for rule in found.cel]


def oneof_required(oneof: OneofDescriptor) -> bool:
    """Tell whether one of the fields of *oneof* must be set."""
    return bool(oneof.GetOptions().Extensions[_RULES.oneof].required)


def required(field: FieldDescriptor) -> bool:
    """Tell whether a message without *field* is refused."""
    found = rules(field)
    if _get(found, "required"):
        return True
    kind = _kind(found)
    if field.has_presence or kind is None or _get(found, "ignore") == _IGNORE_IF_ZERO:
        return False
    return _refuses_zero(kind)


def repeated(field: FieldDescriptor, schema: Schema) -> None:
    """Add the limits of a list to *schema*."""
    kind = _get(rules(field), "repeated")
    if _set(kind, "min_items") and _get(rules(field), "ignore") != _IGNORE_IF_ZERO:
        schema["minItems"] = kind.min_items
    if _set(kind, "max_items"):
        schema["maxItems"] = kind.max_items
    if kind.unique:
        schema["uniqueItems"] = True


def mapped(field: FieldDescriptor, schema: Schema) -> None:
    """Add the limits of a map to *schema*."""
    kind = _get(rules(field), "map")
    if _set(kind, "min_pairs"):
        schema["minProperties"] = kind.min_pairs
    if _set(kind, "max_pairs"):
        schema["maxProperties"] = kind.max_pairs
    names: Schema = {}
    single(kind.keys, names)
    if names:
        schema["propertyNames"] = names


def single(found: Message, schema: Schema, enum: EnumDescriptor | None = None) -> list[str]:
    """Add the limits of one value to *schema*, and return those that JSON Schema has no words for."""
    zero = _get(found, "ignore") == _IGNORE_IF_ZERO
    name, kind = found.WhichOneof("type"), _kind(found)
    said = [_words(rule) for rule in _get(found, "cel")]
    if name == "string":
        _string(kind, schema, zero=zero)
    elif name == "bytes":
        _bytes(kind, schema)
    elif name == "enum" and enum is not None:
        _enum(kind, schema, enum)
    elif name in _NUMBERS and schema.get("type") != "string":
        _number(kind, schema, zero=zero)
    elif kind is not None:
        said += _bounds_in_words(kind)
    return said


def finite(found: Message) -> bool:
    """Tell whether rules of a floating-point number keep NaN and infinity out."""
    kind = _kind(found)
    if kind is None or found.WhichOneof("type") not in {"double", "float"}:
        return False
    return bool(kind.finite) or (bool(kind.WhichOneof("greater_than")) and bool(kind.WhichOneof("less_than")))


def _string(kind: Any, schema: Schema, *, zero: bool) -> None:
    least = kind.len if _set(kind, "len") else kind.min_len
    if least and not zero:
        schema["minLength"] = least
    if _set(kind, "len") or _set(kind, "max_len"):
        schema["maxLength"] = kind.len if _set(kind, "len") else kind.max_len
    elif _set(kind, "max_bytes"):
        schema["maxLength"] = kind.max_bytes
    pattern = kind.pattern or _affixes(kind)
    if pattern:
        # A value left out arrives as an empty string, which such a rule lets pass.
        schema["pattern"] = f"^$|(?:{pattern})" if zero else pattern
    if form := _FORMATS.get(kind.WhichOneof("well_known") or ""):
        schema["format"] = form
    _choices(kind, schema)


def _affixes(kind: Any) -> str:
    start = f"^{re.escape(kind.prefix)}" if kind.prefix else ""
    end = f"{re.escape(kind.suffix)}$" if kind.suffix else ""
    return f"{start}.*{end}" if start and end else start or end


def _bytes(kind: Any, schema: Schema) -> None:
    if _set(kind, "max_len"):
        # Four characters of base64 carry three bytes.
        schema["maxLength"] = -(-kind.max_len // 3) * 4
    if kind.min_len:
        schema["minLength"] = -(-kind.min_len * 4 // 3)


def _enum(kind: Any, schema: Schema, enum: EnumDescriptor) -> None:
    names = enum.values_by_number
    if _get(kind, "in"):
        schema["enum"] = [names[number].name for number in _get(kind, "in")]
    if kind.not_in:
        schema["not"] = {"enum": [names[number].name for number in kind.not_in if number in names]}


def _number(kind: Any, schema: Schema, *, zero: bool) -> None:
    for rule, (word, _) in _BOUNDS.items():
        if _set(kind, rule):
            schema[word] = getattr(kind, rule)
    if zero and "minimum" in schema:
        schema["minimum"] = min(0, kind.gte)
    _choices(kind, schema)


def _choices(kind: Any, schema: Schema) -> None:
    if _set(kind, "const"):
        schema["const"] = kind.const
    if _get(kind, "in"):
        schema["enum"] = list(_get(kind, "in"))
    if kind.not_in:
        schema["not"] = {"enum": list(kind.not_in)}


def _bounds_in_words(kind: Any) -> list[str]:
    said = [f"{word} {_value(getattr(kind, rule))}" for rule, (_, word) in _BOUNDS.items() if _set(kind, rule)]
    return [f"must be {' and '.join(said)}"] if said else []


def _value(value: Any) -> str:
    return str(value.ToJsonString()) if isinstance(value, Message) else str(value)  # type: ignore[attr-defined]


def _refuses_zero(kind: Any) -> bool:
    fields = kind.DESCRIPTOR.fields_by_name
    if any(
        name in fields and getattr(kind, name) for name in ("min_len", "len", "min_items", "min_pairs", "min_bytes")
    ):
        return True
    if "not_in" in fields and 0 in kind.not_in:
        return True
    above = "gte" in fields and not isinstance(kind.gte, Message) and kind.gte > 0
    return above or ("gt" in fields and not isinstance(kind.gt, Message) and _set(kind, "gt") and kind.gt >= 0)


def _kind(found: Message) -> Any:
    name = found.WhichOneof("type")
    return getattr(found, name) if name else None


def _words(rule: Any) -> str:
    return str(rule.message or rule.expression)


def _get(message: Any, name: str) -> Any:
    return getattr(message, name)


def _set(message: Any, name: str) -> bool:
    return name in message.DESCRIPTOR.fields_by_name and bool(message.HasField(name))
