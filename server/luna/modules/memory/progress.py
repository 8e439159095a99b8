"""How far a long piece of work has come, for everybody who watches it."""

from luna.kernel.bell import Bell


class Progress:
    """How far the index is."""

    def __init__(self) -> None:
        self.position = 0
        """The position of the log that was reached."""
        self.head = 0
        """Where it ended when the work began."""
        self.memories = 0
        self.done = False
        self.failure: Exception | None = None
        """Why it has ended before it was done."""
        self._changed = Bell()

    def reach(self, position: int) -> None:
        """Note that *position* was reached."""
        self.position = position
        self._changed.ring()

    def finish(self) -> None:
        """Note that nothing more will come."""
        self.done = True
        self._changed.ring()

    async def changed(self) -> None:
        """Wait until there is news."""
        await self._changed.wait()
