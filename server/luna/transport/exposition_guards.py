"""Writes as Prometheus text what keeps this process from falling: breakers, the limiter, the level, retries."""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from luna.resilience.circuit import CircuitState
from luna.resilience.engine import BreakerEngine
from luna.transport.client_meter import Attempts, ClientMeter, status
from luna.transport.error_reports import ErrorReporter
from luna.transport.exposition import series
from luna.transport.parts import Parts
from luna.transport.peer_guard import Peer

Value: TypeAlias = tuple[str, float]
"""Labels, and the number."""
_HISTOGRAMS: Final = (
    ("retries", "grpc_client_call_retries", "How often calls were tried again, those that were."),
    ("hedges", "grpc_client_call_hedges", "How often calls were made twice because the first answer was late."),
    ("delays", "grpc_client_call_retry_delay_seconds", "How long calls waited between attempts."),
)


def render_guards(parts: Parts, meter: ClientMeter, peers: Iterable[Peer], reporter: ErrorReporter) -> str:
    """Return the metrics as Prometheus text."""
    return "\n".join(
        [*_attempts(meter), *_breakers(parts), *_limiter(parts), *_peers(tuple(peers)), *_reports(reporter), ""]
    )


def _attempts(meter: ClientMeter) -> Iterator[str]:
    all = tuple(meter.all())
    started = "grpc_client_attempt_started_total"
    yield from _family(started, "Attempts to call a peer.", ((_of(it), it.started) for it in all))
    name = "grpc_client_attempt_duration_seconds"
    yield from _head(name, "histogram", "How long attempts to call a peer took.")
    for attempts in all:
        for code, histogram in tuple(attempts.outcomes.items()):
            yield from series(name, f'{_of(attempts)},grpc_status="{status(code)}"', histogram)
    for attribute, name, help in _HISTOGRAMS:
        yield from _head(name, "histogram", help)
        for attempts in all:
            if sum(getattr(attempts, attribute).counts):
                yield from series(name, _of(attempts), getattr(attempts, attribute))
    # The core makes these by itself, and does not tell.
    yield from _head("grpc_client_call_transparent_retries", "histogram", "Calls sent again before a peer saw them.")


def _breakers(parts: Parts) -> Iterator[str]:
    engines = parts.circuits.engines()
    states = (
        (f'{_key(engine)},state="{state.value}"', float(engine.state is state))
        for engine in engines
        for state in CircuitState
    )
    yield from _family("arkalia_circuit_breaker_state", "1 for the state that a breaker is in.", states)
    counts: tuple[tuple[str, str, Callable[[BreakerEngine], float]], ...] = (
        ("arkalia_circuit_breaker_transitions_total", "Changes of state.", lambda engine: engine.transitions),
        ("arkalia_circuit_breaker_refused_calls_total", "Calls that were not let through.", lambda it: it.refused),
    )
    for name, help, count in counts:
        yield from _family(name, help, [(_key(engine), count(engine)) for engine in engines])
    dropped = parts.circuits.dropped
    yield from _family("arkalia_circuit_breaker_transitions_dropped_total", "Changes not recorded.", [("", dropped)])


def _limiter(parts: Parts) -> Iterator[str]:
    limiter, pacing = parts.limiter, parts.pacing
    for name, help, value in (
        ("arkalia_limiter_limit", "Calls that may be under way at once.", limiter.limit),
        ("arkalia_limiter_in_flight", "Calls that hold a place.", limiter.in_flight),
        ("arkalia_limiter_queued", "Calls that wait for a place.", limiter.queued),
        ("arkalia_limiter_admitted_total", "Calls that were let in.", limiter.admitted),
        ("arkalia_limiter_shed_total", "Calls for which there was no room.", limiter.shed),
        ("arkalia_pace_calls_per_second", "Calls that may begin beside urgent ones.", pacing.per_second or math.inf),
        ("arkalia_pace_waiting", "Calls that have a place and wait for their turn.", pacing.waiting),
        ("arkalia_degradation_level", "1 for NORMAL, up to 6 for SURVIVAL.", parts.level.level.value),
    ):
        yield from _family(name, help, [("", value)])


def _peers(peers: Iterable[Peer]) -> Iterator[str]:
    counts: tuple[tuple[str, str, Callable[[Peer], float]], ...] = (
        ("arkalia_retry_budget_taken_total", "Retries and hedges.", lambda it: it.budget.taken),
        ("arkalia_retry_budget_refused_total", "Those not made for want of budget.", lambda it: it.budget.refused),
        ("arkalia_bulkhead_in_flight", "Calls to a peer under way.", lambda it: it.bulkhead.limiter.in_flight),
        ("arkalia_bulkhead_shed_total", "Calls not made, too many under way.", lambda it: it.bulkhead.limiter.shed),
        ("arkalia_peer_connected", "1 if there is a connection.", lambda it: it.connected),
    )
    for name, help, count in counts:
        yield from _family(name, help, [(f'peer="{peer.name}"', float(count(peer))) for peer in peers])


def _reports(reporter: ErrorReporter) -> Iterator[str]:
    for name, help, value in (
        ("arkalia_failures_reported_total", "Failures that were met.", reporter.reported),
        ("arkalia_failure_reports_delivered_total", "Reports of them that were taken.", reporter.delivered),
        ("arkalia_failure_reports_dropped_total", "Reports for which there was no room.", reporter.dropped),
    ):
        yield from _family(name, help, [("", value)])


def _family(name: str, help: str, values: Iterable[Value]) -> Iterator[str]:
    yield from _head(name, "counter" if name.endswith("_total") else "gauge", help)
    for labels, value in values:
        yield f"{name}{{{labels}}} {value:.12g}" if labels else f"{name} {value:.12g}"


def _head(name: str, kind: str, help: str) -> Iterator[str]:
    yield f"# HELP {name} {help}"
    yield f"# TYPE {name} {kind}"


def _of(attempts: Attempts) -> str:
    return f'grpc_method="{attempts.method}",grpc_target="{attempts.peer}"'


def _key(engine: BreakerEngine) -> str:
    key = engine.key
    return f'side="{key.side.value}",peer="{key.peer}",grpc_method="{key.method}",priority="{key.priority}"'
