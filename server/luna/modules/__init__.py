"""The modules a node is made of, one folder each. Which process serves them is said by the topology."""

from importlib import import_module

from luna.manifest import Module


def load(name: str) -> Module:
    """Import the module called *name*; a process loads only those that it serves."""
    module: Module = import_module(f"luna.modules.{name}").MODULE
    return module
