"""Keeps a policy and its revisions in the log, whichever policy it is."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar, cast

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from luna.kernel.clock import Clock
from luna.kernel.errors import DomainError
from luna.kernel.event_errors import VersionConflictError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, Direction, Event, EventFilter, Expect, NewEvent, StreamWrite
from luna.kernel.times import timestamp

_PAGE: Final = 50
_ABOUT: Final = frozenset({"revision", "etag", "update_time", "reason", "restored_revision"})
"""The fields of a revision that say nothing of what it is a revision of."""


class Revision(Protocol):
    """The message that a policy and what is to be said about it are in."""

    revision: int
    etag: str
    reason: str

    @property
    def update_time(self) -> Timestamp:
        """The time of the change; unset in what is built in."""
        ...


R = TypeVar("R", bound=Revision)
Fact = Callable[[Message], NewEvent]
"""Returns the event that records a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[R]):
    """Which policy a book is of."""

    stream: str
    first: R
    """What is built in."""
    event: type[Message]
    """What records a change: a message with the revision in it."""
    refusal: Callable[[str, int], DomainError]
    """Says that the one in force has another etag: this one, of that revision."""


class RevisionBook(Generic[R]):
    """The policy in force, and every one before it. The version of an event in the stream is its revision."""

    def __init__(self, events: EventLog, clock: Clock, fact: Fact, kind: Kind[R]) -> None:
        self._events = events
        self._clock = clock
        self._fact = fact
        self._kind: Kind[R] = kind
        self._filter = EventFilter(stream=kind.stream, types=frozenset({kind.event.DESCRIPTOR.full_name}))
        kind.first.etag = _etag(kind.first)
        self.current: R = kind.first
        """The one in force, as far as it is known."""

    async def load(self) -> R:
        """Return the revision in force, as the log has it."""
        page = await self._events.read(self._filter, limit=1, direction=Direction.BACKWARD)
        for event in page.events:
            self.apply(event)
        return self.current

    def apply(self, event: Event) -> None:
        """Take up a change, made here or by another replica. What was read may be overtaken: it never goes back."""
        revision = self._in(event)
        if revision.revision > self.current.revision:
            self.current = revision

    async def find(self, number: int | None) -> R | None:
        """Return a revision, the one in force by default; ``None`` if there is none of that number."""
        current = await self.load()
        if number is None or number == current.revision:
            return current
        if number == 0:
            return self._kind.first
        after, done = 0, number > current.revision
        while not done:
            page = await self._events.read(self._filter, after=after, limit=_PAGE, direction=Direction.BACKWARD)
            for event in page.events:
                if event.stream_version == number:
                    return self._in(event)
            after, done = page.position, page.done or page.position <= 1
        return None

    async def newest(self, *, after: int, limit: int) -> tuple[Sequence[R], int]:
        """Return revisions before position *after*, newest first, and where to go on; 0 at the end."""
        page = await self._events.read(self._filter, after=after, limit=limit, direction=Direction.BACKWARD)
        found: list[R] = [self._in(event) for event in page.events]
        if len(found) == limit:
            return found, page.position
        found.append(self._kind.first)
        return found, 0

    async def change(self, make: Callable[[R], R], *, etag: str, reason: str, dry_run: bool = False) -> tuple[R, R]:
        """Make a new revision of the one that has *etag*; return that one and the new one.

        With *dry_run*, nothing is recorded.

        Raises:
            DomainError: the refusal; the one in force has another etag.

        """
        before = await self.load()
        if etag != before.etag:
            return await self._made_already(make, etag)
        after = self._next(before, make(before), reason)
        if dry_run:
            return before, after
        fact = self._fact(self._kind.event(revision=after))
        write = StreamWrite(stream=self._kind.stream, events=(fact,), expected=before.revision or Expect.NO_STREAM)
        try:
            await self._events.append(Append(writes=(write,)))
        except VersionConflictError:
            await self.load()
            return await self._made_already(make, etag)
        self.current = after
        return before, after

    async def _made_already(self, make: Callable[[R], R], etag: str) -> tuple[R, R]:
        # The very change may have been made by an earlier attempt whose answer was lost.
        current = self.current
        before = await self.find(current.revision - 1) if current.revision else None
        if before is not None and before.etag == etag and _content(make(before)) == _content(current):
            return before, current
        raise self._kind.refusal(current.etag, current.revision)

    def _next(self, before: R, wanted: R, reason: str) -> R:
        after = _copied(wanted)
        after.revision = before.revision + 1
        after.reason = reason
        after.update_time.CopyFrom(timestamp(self._clock.wall_ns()))
        after.etag = _etag(after)
        return after

    def _in(self, event: Event) -> R:
        recorded = self._kind.event.FromString(event.payload)
        return cast("R", getattr(recorded, "revision"))  # noqa: B009  each of these events has one


def _content(revision: Revision) -> bytes:
    bare = cast("Message", _copied(revision))
    for name in _ABOUT.intersection(bare.DESCRIPTOR.fields_by_name):
        bare.ClearField(name)
    return bare.SerializeToString(deterministic=True)


def _etag(revision: Revision) -> str:
    return f"{revision.revision}-{zlib.crc32(_content(revision)):08x}"


def _copied(revision: R) -> R:
    copy = type(revision)()
    cast("Message", copy).CopyFrom(cast("Message", revision))
    return copy
