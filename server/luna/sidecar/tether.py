"""Runs a command that dies with its parent: ``python -S -I tether.py PARENT_PID COMMAND…``.

Only the standard library, and little of it, because every process of the
node passes through here. The order matters: a parent that is gone before the
death signal is set would never send it, so the parent is looked at last.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_USAGE = 64
_PARENT_GONE = 75
_NOT_FOUND = 127


def main(arguments: list[str]) -> int:
    """Tie this process to its parent and become the command. Return only on failure."""
    if len(arguments) < 2:  # noqa: PLR2004  the parent and a command
        sys.stderr.write("usage: tether.py PARENT_PID COMMAND...\n")
        return _USAGE
    parent, *command = arguments
    # A group of its own: Ctrl-C in a terminal reaches the supervisor alone, which stops the node in order.
    os.setsid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        sys.stderr.write(f"cannot tie {command[0]} to its parent: {os.strerror(ctypes.get_errno())}\n")
        return _PARENT_GONE
    if os.getppid() != int(parent):
        return _PARENT_GONE
    try:
        os.execvp(command[0], command)  # noqa: S606  a command of the supervisor, no shell
    except OSError as error:
        sys.stderr.write(f"cannot run {command[0]}: {error.strerror}\n")
        return _NOT_FOUND


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
