"""Reads the parts of the Envoy configuration that people edit."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
Json: TypeAlias = Mapping[str, JsonValue]

_PACKAGE: Final = Path(__file__).resolve().parents[2]
_REPOSITORY: Final = _PACKAGE.parents[1]
_PLACES: Final = {
    "envoy": "mesh/envoy",
    "arkalia.binpb": "proto/gen/arkalia.binpb",
    "openapi.json": "proto/gen/openapi.json",
}


def contract_file(name: str) -> Path:
    """Return where *name* is: in the installed package, else in the checkout.

    *name* is ``arkalia.binpb``, ``openapi.json`` or a file under ``envoy/``.

    Raises:
        FileNotFoundError: it is in neither.

    """
    first, _, rest = name.partition("/")
    for path in (_PACKAGE / "contract" / first / rest, _REPOSITORY / _PLACES[first] / rest):
        if path.exists():
            return path
    raise FileNotFoundError(f"{name} is missing; run `make gen` in a checkout, or install the package again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The fragments of ``mesh.toml``, and the Lua that checks JSON."""

    fragments: Mapping[str, Json]
    strict_json: str

    def __getitem__(self, name: str) -> Json:
        return self.fragments[name]

    def part(self, name: str, key: str) -> Json:
        """Return table *key* of fragment *name*."""
        part = self.fragments[name][key]
        if not isinstance(part, Mapping):
            raise TypeError(f"[{name}.{key}] of mesh.toml is not a table")
        return part

    def number(self, name: str, key: str) -> float:
        """Return the number *key* of fragment *name*."""
        number = self.fragments[name][key]
        if not isinstance(number, int | float):
            raise TypeError(f"{key} in [{name}] of mesh.toml is not a number")
        return number

    def counts(self, name: str, key: str) -> Mapping[str, int]:
        """Return table *key* of fragment *name*, in which everything is counted."""
        part = self.part(name, key)
        counts = {field: count for field, count in part.items() if isinstance(count, int)}
        if len(counts) < len(part):
            raise TypeError(f"[{name}.{key}] of mesh.toml has more than whole numbers")
        return counts

    def words(self, name: str, key: str) -> Sequence[str]:
        """Return the list of strings *key* of fragment *name*."""
        words = self.fragments[name][key]
        if isinstance(words, str) or not isinstance(words, Sequence):
            raise TypeError(f"{key} in [{name}] of mesh.toml is not a list")
        return [str(word) for word in words]


@cache
def load_template() -> Template:
    """Read ``mesh.toml`` and ``strict_json.lua``."""
    return Template(
        fragments=tomllib.loads(contract_file("envoy/mesh.toml").read_text()),
        strict_json=contract_file("envoy/strict_json.lua").read_text(),
    )


def typed(message: str, **fields: JsonValue) -> Json:
    """Return a ``google.protobuf.Any`` that holds *message*."""
    return {"@type": f"type.googleapis.com/{message}", **fields}


def extension(name: str, message: str, **fields: JsonValue) -> Json:
    """Return the configuration of the Envoy extension called *name*."""
    return {"name": name, "typed_config": typed(message, **fields)}


def seconds(value: float) -> str:
    """Return *value* as Envoy writes durations."""
    return f"{value:.3f}s"
