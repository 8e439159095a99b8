"""The ``arkalia`` command."""

import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from luna.settings import Settings

USAGE: Final = 64
CONFIGURATION: Final = 78
"""As in ``sysexits.h``."""


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command, and return its exit code."""
    try:
        settings = Settings.from_env(environ)
    except ValueError as error:
        sys.stderr.write(f"arkalia: {error}\n")
        return CONFIGURATION
    # What a node writes is for its own user alone.
    os.umask(0o077)
    # What runs for long does without the libraries that the commands are made of.
    if (lasting := _lasting(arguments[:1])) is not None:
        # What is loaded stays; to look for garbage in it again and again takes a twentieth of a start.
        gc.set_threshold(20_000, 50, 100)
        return lasting(arguments[1:], settings)
    from luna.cli.main import command

    return command(arguments, settings)


def _lasting(name: Sequence[str]) -> Callable[[Sequence[str], Settings], int] | None:
    match name:
        case ["serve"]:
            from luna.cli.serve import serve as lasting
        case ["supervise"]:
            from luna.cli.supervise import supervise as lasting
        case ["sidecar"]:
            from luna.cli.attach import attach as lasting
        case ["envoy"]:
            from luna.cli.envoy import envoy as lasting
        case ["probe"]:
            from luna.cli.probe import probe as lasting
        case _:
            return None
    return lasting
