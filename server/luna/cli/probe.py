"""Asks one process of a node whether it serves, for whoever supervises it."""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from luna.settings import Settings
from luna.topology import ALL_IN_ONE, SIDECAR, SPLIT

_ASK_SECONDS: Final = 2.0


def probe(arguments: Sequence[str], settings: Settings) -> int:
    """Ask, and return 0 if it serves. For the sidecar it is enough to answer, whatever becomes of the rest."""
    given = probe_parser(settings).parse_args(arguments)
    import asyncio

    from luna.sidecar.health_probe import HealthProbe
    from luna.sidecar.places import run_directory, socket_link
    from luna.sidecar.probing import Answer

    async def ask() -> Answer:
        asked = HealthProbe(socket_link(run_directory(settings), given.process, given.replica))
        try:
            return await asked.ask(seconds=_ASK_SECONDS)
        finally:
            await asked.aclose()

    answer = asyncio.run(ask())
    well = answer.answered if given.process == SIDECAR else answer.serving
    if not well:
        sys.stderr.write(f"arkalia: {given.process}-{given.replica} {answer.reason}\n")
    return 0 if well else 1


def probe_parser(settings: Settings) -> argparse.ArgumentParser:
    """Return what reads the arguments of ``arkalia probe``."""
    topology = ALL_IN_ONE if settings.all_in_one else SPLIT
    parser = argparse.ArgumentParser(prog="arkalia probe", description="Ask one process whether it serves.")
    parser.add_argument("process", choices=[SIDECAR, *(process.name for process in topology.processes)])
    parser.add_argument("--replica", type=int, default=0)
    return parser
