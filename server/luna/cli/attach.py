"""Runs the sidecar beside processes that somebody else starts: the kubelet, systemd, whoever supervises."""

import argparse
from collections.abc import Sequence

from luna.settings import Settings
from luna.sidecar.frugal import UNNEEDED, doing_without
from luna.topology import ALL_IN_ONE, SPLIT


def attach(arguments: Sequence[str], settings: Settings) -> int:
    """Look after the processes of a node until told to stop, and return the exit code."""
    sidecar_parser().parse_args(arguments)
    with doing_without(*UNNEEDED):
        import asyncio

        from luna.sidecar.plan import Plan
        from luna.sidecar.running import run_attached
    topology = ALL_IN_ONE if settings.all_in_one else SPLIT
    return asyncio.run(run_attached(Plan(settings=settings, topology=topology, attached=True)))


def sidecar_parser() -> argparse.ArgumentParser:
    """Return what reads the arguments of ``arkalia sidecar``."""
    return argparse.ArgumentParser(
        prog="arkalia sidecar", description="Look after a node whose processes somebody else starts."
    )
