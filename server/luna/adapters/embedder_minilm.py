"""The text model that comes with the node: all-MiniLM-L6-v2, int8. `models/README.md` says where it is from."""

from pathlib import Path
from typing import Final

from luna.adapters.embedder_onnx import OnnxEmbedder

MINILM: Final = Path(__file__).parents[1] / "models" / "all-minilm-l6-v2-int8.onnx"
MINILM_SHA256: Final = "07bc74a2fd01dd95894ac03c54a7f199aba14c5a54a95aa48fdeaa00bbb3bea8"
MINILM_DIMENSION: Final = 384


def minilm(path: Path = MINILM, *, threads: int | None = None) -> OnnxEmbedder:
    """Return an embedder with the model that comes with the node, whose checksum is verified when it is loaded."""
    return OnnxEmbedder(
        path,
        model_id=f"all-minilm-l6-v2-int8@sha256:{MINILM_SHA256[:8]}",
        dimension=MINILM_DIMENSION,
        sha256=MINILM_SHA256,
        threads=threads,
    )
