"""Keeps the keys of memories in an SQLite file beside the log, and destroys them there."""

import asyncio
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

import apsw

from luna.kernel.memory_keys import KeysFullError, KeysUnavailableError, Opened, Sealed, Unsealed

FORMAT: Final = 1
"""The version of the table, kept in ``PRAGMA user_version``."""

_ROOM_MIN_BYTES: Final = 1024 * 1024
_KEY: Final = 32
_NAME: Final = 8
_NO_KEY: Final = bytes(_KEY)
# A key seals one part and never another, so the nonce need not differ.
_NONCE: Final = bytes(12)
_PRAGMAS: Final = ("journal_mode = wal", "synchronous = full", "secure_delete = on")
# The keys of an event lie in one row, one after the other, and so do hashes of the names they are found by.
_SCHEMA: Final = "CREATE TABLE keys (event_id BLOB PRIMARY KEY, names BLOB NOT NULL, keys BLOB NOT NULL) STRICT"

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

T = TypeVar("T")


class SqliteMemoryKeys:
    """The keys of a node. `aclose` it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: apsw.Connection | None = None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="memory-keys")

    async def seal(self, events: Sequence[Unsealed]) -> Sequence[Sequence[bytes]]:
        """Return the parts of each of *events* sealed, once their keys are on the disk."""
        return await self._done(lambda connection: _seal(connection, events))

    async def open(self, events: Sequence[Sealed]) -> Sequence[Opened]:
        """Return what each of *events* says."""
        return await self._done(lambda connection: [_open(connection, event) for event in events])

    async def destroy(self, names: Mapping[str, Collection[str]]) -> None:
        """Overwrite these keys, in the file and in what was written before it."""
        await self._done(lambda connection: _destroy(connection, names))

    async def aclose(self) -> None:
        """Close the file."""
        await asyncio.get_running_loop().run_in_executor(self._worker, self._close)
        self._worker.shutdown()

    async def _done(self, work: Callable[[apsw.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._do, work)

    def _do(self, work: Callable[[apsw.Connection], T]) -> T:
        with _spoken(self._path):
            try:
                if self._connection is None:
                    self._connection = _opened(self._path)
                return work(self._connection)
            except apsw.Error:
                # It may be in a bad state.
                self._close()
                raise

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(apsw.Error):
                self._connection.close()
            self._connection = None


def _seal(connection: apsw.Connection, events: Sequence[Unsealed]) -> Sequence[Sequence[bytes]]:
    keys = [os.urandom(_KEY * len(event.names)) for event in events]
    rows = [
        (UUID(event.event_id).bytes, b"".join(map(_hash, event.names)), made)
        for event, made in zip(events, keys, strict=True)
    ]
    with connection:
        connection.executemany("INSERT INTO keys VALUES (?, ?, ?)", rows)
    cipher = _cipher()
    return [
        [cipher(key).encrypt(_NONCE, part, None) for key, part in zip(_parted(made, _KEY), event.parts, strict=True)]
        for event, made in zip(events, keys, strict=True)
    ]


def _open(connection: apsw.Connection, event: Sealed) -> Opened:
    count = len(event.parts)
    found = connection.execute("SELECT keys FROM keys WHERE event_id = ?", (UUID(event.event_id).bytes,)).fetchone()
    if found is None:
        return Opened(parts=[None] * count, lost=count)
    keys = _parted(found[0], _KEY) or [_NO_KEY] * count
    parts = [_part(key, part) for key, part in zip(keys, event.parts, strict=True)]
    lost = sum(part is None and key != _NO_KEY for key, part in zip(keys, parts, strict=True))
    return Opened(parts=parts, lost=lost)


def _part(key: bytes, sealed: bytes) -> bytes | None:
    if key == _NO_KEY:
        return None
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  see _cipher

    try:
        return _cipher()(key).decrypt(_NONCE, sealed, None)
    except InvalidTag:
        return None


def _cipher() -> "type[AESGCM]":
    # Seven megabytes, which a node that keeps no memories does without.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    return AESGCM


def _destroy(connection: apsw.Connection, names: Mapping[str, Collection[str]]) -> None:
    with connection:
        for event_id, gone in names.items():
            _destroy_of(connection, UUID(event_id).bytes, {_hash(name) for name in gone})
    # What was written ahead of the file still has them.
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)


def _destroy_of(connection: apsw.Connection, event_id: bytes, gone: Collection[bytes]) -> None:
    found = connection.execute("SELECT names, keys FROM keys WHERE event_id = ?", (event_id,)).fetchone()
    if found is None:
        return
    pairs = [
        (bytes(_NAME), _NO_KEY) if name in gone else (name, key)
        for name, key in zip(_parted(found[0], _NAME), _parted(found[1], _KEY), strict=True)
    ]
    left = pairs if any(key != _NO_KEY for _, key in pairs) else []
    # The row stays when no key is left: it tells what was destroyed from what is missing.
    changed = (b"".join(name for name, _ in left), b"".join(key for _, key in left), event_id)
    connection.execute("UPDATE keys SET names = ?, keys = ? WHERE event_id = ?", changed)


def _hash(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=_NAME).digest()


def _parted(packed: bytes, size: int) -> Sequence[bytes]:
    return [packed[start : start + size] for start in range(0, len(packed), size)]


def _opened(path: Path) -> apsw.Connection:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(5_000)
    for pragma in _PRAGMAS:
        connection.pragma(*pragma.split(" = "))
    with connection:
        if not connection.pragma("user_version"):
            connection.execute(_SCHEMA)
            connection.pragma("user_version", FORMAT)
    return connection


@contextmanager
def _spoken(path: Path) -> Iterator[None]:
    try:
        yield
    except apsw.FullError as error:
        raise KeysFullError(f"no room is left for {path}") from error
    except (apsw.Error, OSError) as error:
        if isinstance(error, apsw.IOError) and _is_full(path):
            # Not all that SQLite writes says so when there is no room for it.
            raise KeysFullError(f"no room is left for {path}") from error
        raise KeysUnavailableError(f"{path} failed: {error}") from error


def _is_full(path: Path) -> bool:
    room = os.statvfs(path.parent)
    return room.f_bavail * room.f_frsize < _ROOM_MIN_BYTES
