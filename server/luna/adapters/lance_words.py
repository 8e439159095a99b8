"""Translates between memories and the columns of a LanceDB table."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from luna.kernel.embedding import Vectors
from luna.kernel.memory_rows import Key, Row

FORMAT = "1"
"""What the columns mean. Another number is another format."""

MARKER = ""
"""The key of the row that holds the position when no other can. It is nobody's memory."""

COLUMNS = Row._fields
"""What a row is read from."""


def schema(model_id: str, dimension: int) -> pa.Schema:
    """Return the columns. What made the vectors stands beside them, so that it cannot be lost or mixed up."""
    return pa.schema(
        [
            pa.field("key", pa.string(), nullable=False),
            pa.field("applied", pa.int64()),
            pa.field("id", pa.string()),
            pa.field("namespace", pa.string()),
            pa.field("text", pa.string()),
            pa.field("retain_ns", pa.int64()),
            pa.field("position", pa.int64()),
            pa.field("event_id", pa.string()),
            pa.field("collection", pa.string()),
            pa.field("importance", pa.float64()),
            pa.field("expire_ns", pa.int64()),
            pa.field("attributes", pa.list_(pa.string())),
            pa.field("supersedes", pa.string()),
            pa.field("superseded_by", pa.string()),
            pa.field("vector", pa.list_(pa.float32(), dimension)),
        ],
        metadata={
            "arkalia.format": FORMAT,
            "arkalia.model_id": model_id,
            "arkalia.dimension": str(dimension),
        },
    )


def joined(first: str, second: str) -> str:
    """Return both in one, so that no other two give the same."""
    return f"{len(first)}.{first}{second}"


def spelled(key: Key) -> str:
    """Return *key* as the table spells it."""
    return joined(*key)


def to_batch(
    rows: Sequence[Row], keys: Sequence[str], vectors: Vectors, applied: int, columns: pa.Schema
) -> pa.RecordBatch:
    """Return *rows*, whose spelled keys are *keys*, as columns. Takes milliseconds for thousands: not for the loop."""
    flat = pa.array(np.ascontiguousarray(vectors, np.float32).reshape(-1), pa.float32())
    values: dict[str, Any] = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    values["attributes"] = _listed([row.attributes for row in rows])
    values |= {"key": keys, "applied": np.full(len(rows), applied)}
    arrays = [_array(values[field.name], field.type) for field in columns if field.name != "vector"]
    return pa.record_batch(
        [*arrays, pa.FixedSizeListArray.from_arrays(flat, type=columns.field("vector").type)], columns
    )


def marker(applied: int, columns: pa.Schema) -> pa.RecordBatch:
    """Return the row that says that *applied* was reached."""
    # A vector is required of every row. No search looks into the empty namespace.
    known: dict[str, Any] = {"key": MARKER, "applied": applied, "namespace": "", "id": ""}
    known["vector"] = [1.0] * columns.field("vector").type.list_size
    return pa.record_batch([pa.array([known.get(field.name)], field.type) for field in columns], columns)


def to_rows(table: pa.Table) -> list[Row]:
    """Return the memories of *table*."""
    return [_row(found) for found in table.select([*COLUMNS]).to_pylist()]


def to_vectors(table: pa.Table) -> Vectors:
    """Return the vectors of *table*."""
    chunks = [np.asarray(chunk.flatten(), np.float32) for chunk in table["vector"].chunks]
    width = table.schema.field("vector").type.list_size
    return np.concatenate([np.zeros(0, np.float32), *chunks]).reshape(-1, width)


def reached(applied: pa.Table) -> int:
    """Return the position that a table has reached, from its column of that name."""
    return int(pc.max(applied["applied"]).as_py() or 0)


def _array(values: object, kind: pa.DataType) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def _listed(attributes: Sequence[Mapping[str, str]]) -> pa.Array:
    # Flat, with the places where each list begins: many times quicker than lists of lists.
    places = np.cumsum([0, *map(len, attributes)], dtype=np.int32)
    flat = [joined(name, value) for each in attributes for name, value in each.items()]
    return pa.ListArray.from_arrays(pa.array(places, pa.int32()), pa.array(flat, pa.string()))


def _row(found: dict[str, Any]) -> Row:
    attributes = dict(_parted(each) for each in found.pop("attributes"))
    return Row(attributes=attributes, **found)


def _parted(both: str) -> tuple[str, str]:
    length, _, rest = both.partition(".")
    return rest[: int(length)], rest[int(length) :]
