"""The ``arkalia`` command."""

import os
import sys
from collections.abc import Mapping, Sequence
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
    if arguments[:1] == ["serve"]:
        from luna.cli.serve import serve

        return serve(arguments[1:], settings)
    if arguments[:1] == ["supervise"]:
        from luna.cli.supervise import supervise

        return supervise(arguments[1:], settings)
    from luna.cli.main import command

    return command(arguments, settings)
