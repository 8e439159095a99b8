"""Holds many values at once to one plain limit of the contract."""

import operator
import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import repeat
from math import isfinite, nan
from typing import Any, Final, TypeAlias

Good: TypeAlias = Callable[[Sequence[Any]], bool]
"""Tells whether each of these values is good."""

COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
TIMES: Final = frozenset({"timestamp", "duration"})
_LIKE: Final = re.compile(r"\^(?:[A-Za-z0-9()?+*]|\[[A-Za-z0-9._:@/-]+\])+\$")
"""Patterns that mean the same to everybody."""
_UUID: Final = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_NANOS: Final = 1_000_000_000


class BeyondError(Exception):
    """A limit is not a plain one."""


def moment(time: Any) -> tuple[float, int]:
    """Return what a time, or how long a while, can be compared by; what is garbled is neither less nor more."""
    seconds, nanos = time.seconds, time.nanos
    return (seconds, nanos) if abs(nanos) < _NANOS and seconds * nanos >= 0 else (nan, 0)


def _compared(comparison: Callable[[Any, Any], bool], limit: Any) -> Good:
    return lambda values: all(map(comparison, values, repeat(limit)))


def _timed(comparison: Callable[[Any, Any], bool], limit: Any) -> Good:
    return lambda values: all(map(comparison, map(moment, values), repeat(moment(limit))))


def _shortest(limit: int) -> Good:
    return lambda values: min(map(len, values), default=limit) >= limit


def _longest(limit: int) -> Good:
    return lambda values: max(map(len, values), default=0) <= limit


def _lightest(limit: int) -> Good:
    # A character takes up to four bytes.
    return lambda values: (
        max(map(len, values), default=0) <= limit // 4 or all(len(value.encode()) <= limit for value in values)
    )


def _pattern(pattern: str) -> Good:
    if not _LIKE.fullmatch(pattern):
        raise BeyondError(pattern)
    matches = re.compile(pattern[1:-1]).fullmatch
    return lambda values: all(map(matches, values))


def _uuid(wanted: bool) -> Good:  # noqa: FBT001  as the contract has it
    matches = re.compile(_UUID[1:-1]).fullmatch
    return lambda values: not wanted or all(map(matches, values))


def _finite(wanted: bool) -> Good:  # noqa: FBT001  as the contract has it
    return lambda values: not wanted or all(map(isfinite, values))


ITEMS: Final[dict[str, Callable[[Any], Good]]] = {"min_items": _shortest, "max_items": _longest}
"""Limits of lists."""
_LENGTHS: Final[dict[str, Callable[[Any], Good]]] = {"min_len": _shortest, "max_len": _longest}
_NUMBERS: Final[dict[str, Callable[[Any], Good]]] = {
    name: partial(_compared, comparison) for name, comparison in COMPARISONS.items()
}
_WHILES: Final[dict[str, Callable[[Any], Good]]] = {
    name: partial(_timed, comparison) for name, comparison in COMPARISONS.items()
}
LIMITS: Final[dict[str, dict[str, Callable[[Any], Good]]]] = {
    "string": {**_LENGTHS, "max_bytes": _lightest, "pattern": _pattern, "uuid": _uuid},
    "bytes": _LENGTHS,
    **dict.fromkeys(("uint32", "uint64", "int32"), _NUMBERS),
    "double": {**_NUMBERS, "finite": _finite},
    **dict.fromkeys(TIMES, _WHILES),
}
"""Limits of values, by their kind."""
