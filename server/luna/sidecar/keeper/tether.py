"""Starts a process that does not outlive this one.

The order matters: a parent that is gone before the death signal is set would
never send it, so the parent is looked at last. Forking is safe here, and only
here: the keeper has one thread, and knows nothing of gRPC.
"""

import os
import signal

from luna.sidecar.keeper.wire import LINK

_PR_SET_PDEATHSIG = 1
_SAID_BYTES_MAX = 1024


class StartError(Exception):
    """The process could not be started. The message says why."""


def start(command: list[str], *, log: int | None, link: int | None = None) -> int:
    """Start *command* in a session of its own, tied to this process, and return its pid.

    It writes to *log*, or where this process does. *link* becomes its descriptor 3.

    Raises:
        StartError: there is no such program, or no room for another process.

    """
    parent = os.getpid()
    # Closed by a successful exec, so that the end of the file says that the command runs.
    hear, say = os.pipe()
    try:
        pid = os.fork()
    except OSError as error:
        os.close(hear)
        os.close(say)
        raise StartError(f"cannot start another process: {error.strerror}") from error
    if pid == 0:
        _become(command, parent, say, log=log, link=link)
    os.close(say)
    said = os.read(hear, _SAID_BYTES_MAX)
    os.close(hear)
    if said:
        os.waitpid(pid, 0)
        raise StartError(said.decode(errors="replace"))
    return pid


def _become(command: list[str], parent: int, say: int, *, log: int | None, link: int | None) -> None:
    try:
        # A group of its own: Ctrl-C in a terminal reaches the keeper alone, which has the node stopped in order.
        os.setsid()
        _tie(parent)
        _arrange(log, link)
        # Python ignores it, and what is ignored stays so in what is executed.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.execvp(command[0], command)  # noqa: S606  a command of the sidecar, no shell
    except Exception as error:  # noqa: BLE001  there is nobody else to catch it, and nobody else to tell
        why = error.strerror if isinstance(error, OSError) else repr(error)
        os.write(say, f"cannot run {command[0]}: {why}".encode(errors="replace")[:_SAID_BYTES_MAX])
    finally:
        # Whatever happened: there must not be a second keeper.
        os._exit(127)


def _tie(parent: int) -> None:
    # Here and not above: it would take half a megabyte for as long as the keeper lives.
    import ctypes  # noqa: PLC0415

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"no death signal: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:
        os._exit(127)


def _arrange(log: int | None, link: int | None) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    if log is not None:
        os.dup2(log, 1)
        os.dup2(log, 2)
    if link is not None:
        # A copy first: what is its own target would stay private.
        os.dup2(os.dup(link), LINK)
