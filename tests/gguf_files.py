"""Writes GGUF files for tests, among them a small model that llama.cpp loads."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tests.fake_models import WORDS

TEMPLATE = "{% for m in messages %}{{ bos_token }}{{ m.role }} {{ m.content }}{{ eos_token }}{% endfor %}"
WIDTH = 32
WORD, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6


def gguf(facts: Mapping[str, Any], tensors: Mapping[str, np.ndarray[Any, Any]], *, version: int = 3) -> bytes:
    """Return a file with *facts* before *tensors* of 32-bit numbers."""
    head = struct.pack("<4sIQQ", b"GGUF", version, len(tensors), len(facts))
    head += b"".join(_text(name) + _value(value) for name, value in facts.items())
    weights = b""
    for name, tensor in tensors.items():
        shape = struct.pack(f"<I{tensor.ndim}Q", tensor.ndim, *tensor.shape[::-1])
        head += _text(name) + shape + struct.pack("<IQ", 0, len(weights))
        weights += _padded(tensor.astype("<f4").tobytes())
    return _padded(head) + weights


def tiny_model(seed: int = 10, *, context: int = 512, **facts: Any) -> bytes:
    """Return a model of some ten thousand weights by chance, which says words of `WORDS` and hardly ever ends."""
    words = [f"▁{word}" for word in WORDS] + list('{}[]":, abcdefghijklmnopqrstuvwxyz▁')
    vocabulary = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *dict.fromkeys(words)]
    kinds = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256, *[WORD] * (len(vocabulary) - 259)]
    chance = np.random.default_rng(seed)

    def weights(*shape: int) -> np.ndarray[Any, Any]:
        return chance.normal(0, 1, shape) / np.sqrt(shape[-1])

    output = weights(len(vocabulary), WIDTH) * 4
    # What is no word is worth nothing, and nothing is much less than the words that are worth most.
    output[:259] = 0
    tensors = {"token_embd.weight": weights(len(vocabulary), WIDTH), "output.weight": output}
    tensors |= {"output_norm.weight": np.ones(WIDTH), "blk.0.attn_norm.weight": np.ones(WIDTH)}
    tensors |= {f"blk.0.attn_{part}.weight": weights(WIDTH, WIDTH) for part in ("q", "k", "v", "output")}
    tensors |= {"blk.0.ffn_norm.weight": np.ones(WIDTH), "blk.0.ffn_down.weight": weights(WIDTH, 2 * WIDTH)}
    tensors |= {f"blk.0.ffn_{part}.weight": weights(2 * WIDTH, WIDTH) for part in ("gate", "up")}
    known: Mapping[str, Any] = {
        "general.architecture": "llama",
        "general.file_type": 0,
        "llama.context_length": context,
        "llama.embedding_length": WIDTH,
        "llama.block_count": 1,
        "llama.feed_forward_length": 2 * WIDTH,
        "llama.attention.head_count": 2,
        "llama.attention.head_count_kv": 2,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": WIDTH // 2,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": vocabulary,
        "tokenizer.ggml.scores": [0.0] * 259 + [float(-at) for at in range(len(vocabulary) - 259)],
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.chat_template": TEMPLATE,
    }
    return gguf({**known, **facts}, tensors)


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    return struct.pack("<I", 9) + _array(value)


def _array(values: Sequence[Any]) -> bytes:
    # The kinds of tokens have to be whole numbers with a sign: llama.cpp looks.
    kind = 5 if isinstance(values[0], int) else struct.unpack("<I", _value(values[0])[:4])[0]
    return struct.pack("<IQ", kind, len(values)) + b"".join(_value(value)[4:] for value in values)


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 32)
