"""Checks the plain ones of the contract's limits without the validator, which takes twelve megabytes.

It only ever says that a message is good. Of one that is not, and of limits
beyond it, the validator has to say what is wrong.

Many messages of one type are checked together, field by field, and only what
is set is looked at: for a list that is not, the library makes an arena, and
for every 10,000 of them it gives all free memory of the process back.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import methodcaller
from typing import Any, Final, TypeAlias

from buf.validate import validate_pb2

from luna.transport.plain_limits import COMPARISONS, ITEMS, LIMITS, TIMES, BeyondError, Good, moment

_Field: TypeAlias = Callable[[Sequence[Any], int], bool]
"""Tells whether a field is good, of which these values are set in so many messages."""

_UPPER: Final = frozenset({"lt", "lte"})
_RULES: Final = "buf.validate."


def plain(message: Any) -> Callable[[Any], bool] | None:
    """Return what tells whether a message of that type keeps all limits; ``None`` if some of them are not plain."""
    try:
        good = _message(message, frozenset())
    except BeyondError:
        return None
    return lambda value: good((value,))


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
    fields = {field: _field(field, outer | {message.full_name}) for field in message.fields}
    checks = [(field, check) for field, check in fields.items() if check]
    choices = [*_oneofs(message)]
    said_by = methodcaller("ListFields")

    def good(messages: Sequence[Any]) -> bool:
        said: dict[Any, list[Any]] = {field: [] for field in fields}
        for each in map(said_by, messages):
            for field, value in each:
                said[field].append(value)
        count = len(messages)
        return all(check(said[field], count) for field, check in checks) and all(
            sum(len(said[field]) for field in choice) == count for choice in choices
        )

    return good


def _oneofs(message: Any) -> Iterator[Sequence[Any]]:
    """Yield the fields of which one has to be set."""
    for oneof in message.oneofs:
        options = oneof.GetOptions()
        if _declared(options):
            if not options.Extensions[validate_pb2.oneof].required:
                raise BeyondError(oneof.full_name)
            yield oneof.fields


def _field(field: Any, outer: frozenset[str]) -> _Field | None:
    options, rules = field.GetOptions(), None
    if _declared(options):
        rules = options.Extensions[validate_pb2.field]
    if field.is_repeated:
        return _repeated(field, rules, outer)
    good = [*_values(field, rules), *_inner(field, outer)]
    if rules and rules.ignore:
        if rules.ignore != validate_pb2.IGNORE_IF_ZERO_VALUE or rules.required or field.has_presence:
            raise BeyondError(field.full_name)
        return _checked(good)
    unset_is_good = field.has_presence or all(each((field.default_value,)) for each in good)
    return _checked(good, needed=bool(rules and rules.required) or not unset_is_good)


def _repeated(field: Any, rules: Any, outer: frozenset[str]) -> _Field | None:
    inner = field.message_type
    if inner is not None and inner.GetOptions().map_entry:
        if rules or has_rules(inner):
            raise BeyondError(field.full_name)
        return None
    if rules and rules.ignore:
        raise BeyondError(field.full_name)
    sizes, items = _list_rules(field, rules)
    unset_is_good = all(each(((),)) for each in sizes)
    if good := [*_values(field, items), *_inner(field, outer)]:
        sizes.append(lambda lists: all(each([*chain.from_iterable(lists)]) for each in good))
    return _checked(sizes, needed=bool(rules and rules.required) or not unset_is_good)


def _checked(good: Sequence[Good], *, needed: bool = False) -> _Field | None:
    if not needed and not good:
        return None
    return lambda values, count: (not needed or len(values) == count) and all(each(values) for each in good)


def _list_rules(field: Any, rules: Any) -> tuple[list[Good], Any]:
    sizes: list[Good] = []
    items = None
    for _, value in _set(rules, field, {"repeated"}):
        for rule, limit in value.ListFields():
            if rule.name == "items":
                items = limit
            elif rule.name in ITEMS:
                sizes.append(ITEMS[rule.name](limit))
            else:
                raise BeyondError(field.full_name)
    return sizes, items


def _values(field: Any, rules: Any) -> Iterator[Good]:
    for kind, value in _set(rules, field, {*LIMITS, "enum"}):
        if kind == "enum":
            yield from _enum(field, value)
            continue
        limits = {rule.name: limit for rule, limit in value.ListFields()}
        if not limits.keys() <= LIMITS[kind].keys() or not _is_range(limits, both=kind in TIMES):
            raise BeyondError(field.full_name)
        for name, limit in limits.items():
            yield LIMITS[kind][name](limit)


def _is_range(limits: dict[str, Any], *, both: bool) -> bool:
    """Tell whether comparisons, if there are some, mean the inside of a range; times need *both* ends."""
    found = sorted(limits.keys() & COMPARISONS.keys(), key=_UPPER.__contains__)
    if len(found) != 2:  # noqa: PLR2004  a range has two ends
        return len(found) < 1 + (not both)
    lower, upper = (moment(limits[name]) if both else limits[name] for name in found)
    return found[0] not in _UPPER and found[1] in _UPPER and lower < upper


def _enum(field: Any, rules: Any) -> Iterator[Good]:
    if not {rule.name for rule, _ in rules.ListFields()} <= {"defined_only", "not_in"}:
        raise BeyondError(field.full_name)
    if rules.defined_only:
        allowed = frozenset(field.enum_type.values_by_number) - {*rules.not_in}
        yield allowed.issuperset
    elif refused := frozenset(rules.not_in):
        yield refused.isdisjoint


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
