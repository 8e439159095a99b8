"""Takes reports of failures, and has each failure mended once.

Rule 1: at most one recovery is under way for a target; more reports about it are counted on that one.
Rule 2: reports are taken once what happened before has been read, and wait until then.
Rule 3: what the supervisor saw by itself is mended at once; of what others report, so many at a time.
Rule 4: nothing that others send makes anything grow without bound.
"""

import asyncio
from collections import OrderedDict, deque
from contextvars import Context
from dataclasses import replace
from typing import Final
from uuid import uuid4

from arkalia.recovery.v1 import recovery_event_pb2 as facts
from arkalia.recovery.v1 import recovery_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.error_reports import ErrorReport
from luna.kernel.times import timestamp
from luna.resilience.recovery import RecoveryMachine
from luna.resilience.recovery_plan import Finding, Plan, classify
from luna.resilience.recovery_policy import RecoveryPolicy
from luna.sidecar.recovery.actions import take_back
from luna.sidecar.recovery.case import Case, Key
from luna.sidecar.recovery.errors import NotReadyError
from luna.sidecar.recovery.figures import Figures
from luna.sidecar.recovery.hands import Hands, in_full
from luna.sidecar.recovery.ledger import Ledger
from luna.sidecar.recovery.mending import Mending
from luna.sidecar.recovery.messages import report_to, severity_to, strategy_to, target_from, target_to, type_to
from luna.sidecar.recovery.planning import covering, key_of, plan_of
from luna.sidecar.recovery.record import Record

IDS_REMEMBERED: Final = 10_000
CASES_MAX: Final = 200
"""How many recoveries may wait for their turn. Reports of more targets than that are counted, and let go."""
RECURRENCE_NS: Final = 60_000_000_000
STALE_NS: Final = 60_000_000_000
_EARLY_MAX: Final = 500
_REST_NS: Final = 30_000_000_000
"""How long what could not be mended is left alone, unless the supervisor itself sees that it fails again."""


