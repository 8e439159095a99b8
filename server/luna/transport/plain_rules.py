"""Checks the plain ones of the contract's limits without the validator, which takes twelve megabytes.

It only ever says that a message is good. Of one that is not, and of limits
beyond it, the validator has to say what is wrong.
"""

import re
from collections.abc import Callable, Generator, Iterator
from functools import partial
from math import isfinite, nan
from typing import Any, Final, TypeAlias

from buf.validate import validate_pb2

Good: TypeAlias = Callable[[Any], bool]

_COMPARISONS: Final[dict[str, Callable[[Any], Good]]] = {
    "gt": lambda limit: lambda value: value > limit,
    "gte": lambda limit: lambda value: value >= limit,
    "lt": lambda limit: lambda value: value < limit,
    "lte": lambda limit: lambda value: value <= limit,
}
_LENGTHS: Final[dict[str, Callable[[Any], Good]]] = {
    "min_len": lambda limit: lambda value: len(value) >= limit,
    "max_len": lambda limit: lambda value: len(value) <= limit,
}
_UPPER: Final = frozenset({"lt", "lte"})
_LIKE: Final = re.compile(r"\^(?:[A-Za-z0-9()?+*]|\[[A-Za-z0-9._:@/-]+\])+\$")
"""Patterns that mean the same to everybody."""
_UUID: Final = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_NANOS: Final = 1_000_000_000
_ITEMS: Final = {"min_items": _LENGTHS["min_len"], "max_items": _LENGTHS["max_len"]}
_RULES: Final = "buf.validate."
_TIMES: Final = frozenset({"timestamp", "duration"})


class BeyondError(Exception):
    """A limit is not a plain one."""


def plain(message: Any) -> Good | None:
    """Return what tells whether a message of that type keeps all limits; ``None`` if some of them are not plain."""
    try:
        return _message(message, frozenset())
    except BeyondError:
        return None


def has_rules(message: Any, seen: frozenset[str] = frozenset()) -> bool:
    """Tell whether the message type *message*, or one that it may contain, has limits."""
    if message.full_name in seen:
        return False
    seen |= {message.full_name}
    if any(_declared(it.GetOptions()) for it in (message, *message.fields, *message.oneofs)):
        return True
    return any(field.message_type is not None and has_rules(field.message_type, seen) for field in message.fields)


def _message(message: Any, outer: frozenset[str]) -> Good:
    if message.full_name in outer or _declared(message.GetOptions()):
        raise BeyondError(message.full_name)
    checks = [*_oneofs(message)]
    for field in message.fields:
        checks += _field(field, outer | {message.full_name})
    return lambda value: all(check(value) for check in checks)


def _oneofs(message: Any) -> Iterator[Good]:
    for oneof in message.oneofs:
        options = oneof.GetOptions()
        if _declared(options):
            if not options.Extensions[validate_pb2.oneof].required:
                raise BeyondError(oneof.full_name)
            yield lambda value, name=oneof.name: value.WhichOneof(name) is not None  # type: ignore[misc]


def _field(field: Any, outer: frozenset[str]) -> Iterator[Good]:
    options, rules = field.GetOptions(), None
    if _declared(options):
        rules = options.Extensions[validate_pb2.field]
    if field.is_repeated:
        yield from _repeated(field, rules, outer)
        return
    name = field.name
    good = [*_values(field, rules), *_inner(field, outer)]
    if rules and (rules.required or rules.ignore):
        good = yield from _optional(field, rules, good)
    if good and field.has_presence:
        yield lambda value: not value.HasField(name) or all(each(getattr(value, name)) for each in good)
    elif good:
        yield lambda value: all(each(getattr(value, name)) for each in good)


def _optional(field: Any, rules: Any, good: list[Good]) -> Generator[Good, None, list[Good]]:
    """Yield whether the field has to be set, and return what its value is held to if it is."""
    name = field.name
    if rules.required:
        yield (lambda value: value.HasField(name)) if field.has_presence else (lambda value: bool(getattr(value, name)))
    if not rules.ignore:
        return good
    if rules.ignore != validate_pb2.IGNORE_IF_ZERO_VALUE or rules.required or field.has_presence:
        raise BeyondError(field.full_name)
    return [lambda value: not value or all(each(value) for each in good)]


def _repeated(field: Any, rules: Any, outer: frozenset[str]) -> Iterator[Good]:
    inner = field.message_type
    if inner is not None and inner.GetOptions().map_entry:
        if rules or has_rules(inner):
            raise BeyondError(field.full_name)
        return
    sizes, items = _list_rules(field, rules)
    good = [*_values(field, items), *_inner(field, outer)]
    name = field.name
    if rules and rules.required:
        sizes.append(bool)
    if sizes:
        yield lambda value: all(each(getattr(value, name)) for each in sizes)
    if good:
        yield lambda value: all(each(item) for item in getattr(value, name) for each in good)


