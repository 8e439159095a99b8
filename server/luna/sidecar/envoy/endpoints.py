"""Tells Envoy on which sockets a process can be reached now."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from luna.sidecar.envoy.template import Json, typed


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFiles:
    """Publishes endpoints as files that Envoy watches.

    A process that is being restarted stays published: Envoy holds calls back and tries again until it is there. Only
    a replica that is gone for good is left out.
    """

    folder: Path
    _versions: "count[int]" = field(default_factory=lambda: count(1))

    def publish(self, process: str, sockets: Sequence[Path]) -> None:
        """Make *sockets* the endpoints of *process*."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = self._file(process)
        draft = target.with_suffix(".draft")
        draft.write_text(json.dumps(_discovery(process, sockets, str(next(self._versions)))))
        # Envoy reads the file when it is renamed into place, and never half of it.
        draft.rename(target)

    def published(self, process: str) -> bool:
        """Return whether Envoy was told where *process* is."""
        return self._file(process).exists()

    def _file(self, process: str) -> Path:
        return self.folder / f"{process}.json"


def _discovery(process: str, sockets: Sequence[Path], version: str) -> Json:
    endpoints: Sequence[Json] = [{"endpoint": {"address": {"pipe": {"path": str(socket)}}}} for socket in sockets]
    assignment = typed(
        "envoy.config.endpoint.v3.ClusterLoadAssignment",
        cluster_name=process,
        endpoints=[{"lb_endpoints": endpoints}],
    )
    return {"version_info": version, "resources": [assignment]}
