"""What tests of recoveries stand on: parts wired as on a node, with hands that do as they are told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from arkalia.recovery.v1 import recovery_pb2 as pb

from luna.adapters.memory_log import MemoryEventLog
from luna.kernel.clock import SystemClock
from luna.kernel.error_reports import ErrorReport, ErrorTarget, ErrorType, Severity
from luna.kernel.identity import Identity
from luna.resilience.recovery_policy import RecoveryPolicy
from luna.resilience.recovery_steps import Act, Verify
from luna.sidecar.outbox import Outbox
from luna.sidecar.probing import Answer, Probe
from luna.sidecar.recovery.case import Case, Doer, Outcome, Verdict
from luna.sidecar.recovery.desk import IncidentDesk
from luna.sidecar.recovery.engine import Engine
from luna.sidecar.recovery.figures import Figures
from luna.sidecar.recovery.incidents import Incidents
from luna.sidecar.recovery.ledger import Ledger
from luna.sidecar.recovery.mending import Mending
from luna.sidecar.recovery.record import Record
from luna.sidecar.recovery.restore import cases_of, restore
from luna.sidecar.recovery.steering import Steering
from luna.sidecar.state import ReplicaStatus, State
from luna.transport.spool import Spool

IDENTITY = Identity(node="n1", process="sidecar-0", version="1", started_ns=1)
_ids = count(1)


def status(process: str, *, pid: int | None = 41, state: State = State.SERVING) -> ReplicaStatus:
    return ReplicaStatus(
        process=process, replica=0, modules=(), generation=1, socket=Path("/s"), pid=pid, state=state, state_ns=1
    )


def report(
    process: str = "kernel-0",
    *,
    type: ErrorType | None = ErrorType.TIMEOUT,
    severity: Severity | None = None,
    method: str = "arkalia.helloria.v1.HelloriaService/GetStatus",
    error_id: str = "",
    resolved: bool = False,
    count: int = 1,
    code: int = 0,
) -> ErrorReport:
    now = SystemClock().wall_ns()
    return ErrorReport(
        error_id=error_id or f"e{next(_ids)}",
        target=ErrorTarget(process=process, method=method),
        reporter="test",
        first_ns=now,
        last_ns=now,
        count=count,
        type=type,
        severity=severity,
        code=code,
        resolved=resolved,
    )


@dataclass
class QuickClock(SystemClock):
    """A clock whose waits are short."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.005))


@dataclass
class FakeProbe:
    """A connection to a process that is as its status says."""

    answer: Answer

    async def ask(self, *, seconds: float) -> Answer:
        return self.answer

    async def aclose(self) -> None:
        """Nothing is held."""


@dataclass
class FakeHands:
    """Processes that run, until they are told to end, and then run again with the next pid."""

    running: dict[str, ReplicaStatus] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)

    def statuses(self) -> Sequence[ReplicaStatus]:
        return list(self.running.values())

    def probe(self, status: ReplicaStatus) -> Probe:
        now = self.running[status.process]
        return FakeProbe(Answer(answered=now.pid is not None, serving=now.state is State.SERVING, reason=now.reason))

    async def kill_and_restart(self, process: str, replica: int, reason: str) -> ReplicaStatus:
        self.ended.append(f"{process}-{replica}")
        self.running[process] = status(process, pid=(self.running[process].pid or 0) + 1)
        return self.running[process]

    async def restart(self, process: str, restart_id: str) -> Sequence[ReplicaStatus]:
        return [await self.kill_and_restart(process, 0, "")]


@dataclass
class ScriptedDoer:
    """Does nothing, and finds what it was told to find: by default that it helped."""

    helps: Callable[[Case, Act], bool] = lambda _case, _step: True
    done: list[tuple[str, str]] = field(default_factory=list)
    gate: asyncio.Event | None = None
    """Waited for in the middle of every action."""

    async def act(self, case: Case, step: Act) -> Outcome:
        self.done.append((case.target.process, step.strategy.name))
        if self.gate:
            await self.gate.wait()
        self._step = step
        return Outcome(action=f"tried {step.strategy.name}")

    async def verify(self, case: Case, wanted: Verify) -> Verdict:
        step = case.machine.steps
        act = Act(step=len(step) + 1, strategy=case.strategy or self._step.strategy, attempt=1, wait_seconds=0)
        ok = self.helps(case, act)
        return Verdict(ok=ok, held_ns=SystemClock().wall_ns(), evidence={"seen": "yes"}, failure="" if ok else "no")


@dataclass(kw_only=True)
class Rig:
    """The parts of one sidecar."""

    engine: Engine
    ledger: Ledger
    incidents: Incidents
    desk: IncidentDesk
    steering: Steering
    outbox: Outbox
    record: Record
    figures: Figures
    hands: FakeHands
    log: MemoryEventLog

    def recoveries(self) -> list[pb.Recovery]:
        """Return them, oldest first."""
        return [entry.recovery for entry in self.ledger.all()]

    async def settled(self) -> None:
        """Wait until nothing is under way, and everything is on record."""
        async with asyncio.timeout(10):
            while self.ledger.under_way():
                await asyncio.sleep(0.005)
        await self.outbox.flush(seconds=5)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                await asyncio.sleep(0.005)


@asynccontextmanager
async def rig(
    doer: Doer | None = None,
    *,
    log: MemoryEventLog | None = None,
    tell: Callable[[pb.Incident], None] | None = None,
    ready: bool = True,
) -> AsyncIterator[Rig]:
    clock = QuickClock()
    kept = log or MemoryEventLog(clock)
    hands = FakeHands({name: status(name) for name in ("log", "kernel", "envoy")})
    ledger, incidents, figures = Ledger(), Incidents(), Figures()
    folder = TemporaryDirectory(prefix="luna")
    outbox = Outbox(Spool(Path(folder.name) / "sidecar-0.events"), clock=clock, recorded=ledger.recorded)
    record = Record(IDENTITY, clock=clock, ledger=ledger, incidents=incidents, outbox=outbox)
    desk = IncidentDesk(incidents, record, clock=clock, tell=tell)
    mending = Mending(doer or ScriptedDoer(), record, ledger, escalate=desk.escalate, clock=clock)
    engine = Engine(mending, record=record, ledger=ledger, hands=hands, figures=figures, clock=clock)

    @asynccontextmanager
    async def open_log() -> AsyncIterator[MemoryEventLog]:
        yield kept

    sending = asyncio.ensure_future(outbox.run(open_log))
    if ready:
        engine.begin([])
    try:
        yield Rig(
            engine=engine,
            ledger=ledger,
            incidents=incidents,
            desk=desk,
            steering=Steering(engine, ledger, record, clock=clock),
            outbox=outbox,
            record=record,
            figures=figures,
            hands=hands,
            log=kept,
        )
    finally:
        await engine.aclose()
        sending.cancel()
        await asyncio.wait({sending})
        folder.cleanup()


async def again(made: Rig, log: MemoryEventLog, policy: RecoveryPolicy | None = None) -> None:
    """Read the past, and go on with what was under way, as a sidecar does when it starts."""
    await restore(log, made.ledger, made.incidents, known=made.engine.began)
    cases, lost = cases_of(made.ledger.under_way(), policy or RecoveryPolicy())
    assert not lost
    made.engine.begin(cases)
