"""Reads the vectors out of an answer to `/v1/embeddings`, whoever wrote it."""

import json
from base64 import b64decode
from typing import Any

import numpy as np

from luna.kernel.embedding import EmbedderUnavailableError, Vectors


def unit_vectors(content: bytes, count: int) -> Vectors:
    """Return *count* unit vectors.

    Raises:
        EmbedderUnavailableError: there are others in the answer, or none.

    """
    try:
        entries = json.loads(content)["data"]
        rows = {entry["index"]: _numbers(entry["embedding"]) for entry in entries}
        vectors = np.stack([rows[index] for index in range(count)])
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    except (ValueError, TypeError, KeyError) as error:
        raise EmbedderUnavailableError(f"the embedding server sent no {count} vectors: {error!r}") from error
    if len(rows) != count or not (np.isfinite(lengths) & (lengths > 0)).all():
        raise EmbedderUnavailableError(
            f"the embedding server sent {len(rows)} vectors for {count} texts, or no numbers"
        )
    unit: Vectors = vectors / lengths
    return unit


def _numbers(embedding: Any) -> Vectors:  # noqa: ANN401  a string in base64 if the server knows that, else a list
    if isinstance(embedding, str):
        return np.frombuffer(b64decode(embedding, validate=True), dtype="<f4")
    return np.array(embedding, dtype=np.float32)
