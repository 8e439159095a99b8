"""Keeps records in a file until they can be delivered.

::

    ┌ mark ┬ length ┬ crc32 ┬ payload ┐┌ mark ┬ …
    │  4   │   4    │   4   │ length  ││

Rule 1: a record that was cut off or overwritten is lost, and no other: reading
goes on at the next mark from which on a whole record follows.
Rule 2: the file never has more than ``bytes_max``. The oldest give way.
Rule 3: everything happens under the file's lock, so that two generations of a
process may share a file.
Rule 4: what was added is on the disk, and a file is replaced as a whole or not
at all, so that whoever is killed meanwhile loses no record.
"""

import fcntl
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

_MARK: Final = b"\xa7LN\x01"
_HEAD: Final = struct.Struct("<4sII")


class Spool:
    """One file. Its methods do file I/O: call them from a thread."""

    def __init__(self, path: Path, *, bytes_max: int = 1 << 20) -> None:
        self._path = path
        self._bytes_max = bytes_max

    def add(self, payloads: Sequence[bytes]) -> int:
        """Keep *payloads*, and return how many records had to give way."""
        new = [frame(payload) for payload in payloads]
        with self._locked() as file:
            file.seek(0, 2)
            if file.tell() + sum(map(len, new)) <= self._bytes_max:
                file.write(b"".join(new))
                _sync(file)
                return 0
            frames = [*(frame(payload) for payload in _all(file)), *new]
            kept = list(_newest(frames, self._bytes_max // 2))
            self._replace(file, kept)
            return len(frames) - len(kept)

    def first(self, limit: int | None = None) -> Sequence[bytes]:
        """Return up to *limit* of the oldest records, or all of them."""
        if not self._path.exists():
            return []
        with self._locked() as file:
            return _all(file)[:limit]

    def remove(self, payloads: Sequence[bytes]) -> None:
        """Forget records that were delivered."""
        delivered = set(payloads)
        with self._locked() as file:
            self._replace(file, [frame(payload) for payload in _all(file) if payload not in delivered])

    @contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            self._path.touch(mode=0o600)
            with self._path.open("r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if os.path.samestat(os.fstat(file.fileno()), self._path.stat()):
                    yield file
                    return
            # It was replaced while its lock was waited for.

    def _replace(self, file: BinaryIO, frames: Sequence[bytes]) -> None:
        if not frames:
            file.truncate(0)
            return
        fresh = self._path.with_name(f"{self._path.name}.next")
        fresh.touch(mode=0o600)
        with fresh.open("wb") as written:
            written.write(b"".join(frames))
            _sync(written)
        fresh.replace(self._path)


def frame(payload: bytes) -> bytes:
    """Return *payload* as it is kept."""
    return _HEAD.pack(_MARK, len(payload), zlib.crc32(payload)) + payload


def unframe(raw: bytes) -> Iterator[bytes]:
    """Yield the records in *raw* that are whole."""
    at = raw.find(_MARK)
    while at >= 0:
        payload = _payload(raw, at)
        if payload is None:
            at = raw.find(_MARK, at + 1)
        else:
            yield payload
            at = raw.find(_MARK, at + _HEAD.size + len(payload))


def _payload(raw: bytes, at: int) -> bytes | None:
    if at + _HEAD.size > len(raw):
        return None
    _, length, checksum = _HEAD.unpack_from(raw, at)
    payload = raw[at + _HEAD.size : at + _HEAD.size + length]
    return payload if len(payload) == length and zlib.crc32(payload) == checksum else None


def _all(file: BinaryIO) -> list[bytes]:
    file.seek(0)
    return list(unframe(file.read()))


def _newest(frames: Sequence[bytes], bytes_max: int) -> Sequence[bytes]:
    size = kept = 0
    for each in reversed(frames):
        size += len(each)
        if size > bytes_max:
            break
        kept += 1
    return frames[len(frames) - kept :]


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fdatasync(file.fileno())
