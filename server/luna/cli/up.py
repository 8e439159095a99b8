"""The command ``up``."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from luna.cli import USAGE
from luna.settings import Settings
from luna.sidecar.launch import launch
from luna.sidecar.program import luna_command

_PORT_MAX: Final = 65535


def up(arguments: Sequence[str], settings: Settings) -> int:
    """Start a node, and keep it running until Ctrl-C. Return an exit code if it cannot start."""
    try:
        given = up_parser().parse_args(arguments)
    except SystemExit as said:
        return USAGE if said.code else 0
    if given.home is not None:
        settings = replace(settings, home=given.home.expanduser().absolute())
    if given.port is not None:
        settings = replace(settings, port=given.port)
    if given.all_in_one:
        settings = replace(settings, all_in_one=True)
    # Both stay for as long as the node runs, so they do without what a command line takes.
    sidecar = luna_command(settings, "supervise", *(["--verbose"] if given.verbose else []))
    return launch(settings, sidecar, endpoint=settings.endpoint)


def up_parser() -> argparse.ArgumentParser:
    """Return what reads the arguments of ``arkalia up``. The libraries of the other commands take half a start."""
    parser = argparse.ArgumentParser(
        prog="arkalia up", description="Start a node, and keep it running until Ctrl-C.", allow_abbrev=False
    )
    parser.add_argument("--all-in-one", action="store_true", help="one server process, for small machines")
    parser.add_argument("--home", type=Path, help="where the node keeps its data")
    parser.add_argument("--port", type=_port, help="the port that Envoy listens on")
    parser.add_argument("--verbose", action="store_true", help="show what the processes write")
    return parser


def _port(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= _PORT_MAX):
        raise argparse.ArgumentTypeError(f"{text!r} is not from 1 to {_PORT_MAX}")
    return int(text)
