"""Translates between memories and the columns of a LanceDB table."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from luna.adapters.lance_packing import joined, packed, unpacked
from luna.kernel.embedding import Vectors
from luna.kernel.memory_rows import Key, Row

FORMAT = "2"
"""What the columns mean. Another number is another format."""

MARKER = ""
"""The key of the row that holds the position when no other can. It is nobody's memory."""

PACKED = "packed"
"""The column that a row is read from. Each column that is read costs a search the same again."""

_NUMBERS: Final = {
    "retain_ns": pa.int64(),
    "position": pa.int64(),
    "importance": pa.float64(),
    "expire_ns": pa.int64(),
}
_NO_ATTRIBUTES: Final = pa.scalar([], pa.list_(pa.string()))


def schema(model_id: str, dimension: int) -> pa.Schema:
    """Return the columns. What made the vectors stands beside them, so that it cannot be lost or mixed up.

    Conditions are about columns of their own; all that a row is, is packed into one more.
    """
    return pa.schema(
        [
            pa.field("key", pa.string(), nullable=False),
            pa.field("applied", pa.int64()),
            pa.field("id", pa.string()),
            pa.field("namespace", pa.string()),
            pa.field("text", pa.string()),
            pa.field("retain_ns", pa.int64()),
            pa.field("collection", pa.string()),
            pa.field("importance", pa.float64()),
            pa.field("expire_ns", pa.int64()),
            pa.field("attributes", pa.list_(pa.string())),
            pa.field("superseded_by", pa.string()),
            pa.field(PACKED, pa.string()),
            pa.field("vector", pa.list_(pa.float32(), dimension)),
        ],
        metadata={
            "arkalia.format": FORMAT,
            "arkalia.model_id": model_id,
            "arkalia.dimension": str(dimension),
        },
    )


def spelled(key: Key) -> str:
    """Return *key* as the table spells it."""
    return joined(*key)


def all_spelled(keys: Sequence[Key]) -> list[str]:
    """Return each of *keys* as the table spells it."""
    heads = {namespace: joined(namespace, "") for namespace in {namespace for namespace, _ in keys}}
    return [heads[namespace] + id for namespace, id in keys]


def to_batch(
    rows: Sequence[Row], keys: Sequence[str], vectors: Vectors, applied: int, columns: pa.Schema
) -> pa.RecordBatch:
    """Return *rows*, whose spelled keys are *keys*, as columns. Takes milliseconds for thousands: not for the loop."""
    flat = pa.array(np.ascontiguousarray(vectors, np.float32).reshape(-1), pa.float32())
    told = dict(zip(Row._fields, zip(*rows, strict=True), strict=True))
    attributes = told.pop("attributes")
    values = {name: _column(column, _NUMBERS.get(name, pa.string())) for name, column in told.items()}
    listed = _listed(attributes)
    values[PACKED] = packed({**values, "attributes": listed if len(listed.values) else _NO_ATTRIBUTES})
    values |= {
        "attributes": listed,
        "key": pa.array(keys),
        "applied": pa.scalar(applied, pa.int64()),
        "vector": pa.FixedSizeListArray.from_arrays(flat, type=columns.field("vector").type),
    }
    return pa.record_batch([_repeated(values[name], len(rows)) for name in columns.names], columns)


def marker(applied: int, columns: pa.Schema) -> pa.RecordBatch:
    """Return the row that says that *applied* was reached."""
    # A vector is required of every row. No search looks into the empty namespace.
    known: dict[str, Any] = {"key": MARKER, "applied": applied, "namespace": "", "id": ""}
    known["vector"] = [1.0] * columns.field("vector").type.list_size
    return pa.record_batch([pa.array([known.get(field.name)], field.type) for field in columns], columns)


def to_rows(table: pa.Table) -> list[Row]:
    """Return the memories of *table*."""
    return [unpacked(text) for text in table[PACKED].to_pylist()]


def to_vectors(table: pa.Table) -> Vectors:
    """Return the vectors of *table*."""
    chunks = [np.asarray(chunk.flatten(), np.float32) for chunk in table["vector"].chunks]
    width = table.schema.field("vector").type.list_size
    return np.concatenate([np.zeros(0, np.float32), *chunks]).reshape(-1, width)


def reached(applied: pa.Table) -> int:
    """Return the position that a table has reached, from its column of that name."""
    return int(pc.max(applied["applied"]).as_py() or 0)


def _column(values: Sequence[Any], type: pa.DataType) -> pa.Array | pa.Scalar:
    """Return *values* as a column, or the one value that they all are: to translate each takes longer than to look."""
    if values[0] == values[-1] and values.count(values[0]) == len(values):
        return pa.scalar(values[0], type)
    return pa.array(values, type)


def _repeated(column: pa.Array | pa.Scalar, count: int) -> pa.Array:
    return pa.repeat(column, count) if isinstance(column, pa.Scalar) else column


def _listed(attributes: Sequence[Mapping[str, str]]) -> pa.Array:
    # Flat, with the places where each list begins: many times quicker than lists of lists.
    if not any(attributes):
        return pa.ListArray.from_arrays(np.zeros(len(attributes) + 1, np.int32), pa.array([], pa.string()))
    places = np.cumsum([0, *map(len, attributes)], dtype=np.int32)
    flat = [joined(name, value) for each in attributes for name, value in each.items()]
    return pa.ListArray.from_arrays(pa.array(places, pa.int32()), pa.array(flat, pa.string()))
