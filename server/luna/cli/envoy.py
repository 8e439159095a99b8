"""Becomes the Envoy of a node whose configuration a sidecar writes, or has that one drain."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from luna.settings import Settings

_NOT_WRITTEN: Final = 75
"""As in ``sysexits.h``: it may do later."""
_LINGER_SECONDS: Final = 2.0
"""Whoever leads calls to this node may take that long to hear that it does not want any more."""


def envoy(arguments: Sequence[str], settings: Settings) -> int:
    """Become Envoy, or drain it, and return the exit code if there is one."""
    given = envoy_parser().parse_args(arguments)
    if given.drain:
        return _drain(settings)
    from luna.sidecar.envoy import configuration
    from luna.sidecar.start_errors import EnvoyMissingError

    places = configuration.Places.of(settings)
    if not places.config.exists():
        sys.stderr.write(f"arkalia: there is no {places.config} yet; `arkalia sidecar` writes it\n")
        return _NOT_WRITTEN
    try:
        command = configuration.command(settings, places)
    except EnvoyMissingError as error:
        sys.stderr.write(f"arkalia: {error}\n")
        return error.code
    return os.execv(command[0], command)  # noqa: S606  there is nothing in it that a shell would read


def envoy_parser() -> argparse.ArgumentParser:
    """Return what reads the arguments of ``arkalia envoy``."""
    parser = argparse.ArgumentParser(prog="arkalia envoy", description="Become the Envoy of a node.")
    parser.add_argument("--drain", action="store_true", help="turn new work away, and wait for the calls under way")
    return parser


def _drain(settings: Settings) -> int:
    import asyncio

    from luna.sidecar.admin import Admin

    async def drain() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(min(_LINGER_SECONDS, settings.drain_seconds)))
            await Admin(settings.admin_port).drain(seconds=settings.drain_seconds, hurry=asyncio.Event())

    asyncio.run(drain())
    return 0
