"""The text model that comes with the node: all-MiniLM-L6-v2, int8. `models/README.md` says where it is from."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Final

from luna.adapters.embedder_onnx import OnnxEmbedder
from luna.adapters.embedder_onnx_model import OnnxModel
from luna.kernel.embedding import Vectors

MINILM: Final = Path(__file__).parents[1] / "models" / "all-minilm-l6-v2-int8.onnx"
MINILM_SHA256: Final = "6aceb66ecb176862a26136492abd5ed4166d4e9705a0ec0b599579f7cb49249d"
MINILM_DIMENSION: Final = 384


class Minilm:
    """Loads the model when the first text comes, for whoever shares it, and verifies its checksum."""

    def __init__(self, path: Path = MINILM) -> None:
        self._path = path
        self._lock = Lock()
        self._loaded: OnnxModel | None = None

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector for each of *texts*: of the model's number of tokens at most.

        Raises:
            EmbedderModelError: the model cannot be loaded.

        """
        return self.load().vectors(texts)

    def load(self) -> OnnxModel:
        """Return the model.

        Raises:
            EmbedderModelError: it cannot be loaded.

        """
        with self._lock:
            if self._loaded is None:
                self._loaded = OnnxModel.load(self._path, MINILM_SHA256)
            return self._loaded


def minilm(path: Path = MINILM, *, shared: Minilm | None = None, threads: int | None = None) -> OnnxEmbedder:
    """Return an embedder with the model that comes with the node, the *shared* one if there is one."""
    return OnnxEmbedder(
        (shared or Minilm(path)).load,
        model_id=f"all-minilm-l6-v2-int8@sha256:{MINILM_SHA256[:8]}",
        dimension=MINILM_DIMENSION,
        threads=threads,
    )
