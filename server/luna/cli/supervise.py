"""Runs the sidecar of a node, which the keeper starts."""

from collections.abc import Sequence

from luna.settings import Settings
from luna.sidecar.frugal import UNNEEDED, doing_without
from luna.topology import ALL_IN_ONE, SPLIT


def supervise(arguments: Sequence[str], settings: Settings) -> int:
    """Run a node until it is told to stop, and return the exit code."""
    with doing_without(*UNNEEDED):
        import asyncio

        from luna.sidecar.plan import Plan
        from luna.sidecar.running import run_plan
    topology = ALL_IN_ONE if settings.all_in_one else SPLIT
    return asyncio.run(run_plan(Plan(settings=settings, topology=topology, verbose="--verbose" in arguments)))
