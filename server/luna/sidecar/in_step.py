"""Keeps Envoy in step with the level of degradation."""

import asyncio
import logging
from typing import Final

from luna.sidecar.mesh import Mesh
from luna.transport.levels import CurrentLevel

_LOOK_SECONDS: Final = 0.1
_LOOKS: Final = 50
"""How often it is looked whether Envoy goes by another level."""
_AGAIN_SECONDS: Final = 1.0
_log = logging.getLogger(__name__)


class InStep:
    """Tells Envoy each change of the level; `run` is a background loop."""

    def __init__(self, mesh: Mesh, level: CurrentLevel) -> None:
        self._mesh = mesh
        self._level = level
        self._changed = asyncio.Event()
        level.listen(lambda _: self._changed.set())

    async def run(self) -> None:
        """Have Envoy follow the level, forever."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            level = self._level.level
            try:
                self._mesh.follow(level, suspended=self._level.suspended)
            except OSError as error:
                # The processes refuse by themselves meanwhile.
                _log.warning("Envoy cannot be told the level", extra={"level": level.name, "why": str(error)})
                await asyncio.sleep(_AGAIN_SECONDS)
                self._changed.set()
                continue
            if not await self._effective():
                _log.warning("Envoy does not go by the level", extra={"level": level.name})

    async def _effective(self) -> bool:
        """Wait until Envoy goes by the level, or there is another; ``False`` if that takes too long."""
        for _ in range(_LOOKS):
            if self._changed.is_set() or await self._mesh.followed(seconds=_LOOK_SECONDS):
                return True
        return False
