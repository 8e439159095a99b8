"""The port through which the supervisor tells the mesh where each process listens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class Endpoints(Protocol):
    """Takes the sockets of each process and sends traffic there, and nowhere else."""

    def publish(self, process: str, sockets: Sequence[Path]) -> None:
        """Make *sockets* the whole set of endpoints of *process*, in one step.

        Called before the mesh starts, and whenever a replica has moved. A
        crash does not call it: a restarted process listens on its old path.
        """
        ...

    async def settled(self, process: str, sockets: Sequence[Path], *, seconds: float) -> None:
        """Wait until calls are sent to all of *sockets*, or *seconds* have passed."""
        ...


class NoEndpoints:
    """A node without a mesh: peers find each other by the stable links alone."""

    def publish(self, process: str, sockets: Sequence[Path]) -> None:
        """Tell nobody."""

    async def settled(self, process: str, sockets: Sequence[Path], *, seconds: float) -> None:
        """Wait for nobody."""
