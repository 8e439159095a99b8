"""The ``arkalia`` command."""

import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Final

from luna.settings import Settings

USAGE: Final = 64
CONFIGURATION: Final = 78
"""As in ``sysexits.h``."""
_LASTING: Final[Mapping[str, str]] = {
    **{name: name for name in ("up", "serve", "supervise", "envoy", "probe")},
    "sidecar": "attach",
}
"""Commands that run for long, or start what does, and the module with a function of its name that each is."""


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
    if arguments and arguments[0] in _LASTING:
        # What is loaded stays; to look for garbage in it again and again takes a twentieth of a start.
        gc.set_threshold(20_000, 50, 100)
        return _lasting(_LASTING[arguments[0]])(arguments[1:], settings)
    from luna.cli.main import command

    return command(arguments, settings)


def _lasting(name: str) -> Callable[[Sequence[str], Settings], int]:
    function: Callable[[Sequence[str], Settings], int] = getattr(import_module(f"luna.cli.{name}"), name)
    return function
