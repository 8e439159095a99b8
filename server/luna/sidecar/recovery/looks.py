"""Looks at what failed, as a caller would meet it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import grpc.aio
from arkalia.events.v1 import event_service_pb2 as events_rpc
from arkalia.events.v1 import event_service_pb2_grpc as events_stubs
from arkalia.resilience.v1 import projection_service_pb2 as projections_rpc
from arkalia.resilience.v1 import projection_service_pb2_grpc as projections_stubs

from luna.resilience.recovery_policy import Verification
from luna.sidecar.recovery.case import Case
from luna.sidecar.recovery.hands import Hands, find, name_of
from luna.sidecar.recovery.holding import Look, Looking
from luna.sidecar.recovery.methods import Methods
from luna.sidecar.state import ReplicaStatus, State

_ASK_SECONDS: Final = 1.0
_QUIET_SECONDS: Final = 3.0
"""How long nobody may have met a failure where nothing can be called to see whether it works."""
_COUNTED: Final = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DATA_LOSS,
    }
)
"""Answers that say something about the server, and not about the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What there is to look through."""

    hands: Hands
    methods: Methods
    peer: Callable[[str], grpc.aio.Channel]
    """Returns the channel to the process that serves a gRPC service."""
    rss_bytes: Callable[[int | None], int | None]
    memory_bytes_max: int
    disagreements: Callable[[], int]
    """How many comparisons ended in a contradiction so far."""
    comparisons: Callable[[], int]
    """How many were made."""


def look_for(case: Case, sight: Sight) -> Looking:
    """Return what looks whether *case* is over, as its plan wants it to be looked at."""
    makers: Mapping[Verification, Callable[[Case, Sight], Looking]] = {
        Verification.METHOD_ANSWERS: _method_answers,
        Verification.MEMORY_BELOW_LIMIT: _memory_below_limit,
        Verification.COMPARISON_AGREES: _comparison_agrees,
        Verification.PROJECTION_INTACT: _projection_intact,
        Verification.HEARTBEAT_ADVANCES: _heartbeat_advances,
        Verification.CHANNEL_READY: _process_serves,
        Verification.PROCESS_SERVES: _process_serves,
    }
    return makers[case.plan.verification](case, sight)


def _process_serves(case: Case, sight: Sight) -> Looking:
    async def look() -> Look:
        return await serves(case, sight)

    return look


async def serves(case: Case, sight: Sight) -> Look:
    """Look whether the process of *case* serves, over a new connection."""
    status = find(sight.hands.statuses(), case.target.process)
    if status is None:
        return Look(ok=False, failure=f"there is no process {case.target.process!r}")
    evidence = {"pid": str(status.pid or ""), "state": status.state.value}
    if status.pid is None:
        return Look(ok=False, evidence=evidence, failure=f"{name_of(status)} does not run: {status.reason}")
    asked = time.monotonic()
    probe = sight.hands.probe(status)
    try:
        answer = await probe.ask(seconds=_ASK_SECONDS)
    finally:
        await probe.aclose()
    evidence |= {"health": "SERVING" if answer.serving else answer.reason, "answer_ms": _ms(asked)}
    if not answer.serving:
        return Look(ok=False, evidence=evidence, failure=f"{name_of(status)} {answer.reason}")
    return Look(ok=True, evidence=evidence)


def _method_answers(case: Case, sight: Sight) -> Looking:
    method = case.target.method
    if sight.methods.harmless(method):

        async def call() -> Look:
            return await _called(case, sight)

        return call
    began_ns = time.time_ns()

    async def listen() -> Look:
        health = await serves(case, sight) if case.target.process else Look(ok=True)
        return _heard(case, health, began_ns) if health.ok else health

    return listen


def _heard(case: Case, health: Look, began_ns: int) -> Look:
    """Look at what callers say about a method that may not be called just to see."""
    if case.resolved_ns > case.last_failure_ns:
        return Look(ok=True, evidence={**health.evidence, "resolved": "a caller met a success"})
    quiet = (time.time_ns() - max(began_ns, case.last_failure_ns)) / 1e9
    evidence = {**health.evidence, "quiet_seconds": f"{quiet:.1f}"}
    if quiet < _QUIET_SECONDS:
        return Look(ok=False, evidence=evidence, failure="nobody has said that it works again")
    return Look(ok=True, evidence=evidence)


async def _called(case: Case, sight: Sight) -> Look:
    method = case.target.method
    asked = time.monotonic()
    code = await sight.methods.call(method, case.target.process)
    evidence = {"method": method, "code": code.name, "answer_ms": _ms(asked)}
    if code in _COUNTED:
        return Look(ok=False, evidence=evidence, failure=f"{method} answered {code.name}")
    return Look(ok=True, evidence=evidence)


def _memory_below_limit(case: Case, sight: Sight) -> Looking:
    async def look() -> Look:
        seen = await serves(case, sight)
        if not seen.ok:
            return replace(seen, away=True)
        status = find(sight.hands.statuses(), case.target.process)
        rss = sight.rss_bytes(status.pid if status else None)
        evidence = {**seen.evidence, "rss_bytes": str(rss), "limit_bytes": str(sight.memory_bytes_max)}
        if rss is None or rss > sight.memory_bytes_max:
            return Look(ok=False, evidence=evidence, failure=f"it holds {rss} bytes")
        return Look(ok=True, evidence=evidence)

    return look


def _heartbeat_advances(case: Case, sight: Sight) -> Looking:
    if case.target.resource:
        return _consumer_advances(case, sight)
    return _process_serves(case, sight)


def _consumer_advances(case: Case, sight: Sight) -> Looking:
    stub: events_stubs.EventServiceAsyncStub = events_stubs.EventServiceStub(
        sight.peer("arkalia.events.v1.EventService")
    )
    before: list[int] = []

    async def look() -> Look:
        try:
            answer = await stub.ListConsumers(events_rpc.ListConsumersRequest(), timeout=_ASK_SECONDS)
        except grpc.aio.AioRpcError as error:
            return Look(ok=False, failure=f"consumers cannot be listed: {error.code().name}")
        found = next((each for each in answer.consumers if each.name == case.target.resource), None)
        if found is None:
            return Look(ok=False, failure=f"there is no consumer {case.target.resource!r}")
        before.append(found.checkpoint)
        evidence = {"checkpoint": str(found.checkpoint), "lag": str(found.lag), "members": ", ".join(found.members)}
        moves = bool(found.members) and (found.lag == 0 or found.checkpoint > before[0])
        return Look(ok=moves, evidence=evidence, failure="" if moves else "its position does not move")

    return look


def _projection_intact(case: Case, sight: Sight) -> Looking:
    service = "arkalia.resilience.v1.ProjectionService"
    stub: projections_stubs.ProjectionServiceAsyncStub = projections_stubs.ProjectionServiceStub(sight.peer(service))

    async def look() -> Look:
        try:
            answer = await stub.ListProjections(projections_rpc.ListProjectionsRequest(), timeout=_ASK_SECONDS)
        except grpc.aio.AioRpcError as error:
            return Look(ok=False, failure=f"projections cannot be listed: {error.code().name}")
        found = next((each for each in answer.projections if each.name == case.target.resource), None)
        if found is None:
            return Look(ok=False, failure=f"there is no projection {case.target.resource!r}")
        evidence = {
            "checksum": found.checksum,
            "intact": str(found.intact).lower(),
            "position": str(found.position),
            "head": str(found.head),
        }
        if not found.intact or found.position < found.head:
            return Look(ok=False, evidence=evidence, failure="it is not what the event log says")
        return Look(ok=True, evidence=evidence)

    return look


def _comparison_agrees(_: Case, sight: Sight) -> Looking:
    compared, disagreed = sight.comparisons(), sight.disagreements()

    async def look() -> Look:
        more = sight.comparisons() - compared
        evidence = {"comparisons": str(more), "disagreements": str(sight.disagreements() - disagreed)}
        if sight.disagreements() > disagreed:
            return Look(ok=False, evidence=evidence, failure="they still disagree")
        return Look(ok=more > 1, evidence=evidence, failure="" if more > 1 else "nothing was compared yet")

    return look


def serving_since(status: ReplicaStatus | None, pid: int | None) -> int:
    """Return since when a process that replaced *pid* has served, 0 if it has not."""
    serving = status is not None and status.state is State.SERVING and status.pid not in {None, pid}
    return status.state_ns if status and serving else 0


def _ms(asked: float) -> str:
    return f"{1000 * (time.monotonic() - asked):.1f}"
