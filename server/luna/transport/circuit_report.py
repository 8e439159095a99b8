"""Tells the rest of the node of the circuit breakers of this process."""

import time
from typing import Final
from uuid import uuid4

from arkalia.resilience.v1 import circuit_breaker_pb2 as pb
from arkalia.resilience.v1 import circuit_breaker_service_pb2 as rpc
from arkalia.resilience.v1.resilience_event_pb2 import CircuitTransition

from luna.kernel.events import NewEvent
from luna.kernel.times import duration, timestamp
from luna.resilience.circuit_messages import key_to_pb, policy_to_pb, state_to_pb, window_to_pb
from luna.resilience.engine import BreakerEngine
from luna.resilience.limiter import Limiter
from luna.transport.circuits import Changed
from luna.transport.parts import Parts

BREAKERS_MAX: Final = 2000
"""How many breakers the contract lets a report have."""


def report_of(parts: Parts, *, started_ns: int) -> rpc.ReportCircuitBreakersRequest:
    """Return the breakers of this process as they are now."""
    circuits, now, now_ns = parts.circuits, time.monotonic(), time.time_ns()
    return rpc.ReportCircuitBreakersRequest(
        process=circuits.process,
        report_time_ns=now_ns,
        circuit_breakers=[
            _breaker(engine, now=now, now_ns=now_ns, started_ns=started_ns)
            for engine in circuits.engines()[:BREAKERS_MAX]
        ],
        policy_revision=circuits.revision,
        limiter=_figures(parts.limiter),
    )


def transition_event(changed: Changed) -> NewEvent:
    """Return the fact that a breaker changed its state, with an id of its own."""
    transition = changed.transition
    message = CircuitTransition(
        name=changed.key.name,
        key=key_to_pb(changed.key),
        previous_state=state_to_pb(transition.before),
        state=state_to_pb(transition.after),
        cause=transition.cause,
        window=window_to_pb(transition.window),
        open=None if transition.open_seconds is None else duration(transition.open_seconds),
        change_time=timestamp(changed.time_ns),
    )
    return NewEvent(
        type=CircuitTransition.DESCRIPTOR.full_name,
        payload=message.SerializeToString(),
        event_id=str(uuid4()),
        time_ns=changed.time_ns,
    )


def _breaker(engine: BreakerEngine, *, now: float, now_ns: int, started_ns: int) -> pb.CircuitBreaker:
    engine.tick(now)
    retry_after = engine.retry_after(now)
    since_ns = now_ns - int((now - engine.since) * 1e9) if engine.since else started_ns
    return pb.CircuitBreaker(
        name=engine.key.name,
        key=key_to_pb(engine.key),
        state=state_to_pb(engine.state),
        state_time=timestamp(since_ns),
        window=window_to_pb(engine.window(now)),
        retry_after=None if retry_after is None else duration(retry_after),
        refused_calls=engine.refused,
        transitions=engine.transitions,
        policy=policy_to_pb(engine.policy),
        report_time=timestamp(now_ns),
    )


def _figures(limiter: Limiter) -> rpc.LimiterFigures:
    return rpc.LimiterFigures(
        limit=limiter.limit,
        in_flight=limiter.in_flight,
        queued=limiter.queued,
        admitted_calls=limiter.admitted,
        shed_calls=limiter.shed,
    )
