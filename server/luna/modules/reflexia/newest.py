"""The newest sample of each node."""

from typing import Final

from arkalia.reflexia.v1 import reflexia_pb2 as pb

NODES_MAX: Final = 1024
"""How many nodes are kept at hand; the rest is read from the log when asked for."""


class Newest:
    """Remembers the newest sample of each node, and of not too many nodes."""

    def __init__(self) -> None:
        self._samples: dict[str, pb.Sample] = {}

    def note(self, sample: pb.Sample) -> None:
        """Keep *sample*, unless a newer one of its node is known."""
        known = self._samples.pop(sample.node, None)
        is_newer = known is None or sample.sample_time.ToNanoseconds() >= known.sample_time.ToNanoseconds()
        self._samples[sample.node] = sample if is_newer or known is None else known
        if len(self._samples) > NODES_MAX:
            del self._samples[next(iter(self._samples))]

    def of(self, node: str) -> pb.Sample | None:
        """Return the newest sample of *node* that is at hand."""
        return self._samples.get(node)
