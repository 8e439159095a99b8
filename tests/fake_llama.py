"""A small stand-in for the library of llama.cpp, which reads and says tokens as that does."""

import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from luna.adapters.model_llama_engine import LlamaEngine
from tests.fake_models import WORDS

END = 300
FIRST_WORD = 256
SEED_OF_CHANCE = 0xFFFFFFFF


class FakeLlama:
    """Has a token for each byte and each word, and a memory of what it read."""

    def __init__(self, path: Path, context: int) -> None:
        self._self = path.read_bytes()
        self._context = context
        self._seed = 0
        self._ctx = self
        self.input_ids = np.zeros(context, dtype=np.intc)
        self.n_tokens = 0

    def n_ctx(self) -> int:
        return self._context

    def tokenize(self, text: bytes, *, add_bos: bool, special: bool) -> list[int]:
        return list(text)

    def detokenize(self, tokens: Sequence[int]) -> bytes:
        return b"".join(bytes([it]) if it < FIRST_WORD else f" {WORDS[it - FIRST_WORD]}".encode() for it in tokens)

    def set_seed(self, seed: int) -> None:
        self._seed = seed

    def reset(self) -> None:
        self.n_tokens = 0

    def kv_cache_seq_rm(self, sequence: int, start: int, end: int) -> bool:
        return True

    def eval(self, tokens: Sequence[int]) -> None:
        # What was read cannot be more than the window.
        assert self.n_tokens + len(tokens) <= self._context
        self.input_ids[self.n_tokens : self.n_tokens + len(tokens)] = tokens
        self.n_tokens += len(tokens)

    def generate(self, tokens: Sequence[int], *, temp: float, top_p: float, grammar: str | None) -> Iterator[int]:
        assert self.input_ids[: self.n_tokens].tolist() == list(tokens)[: self.n_tokens]
        self.eval(tokens[self.n_tokens :])
        seed = None if self._seed == SEED_OF_CHANCE else f"{self._seed} {tokens} {self._self!r}"
        chance = random.Random(seed)
        said = [*grammar.encode(), END] if grammar else None
        while True:
            time.sleep(0.001)
            token = said.pop(0) if said else FIRST_WORD + chance.randrange(len(WORDS))
            yield token
            self.eval([token])

    def close(self) -> None:
        self.n_tokens = 0


def fake_engine(path: Path, context: int) -> LlamaEngine:
    """Open a model as `LlamaEngine.open` does."""

    def template(messages: Sequence[dict[str, Any]]) -> SimpleNamespace:
        return SimpleNamespace(prompt="".join(f"{it['role']}: {it['content']}\n" for it in messages))

    return LlamaEngine(
        FakeLlama(path, context), template, is_end=lambda token: token == END, grammar=lambda _: '{"calm": true}'
    )
