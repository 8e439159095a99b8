"""Finds the models in a folder of GGUF files."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from luna.adapters.gguf import GgufError, GgufHead, read_head
from luna.kernel.language_model import ModelInfo
from luna.kernel.model_errors import ModelMissingError, ModelServerError

_SILENT: Final = ("bert", "clip", "t5encoder")
"""Ends of the names of architectures that make vectors or see, and answer nothing."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A model in the folder."""

    path: Path
    size_bytes: int
    changed_ns: int
    head: GgufHead

    def info(self, window: int, *, is_loaded: bool) -> ModelInfo:
        """Return what is to be known of it, if it may use *window* tokens."""
        return ModelInfo(
            name=self.path.name,
            size_bytes=self.size_bytes,
            parameters=self.head.parameters,
            context_tokens=min(self.head.context_tokens or window, window),
            quantization=self.head.quantization,
            is_loaded=is_loaded,
        )


class ModelFolder:
    """Remembers what it read of a file until the file changes. Its methods block."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._seen: Mapping[Path, ModelFile | GgufError] = {}
        self._stamps: Mapping[Path, tuple[int, int]] = {}

    def files(self) -> Sequence[ModelFile]:
        """Return the models that answer, by name. A damaged file is none, and is told once in the log.

        Raises:
            ModelServerError: the folder cannot be read.

        """
        self._look()
        return [it for it in self._seen.values() if isinstance(it, ModelFile) and _answers(it.head)]

    def find(self, model: str) -> ModelFile:
        """Return the model that is called *model*.

        Raises:
            ModelMissingError: there is none.
            ModelServerError: its file is damaged.

        """
        known = {it.path.name: it for it in self.files()}
        if model in known:
            return known[model]
        for path, found in self._seen.items():
            if path.name == model and isinstance(found, GgufError):
                raise ModelServerError(f"{path} cannot be loaded: {found}") from found
        raise ModelMissingError(model, list(known))

    def _look(self) -> None:
        try:
            paths = sorted(self._place.glob("*.gguf")) if self._place.is_dir() else [self._place]
            stats = {path: path.stat() for path in paths}
        except OSError as error:
            raise ModelServerError(f"{self._place}: {error.strerror}") from error
        stamps = {path: (stat.st_size, stat.st_mtime_ns) for path, stat in stats.items()}
        self._seen = {
            path: self._seen[path] if self._stamps.get(path) == stamp else _read(path, *stamp)
            for path, stamp in stamps.items()
        }
        self._stamps = stamps


def _read(path: Path, size: int, changed_ns: int) -> ModelFile | GgufError:
    try:
        with path.open("rb") as file:
            return ModelFile(path=path, size_bytes=size, changed_ns=changed_ns, head=read_head(file, size))
    except OSError as error:
        found = GgufError(error.strerror)
    except GgufError as error:
        found = error
    _log.warning("%s is no model: %s", path, found)
    return found


def _answers(head: GgufHead) -> bool:
    return head.part == 0 and not head.architecture.endswith(_SILENT)