def _list_rules(field: Any, rules: Any) -> tuple[list[Good], Any]:
    sizes: list[Good] = []
    if rules and rules.ignore:
        raise BeyondError(field.full_name)
    items = None
    for kind, value in _set(rules, field, {"repeated"}):
        del kind
        for rule, limit in value.ListFields():
            if rule.name == "items":
                items = limit
            elif rule.name in _ITEMS:
                sizes.append(_ITEMS[rule.name](limit))
            else:
                raise BeyondError(field.full_name)
    return sizes, items


def _values(field: Any, rules: Any) -> Iterator[Good]:
    for kind, value in _set(rules, field, {*_KNOWN, "enum"}):
        if kind == "enum":
            yield from _enum(field, value)
            continue
        limits = {rule.name: limit for rule, limit in value.ListFields()}
        if not limits.keys() <= _KNOWN[kind].keys() or not _is_range(limits, both=kind in _TIMES):
            raise BeyondError(field.full_name)
        for name, limit in limits.items():
            yield _KNOWN[kind][name](limit)


def _is_range(limits: dict[str, Any], *, both: bool) -> bool:
    """Tell whether comparisons, if there are some, mean the inside of a range; times need *both* ends."""
    found = sorted(limits.keys() & _COMPARISONS.keys(), key=_UPPER.__contains__)
    if len(found) != 2:  # noqa: PLR2004  a range has two ends
        return len(found) < 1 + (not both)
    lower, upper = (_moment(limits[name]) if both else limits[name] for name in found)
    return found[0] not in _UPPER and found[1] in _UPPER and lower < upper


def _timed(comparison: Callable[[Any], Good], limit: Any) -> Good:
    good = comparison(_moment(limit))
    return lambda value: good(_moment(value))


def _moment(time: Any) -> tuple[float, int]:
    """Return what a time, or how long a while, can be compared by; what is garbled is neither less nor more."""
    seconds, nanos = time.seconds, time.nanos
    return (seconds, nanos) if abs(nanos) < _NANOS and seconds * nanos >= 0 else (nan, 0)


def _pattern(pattern: str) -> Good:
    if not _LIKE.fullmatch(pattern):
        raise BeyondError(pattern)
    matches = re.compile(pattern[1:-1]).fullmatch
    return lambda value: matches(value) is not None


def _uuid(wanted: bool) -> Good:  # noqa: FBT001  as the contract has it
    matches = re.compile(_UUID[1:-1]).fullmatch
    return lambda value: not wanted or matches(value) is not None


def _finite(wanted: bool) -> Good:  # noqa: FBT001  as the contract has it
    return lambda value: not wanted or isfinite(value)


_WHILES: Final[dict[str, Callable[[Any], Good]]] = {
    name: partial(_timed, comparison) for name, comparison in _COMPARISONS.items()
}
_KNOWN: Final[dict[str, dict[str, Callable[[Any], Good]]]] = {
    "string": {**_LENGTHS, "pattern": _pattern, "uuid": _uuid},
    **dict.fromkeys(("uint32", "uint64", "int32"), _COMPARISONS),
    "double": {**_COMPARISONS, "finite": _finite},
    **dict.fromkeys(_TIMES, _WHILES),
}


def _enum(field: Any, rules: Any) -> Iterator[Good]:
    if not {rule.name for rule, _ in rules.ListFields()} <= {"defined_only", "not_in"}:
        raise BeyondError(field.full_name)
    if rules.defined_only:
        allowed = frozenset(field.enum_type.values_by_number) - {*rules.not_in}
        yield lambda value: value in allowed
    elif refused := frozenset(rules.not_in):
        yield lambda value: value not in refused


def _set(rules: Any, field: Any, known: set[str]) -> Iterator[tuple[str, Any]]:
    """Yield what the rules of a field say about its type, if all of that is *known*."""
    for rule, value in rules.ListFields() if rules else ():
        if rule.name in {"required", "ignore"}:
            continue
        if rule.name not in known:
            raise BeyondError(field.full_name)
        yield rule.name, value


def _inner(field: Any, outer: frozenset[str]) -> Iterator[Good]:
    if field.message_type is not None and has_rules(field.message_type):
        yield _message(field.message_type, outer)


def _declared(options: Any) -> bool:
    return any(option.full_name.startswith(_RULES) for option, _ in options.ListFields())
