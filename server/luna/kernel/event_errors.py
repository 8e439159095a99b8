"""What the event log refuses, one class per reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from luna.kernel.errors import DomainError
from luna.kernel.events import Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedCheck:
    """One expectation that did not hold."""

    stream: str
    expected: Expected
    actual_version: int
    """The version of the stream's last event, 0 if there is no such stream."""


class EventLogError(DomainError):
    """Base of what the log refuses."""

    domain = "events.arkalia.dev"


class VersionConflictError(EventLogError):
    """Streams were not as the append expected. Nothing was recorded."""

    reason = "EVENT_ERROR_REASON_VERSION_CONFLICT"

    def __init__(self, failed: Sequence[FailedCheck]) -> None:
        found = "; ".join(f"{c.stream} is at version {c.actual_version}, expected {_spell(c.expected)}" for c in failed)
        super().__init__(
            f"nothing was recorded: {found}; read these streams again and retry on their current versions",
            **{f"actual_version/{c.stream}": c.actual_version for c in failed},
        )
        self.failed = tuple(failed)


class EventIdReusedError(EventLogError):
    """An event id is taken by an event with other content."""

    reason = "EVENT_ERROR_REASON_EVENT_ID_REUSED"

    def __init__(self, event_id: str, position: int) -> None:
        super().__init__(
            f"event id {event_id} was recorded at position {position} with other content; choose a new id",
            event_id=event_id,
            position=position,
        )


class EventIdRepeatedError(EventIdReusedError):
    """One append gives the same id to two events."""

    def __init__(self, event_id: str) -> None:
        EventLogError.__init__(
            self,
            f"event id {event_id} is given to two events of one append; choose another id for one of them",
            event_id=event_id,
        )


class AlreadyProcessedError(EventLogError):
    """The consumer has recorded its effect of this event before."""

    reason = "EVENT_ERROR_REASON_ALREADY_PROCESSED"

    def __init__(self, consumer: str, position: int) -> None:
        super().__init__(
            f"consumer {consumer!r} already recorded its effect of position {position}; acknowledge it and go on",
            consumer=consumer,
            position=position,
        )


class UnknownConsumerError(EventLogError):
    """There is no consumer of that name."""

    reason = "EVENT_ERROR_REASON_CONSUMER_UNKNOWN"

    def __init__(self, consumer: str) -> None:
        super().__init__(f"there is no consumer {consumer!r}; create it with CreateConsumer", consumer=consumer)


class LogFullError(EventLogError):
    """The disk has no room for the append. Reading goes on."""

    reason = "EVENT_ERROR_REASON_LOG_FULL"

    def __init__(self, path: object) -> None:
        super().__init__(f"no space left for {path}; free some room, appends resume by themselves", path=path)


class LogReadOnlyError(EventLogError):
    """The log cannot be written. Reading goes on."""

    reason = "EVENT_ERROR_REASON_LOG_READ_ONLY"

    def __init__(self, path: object, why: str) -> None:
        super().__init__(f"{path} cannot be written ({why}); mend it, appends resume by themselves", path=path)


def _spell(expected: Expected) -> str:
    return str(expected) if isinstance(expected, int) else expected.value
