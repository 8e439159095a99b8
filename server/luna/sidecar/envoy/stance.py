"""What a node does with calls at its level of degradation, as the mesh sees it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Self

from arkalia.options.v1 import method_pb2

from luna.resilience.levels import Level, Treatment, treatment
from luna.sidecar.envoy.contract import Rpc
from luna.sidecar.envoy.template import Json

_PRIORITY: Final = "PRIORITY_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stance:
    """How much of its work the node does, and which services do none."""

    level: Level = Level.NORMAL
    suspended: Collection[str] = ()

    def treats(self, rpc: Rpc) -> Treatment:
        """Return what is done with calls of *rpc*."""
        if rpc.control:
            return Treatment.FULL
        return Treatment.REFUSED if rpc.service in self.suspended else treatment(self.level, rpc.priority)

    def to_json(self) -> Json:
        """Return the stance as it is kept in the file of the routes."""
        return {"level": self.level.name, "suspended": sorted(self.suspended)}

    @classmethod
    def from_json(cls, kept: Mapping[str, object]) -> Self:
        """Return the stance that was *kept*.

        Raises:
            ValueError: it is not one.

        """
        level, suspended = kept.get("level"), kept.get("suspended")
        if level not in Level.__members__ or not isinstance(suspended, list):
            raise ValueError(f"not a level and its suspended services: {kept}")
        return cls(level=Level[str(level)], suspended=frozenset(map(str, suspended)))


def priority_name(rpc: Rpc) -> str:
    """Return the priority of *rpc* as people call it, such as ``LOW``."""
    return method_pb2.Priority.Name(rpc.priority).removeprefix(_PRIORITY)  # type: ignore[arg-type]
