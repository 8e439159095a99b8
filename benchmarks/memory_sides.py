"""Indexes of vectors that are measured beside ours, where their packages are installed."""

import importlib
import importlib.util
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Search = Callable[[Vectors, int], Awaitable[Sequence[int]]]

PACKAGES: Final = {
    "faiss flat": "faiss",
    "faiss HNSW": "faiss",
    "hnswlib": "hnswlib",
    "usearch": "usearch",
    "chroma": "chromadb",
    "qdrant local": "qdrant_client",
}
QDRANT_ROWS: Final = 10_000
"""Its local mode compares with every vector in Python; it is made for this many."""
_BATCH: Final = 5_000


def installed() -> tuple[list[str], list[str]]:
    """Return which sides can be measured, and which cannot."""
    there = [name for name, package in PACKAGES.items() if importlib.util.find_spec(package)]
    return there, [name for name in PACKAGES if name not in there]


async def build(name: str, vectors: Vectors, folder: Path) -> Search:
    """Put *vectors* into the index of that name, and return how it is asked."""
    return _MAKERS[name](vectors, folder)


def _faiss_flat(vectors: Vectors, _: Path) -> Search:
    faiss: Any = importlib.import_module("faiss")
    return _of_faiss(faiss.IndexFlatIP(vectors.shape[1]), vectors)


def _faiss_hnsw(vectors: Vectors, _: Path) -> Search:
    faiss: Any = importlib.import_module("faiss")
    index = faiss.IndexHNSWFlat(vectors.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = 100, 64
    return _of_faiss(index, vectors)


def _of_faiss(index: Any, vectors: Vectors) -> Search:
    for start in range(0, len(vectors), _BATCH):
        index.add(vectors[start : start + _BATCH])

    async def search(query: Vectors, limit: int) -> Sequence[int]:
        return [int(id) for id in index.search(query[None], limit)[1][0]]

    return search


def _hnswlib(vectors: Vectors, _: Path) -> Search:
    hnswlib: Any = importlib.import_module("hnswlib")
    index = hnswlib.Index(space="ip", dim=vectors.shape[1])
    index.init_index(max_elements=len(vectors), ef_construction=100, M=16)
    index.set_ef(64)
    for start in range(0, len(vectors), _BATCH):
        index.add_items(vectors[start : start + _BATCH])

    async def search(query: Vectors, limit: int) -> Sequence[int]:
        return [int(id) for id in index.knn_query(query[None], limit)[0][0]]

    return search


def _usearch(vectors: Vectors, _: Path) -> Search:
    usearch: Any = importlib.import_module("usearch.index")
    index = usearch.Index(ndim=vectors.shape[1], metric="ip", dtype="f32", expansion_add=100, expansion_search=64)
    for start in range(0, len(vectors), _BATCH):
        part = vectors[start : start + _BATCH]
        index.add(np.arange(start, start + len(part)), part)

    async def search(query: Vectors, limit: int) -> Sequence[int]:
        return [int(id) for id in index.search(query, limit).keys]

    return search


def _chroma(vectors: Vectors, folder: Path) -> Search:
    chromadb: Any = importlib.import_module("chromadb")
    settings = chromadb.Settings(anonymized_telemetry=False)
    client = chromadb.PersistentClient(str(folder / "chroma"), settings)
    table = client.create_collection("memories", metadata={"hnsw:space": "ip", "hnsw:search_ef": 64})
    for start in range(0, len(vectors), _BATCH):
        part = vectors[start : start + _BATCH]
        table.add(ids=[str(start + n) for n in range(len(part))], embeddings=part)

    async def search(query: Vectors, limit: int) -> Sequence[int]:
        return [int(id) for id in table.query(query_embeddings=query[None], n_results=limit, include=[])["ids"][0]]

    return search


def _qdrant(vectors: Vectors, _: Path) -> Search:
    qdrant: Any = importlib.import_module("qdrant_client")
    client = qdrant.QdrantClient(":memory:")
    size = qdrant.models.VectorParams(size=vectors.shape[1], distance=qdrant.models.Distance.DOT)
    client.create_collection("memories", vectors_config=size)
    client.upload_collection("memories", vectors, ids=range(len(vectors)))

    async def search(query: Vectors, limit: int) -> Sequence[int]:
        return [int(point.id) for point in client.query_points("memories", query, limit=limit).points]

    return search


_MAKERS: Final[dict[str, Callable[[Vectors, Path], Search]]] = {
    "faiss flat": _faiss_flat,
    "faiss HNSW": _faiss_hnsw,
    "hnswlib": _hnswlib,
    "usearch": _usearch,
    "chroma": _chroma,
    "qdrant local": _qdrant,
}
