"""Writes down for Lua which fields each message has."""

from collections.abc import Iterator, Mapping
from typing import Final

from google.protobuf import descriptor_pb2

from luna.sidecar.envoy.contract import Contract, messages

ANY: Final = "google.protobuf.Any"
_CHECKED_PACKAGES: Final = ("arkalia.", "google.rpc.")
_UNCHECKED: Final = "1"
_Messages = Mapping[str, descriptor_pb2.DescriptorProto]


def tables(contract: Contract) -> str:
    """Return the Lua tables ``MESSAGES`` and ``ALIASES`` for every message that a body may hold."""
    known = {name: message for name, message in messages(contract.files) if name.startswith(_CHECKED_PACKAGES)}
    maps = {name: message for name, message in known.items() if message.options.map_entry}
    rows = (_row(name, message, known, maps) for name, message in sorted(known.items()) if name not in maps)
    aliases = {field.name: field.json_name for message in known.values() for field in message.field}
    renamed = (f'["{proto}"]="{json}"' for proto, json in sorted(aliases.items()) if proto != json)
    return f"local MESSAGES = {{\n{''.join(rows)}}}\nlocal ALIASES = {{{', '.join(renamed)}}}\n"


def _row(name: str, message: descriptor_pb2.DescriptorProto, known: _Messages, maps: _Messages) -> str:
    return f'  ["{name}"] = {{{", ".join(_entries(message, known, maps))}}},\n'


def _entries(message: descriptor_pb2.DescriptorProto, known: _Messages, maps: _Messages) -> Iterator[str]:
    for field in message.field:
        kind = _kind(field, known, maps)
        for name in dict.fromkeys((field.json_name, field.name)):
            yield f'["{name}"]={kind}'


def _kind(field: descriptor_pb2.FieldDescriptorProto, known: _Messages, maps: _Messages) -> str:
    target = field.type_name.removeprefix(".")
    if target in maps:
        value = next(part for part in maps[target].field if part.name == "value")
        return f"{{{_kind(value, known, maps)}}}"
    return f'"{target}"' if target in known or target == ANY else _UNCHECKED
