"""Runs texts through an ONNX model that carries its own tokenizer."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from luna.kernel.embedding import EmbedderModelError, Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

CHARACTERS_MAX: Final = 8192
"""What a text has beyond this is cut off before it is split into tokens, which would take long."""
_INPUTS: Final = {"input_ids", "attention_mask", "token_type_ids"}
_SLOWER_AS_ONE: Final = ["SkipLayerNormFusion", "BiasGeluFusion"]
"""What onnxruntime would join that takes less time apart: a fifth of that of many texts. Vectors are as exact."""
_BY_TOKEN: Final = 3
"""The rank of an output with one vector a token."""


class OnnxModel:
    """A loaded model. Every method may be called from several threads at once."""

    def __init__(self, session: "InferenceSession", tokenizer: "Tokenizer", digest: str) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._inputs = {each.name for each in session.get_inputs()}
        self.digest = digest
        self.dimension = int(self.vectors([""]).shape[1])

    @classmethod
    def load(cls, path: Path, expected_sha256: str | None = None) -> Self:
        """Read the file at *path*, which must have *expected_sha256* if that is given.

        Raises:
            EmbedderModelError: the file is not there, damaged, or no text model with its tokenizer.

        """
        try:
            digest = sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise EmbedderModelError(f"cannot read the text model {path}: {error.strerror}") from error
        if expected_sha256 not in {None, digest}:
            raise EmbedderModelError(f"{path} is damaged: its sha256 is {digest}, not {expected_sha256}")
        try:
            return cls(*_open(path), digest)
        except Exception as error:  # the libraries share no class of error
            raise EmbedderModelError(f"{path} is no text model with its tokenizer: {error}") from error

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return one vector for each of *texts*, best of like length: the longest decides what it costs."""
        # `encode` would not let other threads go on.
        rows = [each.ids for each in self._tokenizer.encode_batch_fast([text[:CHARACTERS_MAX] for text in texts])]
        ids = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(rows):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        vectors = self._session.run(None, {name: given[name] for name in self._inputs})[0].astype(np.float32)
        if vectors.ndim == _BY_TOKEN:
            vectors = (vectors * mask[:, :, None]).sum(axis=1)
        unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return unit


def _open(path: Path) -> tuple["InferenceSession", "Tokenizer"]:
    # They take a moment to import, and only a process that embeds needs them.
    import onnxruntime  # noqa: PLC0415
    from tokenizers import Tokenizer  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # A session that is given the content of the file keeps all of it.
    session = onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER_AS_ONE
    )
    if strange := {each.name for each in session.get_inputs()} - _INPUTS:
        raise ValueError(f"it has the inputs {sorted(strange)}")
    properties = session.get_modelmeta().custom_metadata_map
    if "tokenizer" not in properties:
        raise ValueError("it has no property `tokenizer`")
    return session, Tokenizer.from_str(properties["tokenizer"])
