"""What answers are made from: the ports to memory and to the record of decisions."""

from collections.abc import Sequence
from typing import Protocol

from luna.modules.assistantia.asking import AboutNode
from luna.modules.assistantia.domain import Passage


class SourceDownError(Exception):
    """It cannot be asked now. The message says why."""


class Sources(Protocol):
    """The rest of the node, as answers need it."""

    async def recall(self, namespace: str, question: str, limit: int) -> Sequence[Passage]:
        """Return what memory has on *question*, the best first.

        Raises:
            SourceDownError: memory does not answer.

        """
        ...

    async def decisions(self, about: AboutNode) -> Sequence[Passage]:
        """Return the newest decision of that kind, explained; nothing if there is none.

        Raises:
            SourceDownError: the record of decisions does not answer.

        """
        ...