class Engine:
    """What is under way."""

    def __init__(
        self, mending: Mending, *, record: Record, ledger: Ledger, hands: Hands, figures: Figures, clock: Clock
    ) -> None:
        self.policy = RecoveryPolicy()
        self.policy_revision = 0
        self._mending = mending
        self._record = record
        self._ledger = ledger
        self._hands = hands
        self._figures = figures
        self._clock = clock
        self._cases: dict[str, Case] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ids: OrderedDict[str, str] = OrderedDict()
        self._began: OrderedDict[str, None] = OrderedDict()
        self._early: deque[tuple[ErrorReport, int | None]] = deque(maxlen=_EARLY_MAX)
        self._turns = asyncio.Semaphore(self.policy.recoveries_max)
        self._ready = False

    def begin(self, cases: list[Case]) -> None:
        """Go on with *cases* of an earlier life, and take reports from now on."""
        self._ready = True
        for case in cases:
            self._go(case, waits=False)
        while self._early:
            self.see(*self._early.popleft())

    async def aclose(self) -> None:
        """Let go of what is under way. Whoever comes next goes on with it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def see(self, report: ErrorReport, pid: int | None = None) -> str:
        """Take what the supervisor saw itself, of process *pid*."""
        if not self._ready:
            self._early.append((report, pid))
            return ""
        return self._take(report, seen=True, pid=pid)

    def take(self, report: ErrorReport) -> str:
        """Take the report of somebody else, and return the recovery that looks after it, if there is one.

        Raises:
            NotReadyError: what happened before has not been read yet.

        """
        if not self._ready:
            raise NotReadyError
        if report.error_id in self._ids:
            return self._ids[report.error_id]
        taken = self._take(report, seen=False)
        self._ids[report.error_id] = taken
        if len(self._ids) > IDS_REMEMBERED:
            self._ids.popitem(last=False)
        return taken

    def case(self, recovery_id: str) -> Case | None:
        """Return the recovery of that id, if it is under way."""
        return self._cases.get(recovery_id)

    def began(self, recovery_id: str) -> bool:
        """Tell whether the recovery of that id began, or was gone on with, in this process."""
        return recovery_id in self._began

    def adopt(self, policy: RecoveryPolicy, revision: int) -> None:
        """Apply *policy* to whatever begins from now on."""
        if policy.recoveries_max != self.policy.recoveries_max:
            self._turns = asyncio.Semaphore(policy.recoveries_max)
        self.policy, self.policy_revision = policy, revision

    def _take(self, report: ErrorReport, *, seen: bool, pid: int | None = None) -> str:
        self._figures.reports += report.count
        report = replace(report, target=in_full(report.target, self._hands.statuses()))
        if report.resolved:
            return self._resolved(report)
        finding = classify(report, self.policy)
        if finding is None:
            return ""
        key = key_of(finding, seen=seen)
        if case := covering(self._cases.values(), finding, key, pid):
            self._count(case, report)
            case.falls += seen
            return case.recovery_id
        if not seen and (len(self._cases) >= CASES_MAX or self._is_stale(report) or self._rests(key)):
            self._figures.let_go += report.count
            return ""
        case = self._case(report, replace(finding, target=key.target), key, pid)
        self._go(case, waits=not seen)
        return case.recovery_id

    def _case(self, report: ErrorReport, finding: Finding, key: Key, pid: int | None) -> Case:
        recovery_id = str(uuid4())
        plan = plan_of(finding, self.policy, key)
        self._record.of_recovery(recovery_id, self._started(recovery_id, report, plan))
        entry = self._ledger.get(recovery_id)
        if entry is None:
            raise RuntimeError("the ledger does not know a recovery that has just begun")
        return Case(
            key=key,
            entry=entry,
            plan=plan,
            machine=RecoveryMachine(plan),
            target=finding.target,
            # Whoever reports may have another clock.
            failure_ns=min(report.first_ns, self._clock.wall_ns()),
            last_failure_ns=report.last_ns,
            pid=pid,
        )

    def _started(self, recovery_id: str, report: ErrorReport, plan: Plan) -> facts.RecoveryStarted:
        target = target_to(plan.finding.target)
        recurs = any(
            entry.over
            and entry.recovery.target == target
            and report.first_ns - entry.recovery.end_time.ToNanoseconds() < RECURRENCE_NS
            for entry in self._ledger.newest_first()
        )
        self._figures.recurrences += recurs
        return facts.RecoveryStarted(
            recovery_id=recovery_id,
            error=report_to(report),
            type=type_to(plan.finding.type),
            severity=severity_to(plan.finding.severity),
            target=target,
            strategies=[strategy_to(strategy) for strategy in plan.strategies],
            policy_revision=self.policy_revision,
            recurrence=recurs,
            failure_time=timestamp(min(report.first_ns, self._clock.wall_ns())),
            detect_time=timestamp(self._clock.wall_ns()),
        )

    def _go(self, case: Case, *, waits: bool) -> None:
        self._cases[case.recovery_id] = case
        self._began[case.recovery_id] = None
        if len(self._began) > IDS_REMEMBERED:
            self._began.popitem(last=False)
        # Not on behalf of the call that reported it, whose deadline is none of its business.
        task = asyncio.get_running_loop().create_task(self._mend(case, waits=waits), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _mend(self, case: Case, *, waits: bool) -> None:
        turns = self._turns if waits else asyncio.Semaphore(1)
        try:
            async with turns:
                await self._mending.mend(case)
        finally:
            self._cases.pop(case.recovery_id, None)
        self._figures.ended(case)
        await take_back(case)

    def _count(self, case: Case, report: ErrorReport) -> None:
        case.entry.recovery.error_count += report.count
        case.last_failure_ns = max(case.last_failure_ns, report.last_ns)
        self._figures.aggregated += report.count

    def _resolved(self, report: ErrorReport) -> str:
        for case in self._cases.values():
            if case.target == report.target or (
                case.target.method == report.target.method and case.target.process == report.target.process
            ):
                case.resolved_ns = max(case.resolved_ns, report.last_ns)
                return case.recovery_id
        return ""

    def _is_stale(self, report: ErrorReport) -> bool:
        """Tell whether *report* was delivered so late that it says nothing about how things are."""
        return self._clock.wall_ns() - report.last_ns > STALE_NS

    def _rests(self, key: Key) -> bool:
        """Tell whether *key* could not be mended a moment ago."""
        now_ns = self._clock.wall_ns()
        return any(
            entry.recovery.state in {pb.RECOVERY_STATE_FAILED, pb.RECOVERY_STATE_ESCALATED}
            and now_ns - entry.recovery.end_time.ToNanoseconds() < _REST_NS
            and target_from(entry.recovery.target) == key.target
            for entry in self._ledger.newest_first()
        )
