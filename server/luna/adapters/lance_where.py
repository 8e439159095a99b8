"""Writes conditions for LanceDB, from values of known types alone."""

from collections.abc import Iterator, Sequence

from luna.adapters.lance_packing import joined
from luna.adapters.lance_words import spelled
from luna.kernel.memory_rows import AnyOf, Key, Row, Where

HIDDEN = "superseded_by != '' OR expire_ns IS NOT NULL"
"""A row that some searches leave out, whatever they are for."""


def hard(where: Where) -> str:
    """Return what must hold before a search ranks: what indexes of the table answer, or few ask for."""
    return " AND ".join(_hard(where))


def whole(where: Where) -> str:
    """Return all that must hold."""
    return " AND ".join([*_hard(where), *_soft(where)])


def anything(where: Where) -> bool:
    """Return whether all of a namespace will do, but what is superseded or has expired."""
    return len([*_hard(where)]) == 1


def meets(where: Where, row: Row) -> bool:
    """Return whether *row* is one that `whole` would let through."""
    return (
        row.namespace == where.namespace
        and where.collection in {None, row.collection}
        and all(row.attributes.get(wanted.key) in wanted.values for wanted in where.attributes)
        and (where.retained_from_ns is None or row.retain_ns >= where.retained_from_ns)
        and (where.retained_until_ns is None or row.retain_ns < where.retained_until_ns)
        and (where.importance_min is None or row.importance >= where.importance_min)
        and (where.importance_max is None or row.importance <= where.importance_max)
        and (where.include_superseded or not row.superseded_by)
        and (where.alive_at_ns is None or row.expire_ns is None or row.expire_ns > where.alive_at_ns)
    )


def among(keys: Sequence[Key]) -> str:
    """Return that a row is one of *keys*."""
    return f"key IN ({_listed([spelled(key) for key in keys])})" if keys else "false"


def beyond(id: str) -> str:
    """Return that a row has an id after *id*."""
    return f"id > {_text(id)}"


def ended(at_ns: int) -> str:
    """Return that a row has expired by then."""
    return f"expire_ns <= {int(at_ns)}"


def _hard(where: Where) -> Iterator[str]:
    yield f"namespace = {_text(where.namespace)}"
    if where.collection is not None:
        yield f"collection = {_text(where.collection)}"
    yield from (_any_of(wanted) for wanted in where.attributes)
    if where.retained_from_ns is not None:
        yield f"retain_ns >= {int(where.retained_from_ns)}"
    if where.retained_until_ns is not None:
        yield f"retain_ns < {int(where.retained_until_ns)}"
    if where.importance_min is not None:
        yield f"importance >= {_number(where.importance_min)}"
    if where.importance_max is not None:
        yield f"importance <= {_number(where.importance_max)}"


def _soft(where: Where) -> Iterator[str]:
    if not where.include_superseded:
        yield "superseded_by = ''"
    if where.alive_at_ns is not None:
        yield f"(expire_ns IS NULL OR expire_ns > {int(where.alive_at_ns)})"


def _any_of(wanted: AnyOf) -> str:
    if not wanted.values:
        return "false"
    return f"array_has_any(attributes, [{_listed([joined(wanted.key, value) for value in wanted.values])}])"


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(_text(text) for text in texts)


def _text(text: str) -> str:
    # Between quotes nothing but a quote is special, and two stand for one.
    return "'" + text.replace("'", "''") + "'"


def _number(number: float) -> str:
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124
        raise ValueError(f"a bound must be a finite number, got {number}")
    return f"CAST('{float(number)!r}' AS DOUBLE)"
