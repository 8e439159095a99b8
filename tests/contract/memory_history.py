"""A history of memories in which everything happens, the same each time it is told."""

import numpy as np

from luna.kernel.embedding import Vectors
from luna.kernel.memory_rows import Batch, Row, Superseded

DIMENSION = 16
SIZE = 20


def batch_at(position: int) -> Batch:
    """Return what happens at *position*: new rows, changed ones, superseded ones, and some that go."""
    start = position * SIZE
    rows = [_row(number, position) for number in range(start, start + SIZE)]
    remove, superseded = [], []
    if position > 3 and position % 2:
        rows.append(_row(start - 2 * SIZE, position))
        superseded = [Superseded(namespace="home", id=f"{start - SIZE - 1:06}", by=f"{start:06}")]
    if position > 3 and position % 3 == 0:
        remove = [("home", f"{start - SIZE + 3:06}"), ("home", f"{start - 3 * SIZE:06}")]
    if position % 7 == 0:
        rows = []
    return Batch(position=position, rows=rows, vectors=vectors_of(rows), remove=remove, superseded=superseded)


def vectors_of(rows: list[Row]) -> Vectors:
    """Return for each row a vector that follows from its text."""
    seeds = [int(row.id) * 1000 + row.position for row in rows]
    made = [np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32) for seed in seeds]
    return np.array(made, np.float32).reshape(len(rows), DIMENSION)


def _row(number: int, position: int) -> Row:
    text = f"memory {number} as of {position}"
    return Row(id=f"{number:06}", namespace="home", text=text, retain_ns=number, position=position, event_id="e")
