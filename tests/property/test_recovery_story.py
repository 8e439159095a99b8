"""The receipts tell the same story as whoever made things go wrong."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace

from arkalia.recovery.v1 import recovery_event_pb2 as facts
from arkalia.recovery.v1 import recovery_pb2 as pb
from hypothesis import given, settings
from hypothesis import strategies as st

from luna.kernel.error_reports import ErrorTarget, ErrorType, Severity
from luna.kernel.events import Event
from luna.resilience.recovery_plan import Finding, plan
from luna.resilience.recovery_policy import RecoveryPolicy, Strategy
from luna.sidecar.recovery.report import Tally
from luna.sidecar.recovery.restore import message_of
from tests.recovery import Rig, ScriptedDoer, report, rig


@dataclass(frozen=True, slots=True)
class Injected:
    """A failure, how often it is reported while it lasts, and after how many steps it is over."""

    type: ErrorType
    fatal: bool
    reports: int
    steps: int

    @property
    def ending(self) -> pb.RecoveryState:
        """What must become of it."""
        severity = Severity.FATAL if self.fatal else Severity.HIGH
        made = plan(Finding(type=self.type, severity=severity, target=ErrorTarget()), RecoveryPolicy())
        tried = [strategy for strategy in made.strategies if strategy is not Strategy.MANUAL_INTERVENTION]
        if self.steps <= len(tried) * made.rule.attempts_max:
            return pb.RECOVERY_STATE_SUCCEEDED
        asks = Strategy.MANUAL_INTERVENTION in made.strategies
        return pb.RECOVERY_STATE_ESCALATED if asks else pb.RECOVERY_STATE_FAILED


injections = st.lists(
    st.builds(Injected, st.sampled_from(list(ErrorType)), st.booleans(), st.integers(1, 4), st.integers(1, 8)),
    min_size=1,
    max_size=8,
)


async def story(injected: list[Injected]) -> tuple[list[Event], Rig]:
    """Make all of it go wrong at once, each in a place of its own, and return what is on record."""
    doer = ScriptedDoer(helps=lambda case, step: step.step >= injected[int(case.target.process)].steps)
    async with rig(doer) as made:
        for number, failure in enumerate(injected):
            severity = Severity.FATAL if failure.fatal else Severity.HIGH
            for _ in range(failure.reports):
                seen = report(type=failure.type, severity=severity)
                made.engine.see(replace(seen, target=ErrorTarget(process=str(number), resource="it")), None)
        await made.settled()
        return list((await made.log.read()).events), made


@settings(max_examples=40, deadline=None)
@given(injections)
def test_every_failure_is_one_recovery_that_ends_as_it_must(injected: list[Injected]) -> None:
    """
    Nothing is lost, nothing is counted twice, and each stream begins once and ends once.
    """
    events, made = asyncio.run(story(injected))
    streams: dict[str, list[str]] = {}
    for event in events:
        if event.stream.startswith("recovery/"):
            streams.setdefault(event.stream, []).append(event.type.rpartition(".")[2])
    found = {recovery.target.process: recovery for recovery in made.recoveries()}

    assert len(streams) == len(found) == len(injected)
    for names in streams.values():
        assert names[0] == "RecoveryStarted"
        assert names[-1] in {"RecoverySucceeded", "RecoveryFailed", "RecoveryEscalated"}
        assert set(names[1:-1]) <= {"RecoveryStepTaken"}
    for number, failure in enumerate(injected):
        recovery = found[str(number)]
        assert recovery.state == failure.ending
        assert recovery.error_count == failure.reports
        assert [step.verified for step in recovery.steps][:-1] == [False] * max(0, len(recovery.steps) - 1)


@settings(max_examples=40, deadline=None)
@given(injections)
def test_anyone_computes_the_same_figures_from_the_log(injected: list[Injected]) -> None:
    """
    The events alone say how many there were, how they ended, and how long they took.
    """
    events, _ = asyncio.run(story(injected))
    tally = Tally()
    tally.count(message_of(event) for event in events)
    found = tally.report()
    endings = Counter(failure.ending for failure in injected)
    times = sorted(
        facts.RecoverySucceeded.FromString(event.payload).time_to_recover.ToNanoseconds()
        for event in events
        if event.type.endswith("RecoverySucceeded")
    )

    assert (found.recoveries, found.under_way) == (len(injected), 0)
    assert found.succeeded == endings[pb.RECOVERY_STATE_SUCCEEDED] == len(times)
    assert found.escalated == found.open_incidents == endings[pb.RECOVERY_STATE_ESCALATED]
    assert found.failed == endings[pb.RECOVERY_STATE_FAILED]
    assert found.recovery_rate == found.succeeded / len(injected)
    assert not times or found.time_to_recover_p95.ToNanoseconds() == times[-(-len(times) * 95 // 100) - 1]
