"""The strategies: what is done about a failure."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

import grpc.aio
from arkalia.node.v1 import health_pb2
from arkalia.resilience.v1 import circuit_breaker_pb2 as circuits
from arkalia.resilience.v1 import degradation_service_pb2 as degradation_rpc
from arkalia.resilience.v1 import degradation_service_pb2_grpc as degradation_stubs
from arkalia.resilience.v1 import projection_service_pb2 as projections_rpc
from arkalia.resilience.v1 import projection_service_pb2_grpc as projections_stubs
from arkalia.resilience.v1 import resilience_event_pb2 as resilience_facts

from luna.kernel.clock import Clock
from luna.kernel.error_reports import ErrorType
from luna.kernel.times import duration, timestamp
from luna.resilience.recovery_policy import Strategy
from luna.resilience.recovery_steps import Act
from luna.sidecar.errors import NodeError
from luna.sidecar.recovery.case import Case, Outcome
from luna.sidecar.recovery.hands import find, name_of
from luna.sidecar.recovery.looks import Sight, look_for
from luna.sidecar.recovery.messages import words
from luna.sidecar.recovery.record import Record
from luna.sidecar.state import ReplicaStatus

_SETTLE_SECONDS: Final = 0.5
"""How long somebody else who ends a process already may take."""
_OPEN_SECONDS: Final = 1.0
"""How long calls are kept away before one is let through again."""
_LET_IN_SECONDS: Final = 0.7
"""How often breakers are asked to let a call through while it is looked whether a method works."""
_OPEN_LIMIT_SECONDS: Final = 10.0
"""How long they are kept away at most, should nobody come back to it."""
_HOLD_SECONDS: Final = 120.0
"""How long the node does less at most, should nobody come back to it."""
_REBUILD_SECONDS: Final = 60.0
_ASK_SECONDS: Final = 5.0


class Actions:
    """Does what a step says."""

    def __init__(self, sight: Sight, record: Record, *, node: str, subject: str, clock: Clock) -> None:
        """Act in the name of *subject*."""
        self._sight = sight
        self._record = record
        self._node = node
        self._subject = subject
        self._clock = clock

    async def act(self, case: Case, step: Act) -> Outcome:
        """Do what *step* says, unless it is in order already when this goes on after a restart of this process."""
        if case.resumed:
            case.resumed = False
            seen = await look_for(case, self._sight)()
            if seen.ok:
                return Outcome(
                    action="found it in order when the sidecar was back",
                    evidence={"verified": "after restart", **seen.evidence},
                )
        by_strategy: Mapping[Strategy, Callable[[Case], Awaitable[Outcome]]] = {
            Strategy.IMMEDIATE_RETRY: self._try_again,
            Strategy.EXPONENTIAL_BACKOFF: self._try_again,
            Strategy.CIRCUIT_BREAK: self._keep_calls_away,
            Strategy.GRACEFUL_DEGRADATION: self._do_less,
            Strategy.SYSTEM_RESTART: self._start_over,
        }
        return await by_strategy[step.strategy](case)

    async def _try_again(self, case: Case) -> Outcome:
        if case.plan.finding.type is ErrorType.CONTRADICTION:
            return Outcome(action="asked for the next comparison")
        seen = await look_for(case, self._sight)()
        what = f"called {case.target.method} again" if case.target.method else f"connected to {words(case.target)} anew"
        # What nobody may call just to see, and what is given time, is waited for: that is for the probe to do.
        waits = case.strategy is Strategy.EXPONENTIAL_BACKOFF or not self._sight.methods.harmless(case.target.method)
        ok = seen.ok or waits
        return Outcome(action=what, ok=ok, evidence=seen.evidence, failure=seen.failure)

    async def _keep_calls_away(self, case: Case) -> Outcome:
        process = case.target.process.rpartition("-")[0] or case.target.process
        selector = circuits.CircuitSelector(
            side=circuits.CIRCUIT_SIDE_CLIENT, peer=process, method=case.target.method or case.target.service
        )
        self._command(selector, circuits.CIRCUIT_STATE_OPEN, case, seconds=_OPEN_LIMIT_SECONDS)
        await self._clock.sleep(_OPEN_SECONDS)
        self._command(selector, circuits.CIRCUIT_STATE_HALF_OPEN, case)
        return Outcome(
            action=f"kept calls away from {words(case.target)} for {_OPEN_SECONDS:g} s",
            evidence={"peer": selector.peer, "method": selector.method},
        )

    async def let_in(self, case: Case) -> None:
        """Have breakers let a call through again and again, forever: nobody sees what works behind an open one."""
        while True:
            await self._clock.sleep(_LET_IN_SECONDS)
            self._command(circuits.CircuitSelector(method=case.target.method), circuits.CIRCUIT_STATE_HALF_OPEN, case)

    def _command(
        self,
        selector: circuits.CircuitSelector,
        state: circuits.CircuitState,
        case: Case,
        *,
        seconds: float | None = None,
    ) -> None:
        message = resilience_facts.CircuitBreakerCommanded(
            request_id=f"{case.recovery_id}/{len(case.machine.steps) + 1}",
            selector=selector,
            state=state,
            duration=duration(seconds) if seconds else None,
            reason=f"recovery {case.recovery_id}",
            subject=self._subject,
            command_time=timestamp(self._clock.wall_ns()),
        )
        self._record.event(f"breaker/{self._node}", message, correlation_id=case.recovery_id)

    async def _do_less(self, case: Case) -> Outcome:
        service = "arkalia.resilience.v1.DegradationService"
        if any(step.strategy is Strategy.GRACEFUL_DEGRADATION for step in case.machine.steps):
            return Outcome(action="saw that the node does less already", ok=False, failure="that did not help")
        stub: degradation_stubs.DegradationServiceAsyncStub = degradation_stubs.DegradationServiceStub(
            self._sight.peer(service)
        )
        reason = f"recovery {case.recovery_id}"
        request = degradation_rpc.SetDegradationRequest(
            level=health_pb2.DEGRADATION_LEVEL_LIGHT,
            hold=duration(_HOLD_SECONDS),
            reason=reason,
            request_id=case.recovery_id,
            at_least=True,
        )
        try:
            answer = await stub.SetDegradation(request, timeout=_ASK_SECONDS)
        except grpc.aio.AioRpcError as error:
            return Outcome(
                action="asked the node to do less", ok=False, failure=f"{error.code().name}: {error.details()}"
            )

        async def release() -> None:
            if answer.degradation.reason == reason:
                await stub.ReleaseDegradation(
                    degradation_rpc.ReleaseDegradationRequest(reason=f"{reason} is over"), timeout=_ASK_SECONDS
                )

        case.undo.append(release)
        level = health_pb2.DegradationLevel.Name(answer.degradation.level)
        return Outcome(action="had the node do less", evidence={"level": level})

    async def _start_over(self, case: Case) -> Outcome:
        if case.plan.finding.type is ErrorType.STATE_CORRUPTED:
            return await self._rebuild(case)
        status = find(self._sight.hands.statuses(), case.target.process)
        if status is None:
            return Outcome(
                action="looked for the process", ok=False, failure=f"there is no process {case.target.process!r}"
            )
        if await self._is_replaced(case):
            last = status.last_exit
            why = f" with {last}" if last and not case.machine.steps else ""
            return Outcome(
                action=f"saw that {name_of(status)} had ended{why}, and that it is started again",
                evidence={"old_pid": str(case.pid or "")},
            )
        return await self._restart(case, status)

    async def _restart(self, case: Case, status: ReplicaStatus) -> Outcome:
        case.pid, evidence = status.pid, {"old_pid": str(status.pid or "")}
        if case.plan.finding.type is ErrorType.MEMORY:
            # It still answers, so it is replaced without a gap, unless that fails.
            with suppress(NodeError):
                await self._sight.hands.restart(status.process, case.recovery_id)
                return Outcome(action=f"replaced {name_of(status)}", evidence=evidence)
        reason = f"recovery {case.recovery_id}"
        await self._sight.hands.kill_and_restart(status.process, status.replica, reason)
        return Outcome(action=f"restarted {name_of(status)}", evidence=evidence)

    async def _is_replaced(self, case: Case) -> bool:
        """Tell whether the process that failed has ended. Who restarts it twice makes it worse."""
        if case.machine.steps and case.pid is None:
            return False
        until = self._clock.monotonic() + (0.0 if case.target.resource else _SETTLE_SECONDS)
        while True:
            status = find(self._sight.hands.statuses(), case.target.process)
            if status is None or status.pid is None or (case.pid and status.pid != case.pid):
                # Once. After that, the one that was started instead of it does not do either.
                replaced = not any(step.strategy is Strategy.SYSTEM_RESTART for step in case.machine.steps)
                return replaced or status is None or status.pid is None
            if self._clock.monotonic() >= until:
                return False
            await self._clock.sleep(0.02)

    async def _rebuild(self, case: Case) -> Outcome:
        service = "arkalia.resilience.v1.ProjectionService"
        stub: projections_stubs.ProjectionServiceAsyncStub = projections_stubs.ProjectionServiceStub(
            self._sight.peer(service)
        )
        action = f"rebuilt {case.target.resource} from the event log"
        try:
            answer = await stub.RebuildProjection(
                projections_rpc.RebuildProjectionRequest(name=case.target.resource), timeout=_REBUILD_SECONDS
            )
        except grpc.aio.AioRpcError as error:
            return Outcome(action=action, ok=False, failure=f"{error.code().name}: {error.details()}")
        found = answer.projection
        return Outcome(action=action, evidence={"checksum": found.checksum, "position": str(found.position)})


async def take_back(case: Case) -> None:
    """Take back what was done for a time only."""
    for undo in case.undo:
        # Where that fails, it ends by itself a little later.
        with suppress(grpc.aio.AioRpcError):
            await undo()
