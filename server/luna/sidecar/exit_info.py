"""Asks the kernel how a process ended that was somebody else's child."""

import asyncio
import fcntl
import os
import struct
from typing import Final

_GET_INFO: Final = 0xC040FF0B
"""``PIDFD_GET_INFO``, for the 64 bytes below."""
_EXIT: Final = 1 << 3
"""``PIDFD_INFO_EXIT``: how it ended is wanted, and, in the answer, known. Since Linux 6.15."""
_INFO: Final = struct.Struct("<QQ11Ii")
_LOOKS: Final = 10
_LOOK_SECONDS: Final = 0.01


async def exit_status(pidfd: int) -> int | None:
    """Return the exit code of a process that has ended, or the signal that ended it, negative; ``None``: unknown.

    The kernel tells it once the parent of the process has heard it, which takes a moment.
    """
    for _ in range(_LOOKS):
        try:
            said = fcntl.ioctl(pidfd, _GET_INFO, _INFO.pack(_EXIT, *[0] * 13))
        except OSError:
            return None
        mask, *_, status = _INFO.unpack(said)
        if mask & _EXIT:
            return -(status & 0x7F) if status & 0x7F else os.waitstatus_to_exitcode(status)
        await asyncio.sleep(_LOOK_SECONDS)
    return None
