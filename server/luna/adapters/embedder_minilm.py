"""The text model of memory: all-MiniLM-L6-v2, int8. `models/README.md` says where it is from."""

from pathlib import Path
from typing import Final

from luna.adapters.embedder_onnx import OnnxEmbedder
from luna.adapters.packaged_model import MODELS, PackagedModel

MINILM: Final = MODELS / "all-minilm-l6-v2-int8.onnx"
MINILM_SHA256: Final = "6aceb66ecb176862a26136492abd5ed4166d4e9705a0ec0b599579f7cb49249d"
MINILM_DIMENSION: Final = 384


def minilm(path: Path = MINILM, *, threads: int | None = None) -> OnnxEmbedder:
    """Return an embedder with the model that comes with the node."""
    return OnnxEmbedder(
        PackagedModel(path, MINILM_SHA256).load,
        model_id=f"all-minilm-l6-v2-int8@sha256:{MINILM_SHA256[:8]}",
        dimension=MINILM_DIMENSION,
        threads=threads,
    )
