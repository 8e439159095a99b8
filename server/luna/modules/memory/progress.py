"""How far a long piece of work has come, for everybody who watches it."""

import asyncio


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
        self._changed = asyncio.Event()

    def reach(self, position: int) -> None:
        """Note that *position* was reached."""
        self.position = position
        self._tell()

    def finish(self) -> None:
        """Note that nothing more will come."""
        self.done = True
        self._tell()

    async def changed(self) -> None:
        """Wait until there is news."""
        await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
