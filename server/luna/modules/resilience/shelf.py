"""The projections of this process: folded as events come, verified again and again, made anew when damaged."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from arkalia.resilience.v1 import projection_pb2 as pb
from arkalia.resilience.v1 import resilience_event_pb2 as facts

from luna.kernel.clock import Clock
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, Direction, Event, StreamWrite
from luna.kernel.feed import Feed
from luna.kernel.projection import Derivation, Projection, SnapshotError
from luna.kernel.times import timestamp
from luna.modules.resilience.errors import ProjectionUnknownError
from luna.modules.resilience.follower import Take
from luna.modules.resilience.record import Recorder
from luna.modules.resilience.snapshots import Snapshots

_PAGE: Final = 500

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Kept:
    derivation: Derivation
    projection: Projection
    found: str = ""
    """The checksum that was found last."""
    rebuilt_ns: int = 0
    saved: int = 0
    """The position that the snapshot goes up to."""

    @property
    def intact(self) -> bool:
        return self.found == self.projection.checksum

    def verify(self) -> bool:
        self.found = self.projection.found()
        return self.intact


class ProjectionShelf:
    """Projections by name."""

    def __init__(
        self,
        events: EventLog,
        clock: Clock,
        recorder: Recorder,
        *,
        feed: Feed,
        snapshots: Snapshots,
        process: str,
        derivations: Sequence[Derivation],
    ) -> None:
        self._events = events
        self._clock = clock
        self._recorder = recorder
        self._feed = feed
        self._snapshots = snapshots
        self._process = process
        self._kept = {each.name: _Kept(each, Projection(each)) for each in derivations}

    @property
    def names(self) -> Sequence[str]:
        """The names, sorted."""
        return sorted(self._kept)

    def takers(self) -> Mapping[tuple[str, str], Take]:
        """Return what is to be done with which events."""
        return {
            (kept.derivation.wanted.stream, kind): lambda event, kept=kept: _fold(kept.projection, event)  # type: ignore[misc]  # a default is all that binds it now
            for kept in self._kept.values()
            for kind in kept.derivation.wanted.types
        }

    async def begin(self) -> int:
        """Begin from what was saved, and return the position to go on from."""
        log_id, head = await self._feed.log_id(), await self._events.head()
        for name, kept in self._kept.items():
            snapshot = await self._snapshots.load(name)
            try:
                if snapshot is not None:
                    kept.projection.restore(snapshot, log_id, head)
            except (SnapshotError, ValueError, KeyError) as error:
                _log.warning("the snapshot of %s %s; the log is folded instead", name, error)
                kept.projection = Projection(kept.derivation)
            kept.verify()
        return min(kept.projection.position for kept in self._kept.values())

    def advance(self, position: int) -> None:
        """Note that nothing up to *position* is left to fold."""
        for kept in self._kept.values():
            kept.projection.advance(position)

    def damaged(self) -> Sequence[pb.Projection]:
        """Verify all projections, and return those that do not hold what they should."""
        return [self._told(kept, head=0) for kept in self._kept.values() if not kept.verify()]

    async def list(self) -> Sequence[pb.Projection]:
        """Verify all projections, and return them by name."""
        found = []
        for name in self.names:
            kept = self._kept[name]
            page = await self._events.read(kept.derivation.wanted, limit=1, direction=Direction.BACKWARD)
            kept.verify()
            found.append(self._told(kept, head=page.events[0].position if page.events else 0))
        return found

    async def rebuild(self, name: str) -> pb.Projection:
        """Fold a projection again from the log, and return it.

        Raises:
            ProjectionUnknownError: there is none of that name.

        """
        kept = self._find(name)
        fresh = Projection(kept.derivation)
        head = 0
        while True:
            page = await self._events.read(fresh.wanted, after=fresh.position, limit=_PAGE)
            for event in page.events:
                fresh.apply(event)
                head = event.position
            fresh.advance(page.position)
            if page.done and fresh.position >= kept.projection.position:
                break
        expected, found = kept.projection.checksum, kept.projection.found()
        kept.projection.take_over(fresh)
        kept.rebuilt_ns = self._clock.wall_ns()
        kept.verify()
        told = self._told(kept, head=head)
        await self._record(told, expected, found)
        return told

    async def save(self) -> None:
        """Save those projections that are intact and have moved on."""
        log_id = await self._feed.log_id()
        for name, kept in self._kept.items():
            position = kept.projection.position
            if position > kept.saved and kept.verify():
                await self._snapshots.save(name, kept.projection.snapshot(log_id))
                kept.saved = position

    def damage(self, name: str) -> None:
        """Damage a projection, for trials.

        Raises:
            ProjectionUnknownError: there is none of that name.

        """
        self._find(name).projection.damage()

    def _find(self, name: str) -> _Kept:
        if (kept := self._kept.get(name)) is None:
            raise ProjectionUnknownError(name, self.names)
        return kept

    def _told(self, kept: _Kept, *, head: int) -> pb.Projection:
        projection = kept.projection
        return pb.Projection(
            name=projection.name,
            process=self._process,
            position=projection.position,
            head=head,
            checksum=projection.checksum,
            intact=kept.intact,
            entries=len(projection.entries),
            rebuild_time=timestamp(kept.rebuilt_ns) if kept.rebuilt_ns else None,
        )

    async def _record(self, told: pb.Projection, expected: str, found: str) -> None:
        fact = self._recorder.fact(
            facts.ProjectionRebuilt(
                name=told.name,
                process=told.process,
                expected_checksum=expected,
                found_checksum=found,
                checksum=told.checksum,
                position=told.position,
            )
        )
        await self._events.append(
            Append(writes=(StreamWrite(stream=self._recorder.streams.projection, events=(fact,)),))
        )


def _fold(projection: Projection, event: Event) -> None:
    try:
        projection.apply(event)
    except ValueError:
        # What it held before cannot be read any more; verifying finds that.
        _log.warning("%s cannot take in the event at position %d", projection.name, event.position)
