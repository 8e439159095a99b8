"""Finds what the contracts say about each of their parts."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto

# Field numbers in descriptor.proto, which is how source info addresses the parts of a file.
_FILE_MESSAGE, _FILE_ENUM, _FILE_SERVICE = 4, 5, 6
_MESSAGE_FIELD, _MESSAGE_MESSAGE, _MESSAGE_ENUM, _MESSAGE_ONEOF = 2, 3, 4, 8
_ENUM_VALUE: Final = 2
_SERVICE_METHOD: Final = 2

Path = tuple[int, ...]


def comments(files: Iterable[FileDescriptorProto]) -> Mapping[str, str]:
    """Return the leading comment of each part, by full name; a value's name follows that of its enum."""
    found: dict[str, str] = {}
    for file in files:
        written = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}
        for path, name in _parts(file):
            if text := _clean(written.get(path, "")):
                found[name] = text
    return found


def names(file: FileDescriptorProto) -> frozenset[str]:
    """Return the full names of what has to be documented in *file*: all of it but messages and oneofs."""
    return frozenset(name for path, name in _parts(file) if not _may_be_silent(path))


def summary(text: str) -> str:
    """Return the first sentence of *text*, without its full stop."""
    sentence = re.split(r"(?<=[.:])\s", text.replace("\n", " "), maxsplit=1)[0]
    return sentence.rstrip(".: ")


def _may_be_silent(path: Path) -> bool:
    if path[0] != _FILE_MESSAGE:
        return False
    return len(path) == len((_FILE_MESSAGE, 0)) or path[-2] in {_MESSAGE_MESSAGE, _MESSAGE_ONEOF}


def _clean(text: str) -> str:
    return "\n".join(line.removeprefix(" ").rstrip() for line in text.splitlines()).strip()


def _parts(file: FileDescriptorProto) -> Iterator[tuple[Path, str]]:
    for index, message in enumerate(file.message_type):
        yield from _message((_FILE_MESSAGE, index), f"{file.package}.{message.name}", message)
    for index, enum in enumerate(file.enum_type):
        yield from _enum((_FILE_ENUM, index), f"{file.package}.{enum.name}", enum)
    for index, service in enumerate(file.service):
        path, name = (_FILE_SERVICE, index), f"{file.package}.{service.name}"
        yield path, name
        for place, method in enumerate(service.method):
            yield (*path, _SERVICE_METHOD, place), f"{name}.{method.name}"


def _message(path: Path, name: str, message: DescriptorProto) -> Iterator[tuple[Path, str]]:
    yield path, name
    for index, field in enumerate(message.field):
        yield (*path, _MESSAGE_FIELD, index), f"{name}.{field.name}"
    for index, oneof in enumerate(message.oneof_decl):
        yield (*path, _MESSAGE_ONEOF, index), f"{name}.{oneof.name}"
    for index, enum in enumerate(message.enum_type):
        yield from _enum((*path, _MESSAGE_ENUM, index), f"{name}.{enum.name}", enum)
    for index, nested in enumerate(message.nested_type):
        if nested.options.map_entry:
            continue
        yield from _message((*path, _MESSAGE_MESSAGE, index), f"{name}.{nested.name}", nested)


def _enum(path: Path, name: str, enum: EnumDescriptorProto) -> Iterator[tuple[Path, str]]:
    yield path, name
    for index, value in enumerate(enum.value):
        yield (*path, _ENUM_VALUE, index), f"{name}.{value.name}"
