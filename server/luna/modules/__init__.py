"""The modules a node is made of. A new module adds its line here."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from luna.manifest import Module

NAMES: Final = ("events", "helloria", "reflexia", "zeroia")


def load(name: str) -> Module:
    """Import the module called *name*; a process loads only those that it serves."""
    module: Module = import_module(f"luna.modules.{name}").MODULE
    return module


def load_all() -> Mapping[str, Module]:
    """Import every module, for tools that look at the whole contract."""
    return {name: load(name) for name in NAMES}
