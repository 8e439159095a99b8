"""Names the fields of a message as people write them, such as ``scales.cpu.high``: to show them, and to set them.

What a list holds is called by its first field: the threshold of a level by the level, a rule by what it is for.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

import typer
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from luna.cli.words import short

NONE: Final = "–"
"""How a field looks that is not set."""


def changes(before: Message, after: Message) -> list[str]:
    """Return a line for each field that differs."""
    earlier, later = dict(_flat(before)), dict(_flat(after))
    return [
        f"{path}: {earlier.get(path, NONE)} → {later.get(path, NONE)}"
        for path in {**earlier, **later}
        if earlier.get(path) != later.get(path)
    ]


def assign(message: Message, assignments: Sequence[str]) -> None:
    """Set the fields of *message* that *assignments* name, each as ``PATH=VALUE``; an empty value unsets one.

    Raises:
        typer.BadParameter: there is no such field, or it cannot hold that.

    """
    for assignment in assignments:
        path, sign, value = assignment.partition("=")
        if not sign:
            raise typer.BadParameter(f"{assignment!r} sets nothing; say FIELD=VALUE")
        holder, field = _found(message, path)
        _set(holder, field, path, value)


def _flat(message: Message) -> Iterator[tuple[str, str]]:
    """Yield each field that is set, by its path."""
    for field in _fields(message).values():
        if _is_list_of_messages(field):
            for name, entry in _entries(message, field).items():
                yield from ((f"{field.name}.{name}.{path}", text) for path, text in _flat(entry))
        elif not field.has_presence or message.HasField(field.name):
            yield field.name, _text(message, field) or NONE


def _entries(message: Message, field: FieldDescriptor) -> Mapping[str, Message]:
    entries: Sequence[Message] = getattr(message, field.name)
    return {_text(entry, next(iter(_fields(entry).values()))): entry for entry in entries}


def _text(message: Message, field: FieldDescriptor) -> str:
    value = getattr(message, field.name)
    if isinstance(value, Duration):
        return value.ToJsonString()
    if field.is_repeated:
        return ",".join(_word(field, one) for one in value)
    return _word(field, value)


def _word(field: FieldDescriptor, value: float | str) -> str:
    known = field.enum_type.values_by_number.get(int(value)) if field.enum_type else None
    return short(known.name) if known else str(value)


def _found(message: Message, path: str) -> tuple[Message, FieldDescriptor]:
    """Return the message that the last word of *path* is a field of, and that field."""
    name, _, rest = path.partition(".")
    known = _fields(message)
    if (field := known.get(name)) is None:
        raise _unknown(name, path, known)
    if not _is_list_of_messages(field):
        if rest:
            raise typer.BadParameter(f"{name} in {path!r} has no fields")
        return message, field
    entries = _entries(message, field)
    key, _, rest = rest.partition(".")
    if (entry := entries.get(key)) is None:
        raise _unknown(key, path, entries)
    return _found(entry, rest)


def _set(holder: Message, field: FieldDescriptor, path: str, value: str) -> None:
    holder.ClearField(field.name)
    if not value:
        return
    try:
        json_format.ParseDict({field.name: _json(field, value)}, holder)
    except json_format.ParseError:
        raise typer.BadParameter(f"{path} cannot be {value!r}; it is {_kind(field)}") from None


def _json(field: FieldDescriptor, value: str) -> str | list[str]:
    if field.enum_type:
        words = {short(name): name for name in field.enum_type.values_by_name}
        named = [words.get(word.strip().upper(), word.strip()) for word in value.split(",")]
        return named if field.is_repeated else named[0]
    return f"{value.removesuffix('s')}s" if field.message_type else value


def _kind(field: FieldDescriptor) -> str:
    if field.enum_type:
        known = ", ".join(short(value.name) for value in field.enum_type.values if value.number)
        return f"some of {known}" if field.is_repeated else f"one of {known}"
    return "a span of time, such as 1.5s" if field.message_type else "a number"


def _fields(message: Message) -> Mapping[str, FieldDescriptor]:
    return cast("Mapping[str, FieldDescriptor]", message.DESCRIPTOR.fields_by_name)


def _is_list_of_messages(field: FieldDescriptor) -> bool:
    return field.is_repeated and field.message_type is not None


def _unknown(name: str, path: str, known: Mapping[str, object]) -> typer.BadParameter:
    return typer.BadParameter(f"there is no {name!r} for {path!r}; say one of {', '.join(known)}")
