"""Who this node is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The node and the process that a module runs in."""

    node: str
    """The node's name: the host name, unless the operator chose another."""
    process: str
    """The process and its replica, such as ``kernel-0``."""
    version: str
    started_ns: int

    @property
    def source(self) -> str:
        """The `source` of the events that this process records."""
        return f"{self.node}/{self.process}"
