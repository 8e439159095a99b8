"""Which modules share a process: the data that Envoy, the supervisor and the servers all read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A server process of the node, and the modules in it."""

    name: str
    modules: Sequence[str]
    replicas: int = 1
    single_writer: bool = False
    """Whether it owns the event log, so that only one instance may write at a time."""
    heir: bool = False
    """Whether it has files of its own, so that the next instance serves only once the one before has let go of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """The server processes of a node. Every module is in exactly one of them."""

    processes: Sequence[Process]

    def __post_init__(self) -> None:
        names = [name for process in self.processes for name in process.modules]
        if len(names) != len(set(names)):
            raise ValueError(f"a module is in more than one process: {sorted(names)}")

    def process(self, name: str) -> Process:
        """Return the process called *name*.

        Raises:
            ValueError: there is none.

        """
        for process in self.processes:
            if process.name == name:
                return process
        raise ValueError(f"unknown process {name!r}; there are {[process.name for process in self.processes]}")

    def home(self, module: str) -> Process:
        """Return the process that serves *module*.

        Raises:
            ValueError: no process does.

        """
        for process in self.processes:
            if module in process.modules:
                return process
        raise ValueError(f"no process serves module {module!r}")

    def host(self, module: str) -> str | None:
        """Return the name of the process that serves *module*, the sidecar included; ``None`` if none does."""
        if module in SIDECAR_MODULES:
            return SIDECAR
        return next((process.name for process in self.processes if module in process.modules), None)


SIDECAR: Final = "sidecar"
"""The process that supervises the others."""
SIDECAR_MODULES: Final = ("node", "recovery")
"""What it serves itself, in every topology."""

SPLIT: Final = Topology(
    processes=(
        Process(name="log", modules=("events",), single_writer=True),
        Process(name="kernel", modules=("helloria", "reflexia", "resilience", "zeroia")),
        Process(name="mind", modules=("memory", "assistantia"), heir=True),
    )
)
"""One process for what must be durable, one for what decides, one for what remembers, which is heavy."""

ALL_IN_ONE: Final = Topology(
    processes=(
        Process(
            name="node",
            modules=("events", "helloria", "reflexia", "resilience", "zeroia", "memory", "assistantia"),
            single_writer=True,
        ),
    )
)
"""Everything in one process, for small machines."""
