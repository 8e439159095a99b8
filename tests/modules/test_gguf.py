"""What a GGUF file says of its model is read without loading it, and damage is noticed."""

import io
import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luna.adapters.gguf import GgufError, GgufHead, read_head
from tests.gguf_files import gguf, tiny_model

WEIGHTS = {"a": np.ones((3, 4)), "b": np.ones(5)}
SMALL = gguf({"general.architecture": "llama", "nested": [[1, 2], [3]], "words": ["a", "b"], "on": True}, WEIGHTS)


def head_of(content: bytes) -> GgufHead:
    return read_head(io.BytesIO(content), len(content))


def test_a_model_is_described() -> None:
    """
    By its facts and the shapes of its tensors.
    """
    head = head_of(tiny_model(context=2048, **{"general.file_type": 15}))

    assert (head.architecture, head.context_tokens, head.quantization, head.part) == ("llama", 2048, "Q4_K_M", 0)
    assert 20_000 < head.parameters < 50_000


def test_what_is_not_said_is_not_known() -> None:
    """
    Only the weights can be counted.
    """
    assert head_of(SMALL) == GgufHead(architecture="llama", parameters=17, context_tokens=0, quantization="", part=0)


def test_a_part_of_a_model_counts_no_weights() -> None:
    """
    The others lie in other files.
    """
    facts = {"general.architecture": "llama", "split.count": 3, "split.no": 1}

    assert head_of(gguf(facts, WEIGHTS)).parameters == 0
    assert head_of(gguf(facts, WEIGHTS)).part == 1
    assert head_of(gguf({**facts, "general.parameter_count": 7000}, WEIGHTS)).parameters == 7000


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "ends too early"),
        (b"PK\x03\x04 and more", "no GGUF file"),
        (gguf({"general.architecture": "llama"}, {}, version=1), "version 1"),
        (gguf({"general.name": "nobody"}, {}), "what architecture"),
        (gguf({"general.architecture": 7}, {}), "what architecture"),
        (SMALL[:100], "ends too early"),
        (SMALL[:-64], "not copied to the end"),
        (struct.pack("<4sIQQ", b"GGUF", 3, 0, 2**40), "at most 65536"),
        (struct.pack("<4sIQQ", b"GGUF", 3, 2**40, 0), "at most 1000000"),
        (struct.pack("<4sIQQQ", b"GGUF", 3, 0, 1, 2**62), "at most 16777216"),
        (struct.pack("<4sIQQQ1sI", b"GGUF", 3, 0, 1, 1, b"x", 77), "unknown kind 77"),
        (struct.pack("<4sIQQQ1sIIQ", b"GGUF", 3, 0, 1, 1, b"x", 9, 12, 2**62), "at most"),
        (struct.pack("<4sIQQQ1sI", b"GGUF", 3, 0, 1, 1, b"x", 9) + struct.pack("<IQ", 9, 1) * 9, "unknown kind 9"),
    ],
)
def test_a_damaged_file_is_refused(content: bytes, why: str) -> None:
    """
    The error says what is wrong.
    """
    with pytest.raises(GgufError, match=why):
        head_of(content)


@given(at=st.integers(0, len(SMALL) - 1), byte=st.integers(0, 255), end=st.integers(0, len(SMALL)))
def test_damage_is_told_in_one_way(at: int, byte: int, end: int) -> None:
    """
    Whatever is wrong with the file.
    """
    damaged = bytearray(SMALL[:end])
    damaged[at : at + 1] = bytes([byte])
    with suppress(GgufError):
        head_of(bytes(damaged))
