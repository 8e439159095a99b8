"""Runs one server process of a node; the sidecar has these started."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from luna.cli.loading import give_way, load
from luna.settings import Settings
from luna.sidecar.frugal import UNUSED, doing_without
from luna.sidecar.places import socket_link
from luna.topology import ALL_IN_ONE, SPLIT, Topology


def serve(arguments: Sequence[str], settings: Settings) -> int:
    """Serve until told to stop, and return the exit code."""
    topology = ALL_IN_ONE if settings.all_in_one else SPLIT
    stands_by = arguments[:1] == ["--standby"]
    if stands_by:
        from luna.cli.standby import stand_by

        arguments = stand_by(Path(arguments[1]), topology)
    given = serve_parser([process.name for process in topology.processes]).parse_args(arguments)
    process = topology.process(given.process)
    if process.heir and not stands_by:
        # Where everything starts at once, the node is of use without it, and not without the others.
        others = [each.name for each in topology.processes if not each.heir]
        give_way([socket_link(given.socket.parent, name, 0) for name in others])
        load(Topology(processes=(process,)))
    # Half a second, which a standby has behind it.
    with doing_without(*UNUSED):
        from luna.app import Place, serve_process

    place = Place(topology=topology, process=process, replica=given.replica, socket=given.socket)
    return serve_process(settings, place)


def serve_parser(processes: Sequence[str]) -> argparse.ArgumentParser:
    """Return what reads the arguments of ``arkalia serve`` for one of *processes*."""
    parser = argparse.ArgumentParser(prog="arkalia serve", description="Serve one process of a node.")
    parser.add_argument("process", choices=processes)
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--replica", type=int, default=0)
    parser.add_argument("--generation", type=int, default=0)
    return parser
