"""Reads what a GGUF file says of the model in it, without loading it."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import BinaryIO, Final

VERSIONS: Final = (2, 3)
FACTS_MAX: Final = 65_536
TENSORS_MAX: Final = 1_000_000
DIMENSIONS_MAX: Final = 8
TEXT_BYTES_MAX: Final = 16 * 2**20
NESTING_MAX: Final = 3
_TEXT: Final = 8
_ARRAY: Final = 9
_NUMBERS: Final = {
    0: struct.Struct("<B"),
    1: struct.Struct("<b"),
    2: struct.Struct("<H"),
    3: struct.Struct("<h"),
    4: struct.Struct("<I"),
    5: struct.Struct("<i"),
    6: struct.Struct("<f"),
    7: struct.Struct("<?"),
    10: struct.Struct("<Q"),
    11: struct.Struct("<q"),
    12: struct.Struct("<d"),
}
_U32: Final = _NUMBERS[4]
_U64: Final = _NUMBERS[10]
_KINDS: Final = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    19: "IQ2_XXS",
    20: "IQ2_XS",
    21: "Q2_K_S",
    22: "IQ3_XS",
    23: "IQ3_XXS",
    24: "IQ1_S",
    25: "IQ4_NL",
    26: "IQ3_S",
    27: "IQ3_M",
    28: "IQ2_S",
    29: "IQ2_M",
    30: "IQ4_XS",
    31: "IQ1_M",
    32: "BF16",
    36: "TQ1_0",
    37: "TQ2_0",
    38: "MXFP4",
}
"""What `general.file_type` means."""


class GgufError(Exception):
    """The file is damaged, or holds no model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufHead:
    """What stands before the weights. What is 0 or empty is not known."""

    architecture: str
    parameters: int
    context_tokens: int
    quantization: str
    part: int
    """Which part of a model in several files this is, from 0."""


def read_head(file: BinaryIO, size: int) -> GgufHead:
    """Return what a file of *size* bytes says of its model.

    Raises:
        GgufError: it is damaged, or holds no model.

    """
    head = _Head(file, size)
    if head.bytes(4) != b"GGUF":
        raise GgufError("it is no GGUF file")
    if (version := head.number(_U32)) not in VERSIONS:
        raise GgufError(f"it is of version {version} of the format; known are {VERSIONS}")
    tensors, facts = head.count(TENSORS_MAX), head.count(FACTS_MAX)
    known = dict(head.fact() for _ in range(facts))
    parameters = sum(head.tensor() for _ in range(tensors))
    return _summary(known, parameters)


def _summary(known: Mapping[str, object], parameters: int) -> GgufHead:
    architecture = known.get("general.architecture")
    if not isinstance(architecture, str):
        raise GgufError("it does not say what architecture its model has")
    if _whole(known.get("split.count")) > 1:
        # Only the tensors of this part were counted.
        parameters = 0
    return GgufHead(
        architecture=architecture,
        parameters=_whole(known.get("general.parameter_count")) or parameters,
        context_tokens=_whole(known.get(f"{architecture}.context_length")),
        quantization=_KINDS.get(_whole(known.get("general.file_type"), -1), ""),
        part=_whole(known.get("split.no")),
    )


def _whole(value: object, otherwise: int = 0) -> int:
    return value if isinstance(value, int) and value >= 0 else otherwise


class _Head:
    """Reads from the beginning of the file on, and never beyond its end."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size

    def bytes(self, count: int) -> bytes:
        self._take(count)
        content = self._file.read(count)
        if len(content) < count:
            raise GgufError("it ends too early")
        return content

    def number(self, kind: struct.Struct) -> int:
        return int(kind.unpack(self.bytes(kind.size))[0])

    def count(self, most: int) -> int:
        if (count := self.number(_U64)) > most:
            raise GgufError(f"it tells of {count} things where there are at most {most}")
        return count

    def text(self) -> str:
        return self.bytes(self.count(TEXT_BYTES_MAX)).decode(errors="replace")

    def fact(self) -> tuple[str, object]:
        return self.text(), self._value(self.number(_U32), NESTING_MAX)

    def tensor(self) -> int:
        """Return how many weights the next tensor has."""
        self.text()
        dimensions = self.number(_U32)
        if dimensions > DIMENSIONS_MAX:
            raise GgufError(f"it has a tensor of {dimensions} dimensions")
        weights = prod(self.number(_U64) for _ in range(dimensions))
        self.number(_U32)
        if self.number(_U64) > self._left:
            raise GgufError("it ends before its last weights: it was not copied to the end")
        return weights

    def _value(self, kind: int, nesting: int) -> object:
        if kind == _TEXT:
            return self.text()
        if kind == _ARRAY and nesting:
            self._skip_array(nesting)
            return None
        if kind not in _NUMBERS:
            raise GgufError(f"it has a value of the unknown kind {kind}")
        number: object = _NUMBERS[kind].unpack(self.bytes(_NUMBERS[kind].size))[0]
        return number

    def _skip_array(self, nesting: int) -> None:
        kind, count = self.number(_U32), self.count(self._left)
        if kind in _NUMBERS:
            self._skip(count * _NUMBERS[kind].size)
            return
        for _ in range(count):
            if kind == _TEXT:
                self._skip(self.number(_U64))
            else:
                self._value(kind, nesting - 1)

    def _skip(self, count: int) -> None:
        self._take(count)
        self._file.seek(count, 1)

    def _take(self, count: int) -> None:
        if count > self._left:
            raise GgufError("it ends too early")
        self._left -= count
