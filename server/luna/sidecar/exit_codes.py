"""The exit codes of ``arkalia up`` and of the server processes, after sysexits."""

from enum import IntEnum, unique
from typing import Final


@unique
class ExitCode(IntEnum):
    """Why a process ended, for scripts and for the supervisor."""

    OK = 0
    FAILURE = 1
    """Something that has no code of its own."""
    USAGE = 64
    DATA_CORRUPT = 65
    """The event log is damaged."""
    PORT_TAKEN = 69
    """An address that the node needs is used by another program."""
    SOFTWARE = 70
    """A process of the node does not come up."""
    ENVOY_MISSING = 72
    HOME_UNUSABLE = 73
    """The data folder cannot be created or written."""
    NODE_RUNNING = 75
    """Another node uses the same data folder."""
    SETTINGS = 78
    """A setting is unknown or malformed."""


FATAL: Final = frozenset(
    {ExitCode.USAGE, ExitCode.DATA_CORRUPT, ExitCode.PORT_TAKEN, ExitCode.HOME_UNUSABLE, ExitCode.SETTINGS}
)
"""Exit codes of a server process that starting it again cannot mend: the supervisor stops the node."""
