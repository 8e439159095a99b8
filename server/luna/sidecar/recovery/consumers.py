"""Looks for consumers of the event log that do not get on."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from arkalia.events.v1 import consumer_pb2

PATIENCE_SECONDS: Final = 1.2
EVERY_SECONDS: Final = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A consumer that has work, members to do it, and does not get on."""

    consumer: str
    member: str
    since: float
    """On the monotonic clock."""
    evidence: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class _Seen:
    mark: tuple[int, ...]
    since: float
    told: bool = False


class ConsumerWatch:
    """Compares each look at the consumers with the one before.

    Rule 1: one that settles anything gets on, however slowly.
    Rule 2: one without members or without work waits for them, and is not stuck.
    Rule 3: time in which nobody could look does not count.
    """

    def __init__(
        self, *, patience_seconds: float = PATIENCE_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._seen: dict[str, _Seen] = {}

    def blind(self) -> None:
        """Take note that the log could not be asked."""
        self._seen.clear()

    def look(self, consumers: Iterable[consumer_pb2.Consumer]) -> list[Stuck]:
        """Return those that have just turned out to be stuck."""
        now = self._clock()
        before, self._seen = self._seen, {}
        found = (self._judge(consumer, before.get(consumer.name), now) for consumer in consumers)
        return [stuck for stuck in found if stuck]

    def _judge(self, consumer: consumer_pb2.Consumer, before: _Seen | None, now: float) -> Stuck | None:
        if not consumer.members or not consumer.lag or not consumer.in_flight_count:
            return None
        mark = (consumer.checkpoint, consumer.parked_count, consumer.waiting_count)
        seen = before if before and before.mark == mark else _Seen(mark=mark, since=now)
        self._seen[consumer.name] = seen
        if seen.told or now - seen.since < self._patience_seconds:
            return None
        seen.told = True
        return Stuck(
            consumer=consumer.name,
            member=consumer.members[0],
            since=seen.since,
            evidence={
                "checkpoint": str(consumer.checkpoint),
                "lag": str(consumer.lag),
                "in_flight": str(consumer.in_flight_count),
                "members": ", ".join(consumer.members),
                "still_seconds": f"{now - seen.since:.2f}",
            },
        )
