"""Reads from the event log what the node says it did about a failure."""

import asyncio
import time
from dataclasses import dataclass, field

import grpc.aio
from arkalia.events.v1.event_pb2 import Event, EventFilter
from arkalia.events.v1.event_service_pb2 import ReadRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from arkalia.recovery.v1 import recovery_event_pb2 as facts
from arkalia.recovery.v1.recovery_pb2 import ErrorType, RecoveryStrategy

from tests.node import Node

PREFIX = "arkalia.recovery.v1."


@dataclass(slots=True)
class Receipt:
    """One recovery, as its events tell it."""

    recovery_id: str
    process: str
    detect_ns: int
    failure_ns: int
    strategies: list[str] = field(default_factory=list)
    verified: bool = False
    """Whether its last step was verified, and says by what; of one that was escalated, whether it names an incident."""
    outcome: str = ""
    """``succeeded``, ``failed`` or ``escalated``; empty while it is under way."""
    seconds: float | None = None
    """The time to recover, by the node's own account."""
    failures: list[str] = field(default_factory=list)
    """Why steps did not help."""
    type: str = ""
    """What the failure was found to be, such as ``DEADLOCK``."""
    error_count: int = 1
    """The failures that it took in."""
    end_ns: int = 0

    def words(self, since_ns: int) -> str:
        """Say it in a line, with times in seconds after a moment."""
        ended = f"{(self.end_ns - since_ns) / 1e9:+.1f} s" if self.end_ns else "not yet"
        return (
            f"{(self.detect_ns - since_ns) / 1e9:+.1f} s {self.type} {self.process or '-'}, "
            f"{self.error_count} failures: {' '.join(self.strategies)} {self.outcome or 'under way'}, over {ended}"
            + "".join(f"; {failure}" for failure in self.failures)
        )


async def receipts(node: Node, *, after_ns: int = 0) -> list[Receipt]:
    """Return the recoveries that were noticed after a moment, in order."""
    found: dict[str, Receipt] = {}
    async with node.channel() as channel:
        wanted = EventFilter(category="recovery")
        async for batch in EventServiceStub(channel).Read(ReadRequest(filter=wanted), timeout=10):
            for event in batch.events:
                _take(event, found)
    return [receipt for receipt in found.values() if receipt.detect_ns >= after_ns]


async def receipt_of(node: Node, process: str, *, after_ns: int, seconds: float) -> Receipt | None:
    """Return the first finished recovery about *process* that was noticed after a moment, once it is there."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            for receipt in await receipts(node, after_ns=after_ns):
                if receipt.process.partition("-")[0] == process and receipt.outcome:
                    return receipt
        except grpc.aio.AioRpcError:
            pass
        await asyncio.sleep(0.2)
    return None


def _take(event: Event, found: dict[str, Receipt]) -> None:
    kind = event.payload.TypeName().removeprefix(PREFIX)
    if kind == "RecoveryStarted":
        started = facts.RecoveryStarted.FromString(event.payload.value)
        found[started.recovery_id] = Receipt(
            recovery_id=started.recovery_id,
            process=started.target.process,
            detect_ns=started.detect_time.ToNanoseconds(),
            failure_ns=started.failure_time.ToNanoseconds(),
            type=ErrorType.Name(started.type).removeprefix("ERROR_TYPE_"),
        )
    elif kind == "RecoveryStepTaken":
        taken = facts.RecoveryStepTaken.FromString(event.payload.value)
        receipt = found[taken.recovery_id]
        receipt.strategies.append(RecoveryStrategy.Name(taken.step.strategy).removeprefix("RECOVERY_STRATEGY_"))
        receipt.failures += [taken.step.failure] * bool(taken.step.failure)
        receipt.verified = taken.step.verified and bool(taken.step.evidence)
    elif kind == "RecoverySucceeded":
        succeeded = facts.RecoverySucceeded.FromString(event.payload.value)
        receipt = found[succeeded.recovery_id]
        receipt.outcome, receipt.error_count = "succeeded", succeeded.error_count
        receipt.end_ns = event.time.ToNanoseconds()
        receipt.seconds = succeeded.time_to_recover.ToNanoseconds() / 1e9
    elif kind == "RecoveryFailed":
        receipt = found[facts.RecoveryFailed.FromString(event.payload.value).recovery_id]
        receipt.outcome, receipt.end_ns = "failed", event.time.ToNanoseconds()
    elif kind == "RecoveryEscalated":
        escalated = facts.RecoveryEscalated.FromString(event.payload.value)
        receipt = found[escalated.recovery_id]
        receipt.outcome, receipt.verified = "escalated", bool(escalated.incident_id)
        receipt.end_ns = event.time.ToNanoseconds()
