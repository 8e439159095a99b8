"""What Envoy calls things that it is asked about later."""

from typing import Final

EDGE: Final = "edge"
"""The front door: its listener, its figures and its routes."""
STREAMS: Final = "_streams"
"""What the name of the cluster for the streams of a process ends with. That for its other calls is the process'."""
URGENT: Final = "_urgent"
"""And that of the cluster for its urgent calls with one answer."""
