"""Text models that come with the node. `models/README.md` says where they are from."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Final

from luna.adapters.embedder_onnx_model import OnnxModel
from luna.kernel.embedding import Vectors

MODELS: Final = Path(__file__).parents[1] / "models"
USE: Final = MODELS / "use-multilingual-v3-int8.onnx"
USE_SHA256: Final = "a5d1b02dd567d12bc87313c4b30c3f37236a6ca1011a8d9184ca346ed8b09fbc"


class PackagedModel:
    """Loads the model when the first text comes, and verifies its checksum."""

    def __init__(self, path: Path, sha256: str) -> None:
        self._path = path
        self._sha256 = sha256
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
                self._loaded = OnnxModel.load(self._path, self._sha256)
            return self._loaded


def multilingual(path: Path = USE) -> PackagedModel:
    """Return the model whose vectors the prompt guard knows: of Latin letters, in whichever language."""
    return PackagedModel(path, USE_SHA256)
