"""What the observe step needs of a tracer. Without a collector there is none, nor are its libraries loaded."""

from typing import Protocol

from luna.transport.call import Call


class Spans(Protocol):
    """What the observe step needs of a tracer."""

    def start(self, call: Call) -> None:
        """Begin the span of *call*, as a child of the one that its headers name."""
        ...

    def end(self, call: Call, code: int) -> None:
        """End the span of *call* with its status."""
        ...
