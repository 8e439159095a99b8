"""Looks at the file of a log before it is used, for as long as it may."""

import threading
from pathlib import Path
from typing import Final

import apsw

from luna.adapters.sqlite_log_proof import DamagedError, checked
from luna.adapters.sqlite_log_recovery import survey
from luna.adapters.sqlite_log_schema import APPLICATION_ID, FORMAT, number, open_reader, text
from luna.kernel.event_errors import LogReadOnlyError
from luna.kernel.log_admin import CorruptLogError

NEWEST_CHECKED: Final = 1_000


def inspect(path: Path, seconds: float) -> None:
    """Check the structure of the file for up to *seconds*, and the hashes of the newest events.

    Raises:
        CorruptLogError: it is damaged.
        LogReadOnlyError: a newer version of the program wrote it.

    """
    if not path.exists() or path.stat().st_size == 0:
        return
    try:
        why = _complaint(path, seconds)
    except (apsw.CorruptError, apsw.NotADBError, apsw.IOError, DamagedError) as error:
        why = str(error)
    if why:
        raise CorruptLogError(path, survey(path), why)


def _complaint(path: Path, seconds: float) -> str:
    connection = open_reader(path)
    try:
        version = number(connection, "PRAGMA user_version")
        if version == 0 and number(connection, "SELECT count(*) FROM sqlite_schema") == 0:
            return ""
        if number(connection, "PRAGMA application_id") != APPLICATION_ID:
            return "it is not an event log"
        if version > FORMAT:
            raise LogReadOnlyError(path, f"its format {version} is newer than this program")
        for _ in checked(connection, newest=NEWEST_CHECKED):
            pass
        return _structure(connection, seconds)
    finally:
        connection.close()


def _structure(connection: apsw.Connection, seconds: float) -> str:
    """Return what SQLite finds wrong within *seconds*."""
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        found = text(connection, "PRAGMA quick_check(1)")
    except apsw.InterruptError:
        return ""
    finally:
        timer.cancel()
        timer.join()
    return "" if found == "ok" else found
