"""What is recorded and on its way into the index."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from arkalia.memory.v1 import memory_pb2 as pb

from luna.kernel.memory_rows import Key
from luna.modules.memory.facts import Fact
from luna.modules.memory.requests import Retained, Retaining

CHARACTERS_MAX: Final = 1024
"""How many of a text count: a model looks at the beginning of a long one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Applying:
    """A fact on its way into the index, and who waits for that."""

    fact: Fact
    keys: Sequence[Key]
    memories: Sequence[pb.NewMemory]
    """Those of the keys."""
    request: Retaining
    outcome: Retained
    followers: list[Retaining] = field(default_factory=list)
    """Who has brought the same meanwhile, and waits for it to be visible."""

    @property
    def characters(self) -> int:
        """How many characters are still to be embedded."""
        return sum(min(len(row.text), CHARACTERS_MAX) for row in self.fact.rows) if self.fact.is_bare else 0

    def again(self, request: Retaining) -> Retained:
        """Return the outcome of *request*, which brings the same again."""
        return replace(self.outcome, new=0, duplicates=len(request.memories), vectors=None)


class UnderWay(NamedTuple):
    """A memory that is recorded and not in the index yet."""

    memory: pb.NewMemory
    applying: Applying
