"""Runs the sidecar of a node, which the keeper starts."""

import asyncio
from collections.abc import Sequence

from luna.settings import Settings
from luna.sidecar.node import run
from luna.topology import ALL_IN_ONE, SPLIT


def supervise(arguments: Sequence[str], settings: Settings) -> int:
    """Run a node until it is told to stop, and return the exit code."""
    topology = ALL_IN_ONE if settings.all_in_one else SPLIT
    return asyncio.run(run(settings, topology, verbose="--verbose" in arguments))
