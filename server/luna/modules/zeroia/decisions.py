"""Makes decisions, records them, and finds them again."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from arkalia.zeroia.v1 import zeroia_event_pb2 as facts
from arkalia.zeroia.v1 import zeroia_pb2 as pb
from uuid_utils import NAMESPACE_OID, uuid5, uuid7

from luna.kernel.clock import Clock
from luna.kernel.context import current_call
from luna.kernel.event_errors import EventIdReusedError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, Checkpoint, NewEvent, StreamWrite
from luna.kernel.times import timestamp
from luna.modules.zeroia.errors import DecisionUnknownError, IdTakenError, OutcomeExistsError
from luna.modules.zeroia.judgement import Verdict, after, judge, kinds
from luna.modules.zeroia.mind import Mind
from luna.modules.zeroia.policies import PolicyBook
from luna.modules.zeroia.record import (
    DECISION_MADE,
    DECISIONS,
    INTEGRITY,
    INTEGRITY_VIOLATED,
    OUTCOME_REPORTED,
    OUTCOMES,
    Occasion,
    decision_of,
    violation_of,
)
from luna.modules.zeroia.rules import Rules
from luna.modules.zeroia.signals import Sensed, given
from luna.modules.zeroia.stance import FRESH, Stance, is_repeat

_OUTCOME: Final = "outcome/"


class Made(NamedTuple):
    """A recorded decision."""

    decision: pb.Decision
    position: int
    duplicate: bool = False


class DecisionService:
    """The use cases of decisions."""

    def __init__(self, events: EventLog, book: PolicyBook, mind: Mind, clock: Clock, source: str) -> None:
        self._events = events
        self._book = book
        self._mind = mind
        self._clock = clock
        self._source = source

    async def on_signals(self, message: pb.Signals, decision_id: str, stance: Stance = FRESH) -> tuple[Made, Stance]:
        """Decide on given signals, after what *stance* left behind; return what is left now.

        Raises:
            SignalsError: the signals say nothing, or something impossible.
            IdTakenError: the id belongs to another event.

        """
        rules = self._book.rules or await self._book.load()
        verdict = judge(rules, given(message), stance, self._clock.wall_ns())
        occasion = Occasion(decision_id.lower() or str(uuid7()), pb.DECISION_ORIGIN_SIGNALS, rules.revision)
        return await self._record(verdict, occasion), after(verdict, recorded=True)

    async def on_newest(self, node: str, decision_id: str) -> Made:
        """Decide on the newest sample of *node*.

        Raises:
            NoSampleError: there is none.
            IdTakenError: the id belongs to another event.

        """
        rules = self._book.rules or await self._book.load()
        if decision_id and (made := await self._earlier(decision_id.lower())):
            return made
        sensed = await self._mind.newest(node, rules)
        verdict = judge(rules, sensed, self._mind.stance(node), self._clock.wall_ns())
        occasion = Occasion(decision_id.lower() or str(uuid7()), pb.DECISION_ORIGIN_CALL, rules.revision)
        return await self.commit(verdict, occasion)

    async def on_sample(self, sensed: Sensed, rules: Rules, checkpoint: Checkpoint) -> Made | None:
        """Decide on a sample, once; ``None`` if the decision is a repeat, which was counted."""
        verdict = judge(rules, sensed, self._mind.stance(sensed.node), self._clock.wall_ns())
        if self.repeats(verdict, rules):
            self._mind.move(sensed.node, after(verdict, recorded=False))
            return None
        occasion = Occasion(str(uuid7()), pb.DECISION_ORIGIN_SAMPLE, rules.revision)
        return await self.commit(verdict, occasion, checkpoint=checkpoint)

    def repeats(self, verdict: Verdict, rules: Rules) -> bool:
        """Tell whether *verdict* may be counted instead of recorded."""
        return is_repeat(rules, verdict.before, verdict.ruling, kinds(verdict.sensed.findings), verdict.now_ns)

    async def commit(
        self,
        verdict: Verdict,
        occasion: Occasion,
        *,
        checkpoint: Checkpoint | None = None,
        beside: Sequence[StreamWrite] = (),
    ) -> Made:
        """Record a verdict about a node, and let it move the node's state."""
        node = verdict.sensed.node
        # The state moves before the log answers, so that decisions that overtake each other see it.
        moved = after(verdict, recorded=True)
        self._mind.move(node, moved)
        try:
            return await self._record(verdict, occasion, checkpoint, beside)
        except BaseException:
            self._mind.regret(node, moved, verdict.before)
            raise

    async def get(self, decision_id: str) -> Made:
        """Return a decision with its outcome.

        Raises:
            DecisionUnknownError: there is none of that id.

        """
        event = await self._events.find(decision_id.lower())
        if event is None or event.type != DECISION_MADE:
            raise DecisionUnknownError(decision_id)
        decision = facts.DecisionMade.FromString(event.payload).decision
        await self.add_outcomes([decision])
        return Made(decision, event.position)

    async def add_outcomes(self, decisions: Sequence[pb.Decision]) -> None:
        """Put the outcomes that were reported into *decisions*."""
        events = await self._events.find_many([_outcome_id(decision.decision_id) for decision in decisions])
        reported = [facts.OutcomeReported.FromString(event.payload) for event in events]
        outcomes = {each.decision_id: each.outcome for each in reported}
        for decision in decisions:
            if decision.decision_id in outcomes:
                decision.outcome.CopyFrom(outcomes[decision.decision_id])

    async def report(self, decision_id: str, verdict: pb.OutcomeVerdict, note: str) -> pb.Decision:
        """Record how a decision turned out, once.

        Raises:
            DecisionUnknownError: there is no such decision.
            OutcomeExistsError: another verdict was reported before.

        """
        made = await self.get(decision_id)
        decision = made.decision
        if not decision.HasField("outcome"):
            now_ns = self._clock.wall_ns()
            outcome = pb.Outcome(verdict=verdict, note=note, report_time=timestamp(now_ns))
            try:
                await self._events.append(Append(writes=(self._outcome_write(decision, outcome),)))
                decision.outcome.CopyFrom(outcome)
            except EventIdReusedError:
                await self.add_outcomes([decision])
        if decision.outcome.verdict != verdict:
            raise OutcomeExistsError(decision_id, pb.OutcomeVerdict.Name(decision.outcome.verdict))
        return decision

    def _outcome_write(self, decision: pb.Decision, outcome: pb.Outcome) -> StreamWrite:
        reported = facts.OutcomeReported(
            decision_id=decision.decision_id,
            outcome=outcome,
            action=decision.action,
            confidence=decision.confidence,
        )
        event = NewEvent(
            type=OUTCOME_REPORTED,
            payload=reported.SerializeToString(),
            event_id=_outcome_id(decision.decision_id),
            source=self._source,
            time_ns=outcome.report_time.ToNanoseconds(),
            causation_id=decision.decision_id,
        )
        return StreamWrite(stream=OUTCOMES, events=(event,))

    async def _record(
        self,
        verdict: Verdict,
        occasion: Occasion,
        checkpoint: Checkpoint | None = None,
        beside: Sequence[StreamWrite] = (),
    ) -> Made:
        decision = decision_of(verdict, occasion)
        payload = facts.DecisionMade(decision=decision).SerializeToString()
        writes = [
            StreamWrite(stream=DECISIONS, events=(self._fact(DECISION_MADE, payload, verdict, occasion.decision_id),))
        ]
        if verdict.sensed.findings and kinds(verdict.sensed.findings) - verdict.before.recorded_checks:
            payload = violation_of(verdict, occasion.decision_id).SerializeToString()
            writes.append(StreamWrite(stream=INTEGRITY, events=(self._fact(INTEGRITY_VIOLATED, payload, verdict, ""),)))
        try:
            appended = await self._events.append(Append(writes=(*writes, *beside), checkpoint=checkpoint))
        except EventIdReusedError as error:
            if error.metadata.get("event_id") == occasion.decision_id and (
                made := await self._earlier(occasion.decision_id)
            ):
                return made
            raise
        return Made(decision, appended.events[0].position, appended.duplicate)

    def _fact(self, type: str, payload: bytes, verdict: Verdict, event_id: str) -> NewEvent:
        sensed, call = verdict.sensed, current_call()
        return NewEvent(
            type=type,
            payload=payload,
            event_id=event_id,
            source=self._source,
            time_ns=verdict.now_ns,
            correlation_id=sensed.correlation_id or call.correlation_id,
            causation_id=sensed.sample_id,
            trace_id=call.trace_id,
        )

    async def _earlier(self, decision_id: str) -> Made | None:
        event = await self._events.find(decision_id)
        if event is None:
            return None
        if event.type != DECISION_MADE:
            raise IdTakenError(decision_id)
        return Made(facts.DecisionMade.FromString(event.payload).decision, event.position, duplicate=True)


def _outcome_id(decision_id: str) -> str:
    return str(uuid5(NAMESPACE_OID, _OUTCOME + decision_id))
