"""The circuit breakers of all processes, as they reported them last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from arkalia.resilience.v1 import circuit_breaker_pb2 as pb
from arkalia.resilience.v1 import circuit_breaker_service_pb2 as rpc
from arkalia.resilience.v1 import resilience_event_pb2 as facts

from luna.kernel.bell import Bell
from luna.kernel.clock import Clock
from luna.kernel.times import timestamp
from luna.resilience.circuit_messages import key_of, selector_of
from luna.resilience.failing import Guarded

SILENT_SECONDS: Final = 30.0
"""How long a process may be silent before its breakers are forgotten."""
PROCESSES_MAX: Final = 256
"""More than a node can have; the one heard of longest ago makes room."""


@dataclass(slots=True, kw_only=True)
class Told:
    """What one process said last."""

    process: str
    taken_ns: int
    """The time of its report, in its own clock."""
    heard: float
    """When it came, on the monotonic clock, so that a clock set on the wall ages nothing."""
    breakers: dict[str, pb.CircuitBreaker]
    calls: dict[str, int]
    """What each breaker had counted while it was closed last, or when it was first heard of."""


class BreakerTable:
    """Keeps the newest report of each process, and what became of its breakers since."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: dict[str, Told] = {}
        self._news = Bell()

    def hear(self, report: rpc.ReportCircuitBreakersRequest) -> bool:
        """Take note of *report*, unless a newer one of that process is known; tell whether it was news."""
        before = self._told.pop(report.process, None)
        if before is not None and before.taken_ns > report.report_time_ns and not self._silent(before):
            self._told[report.process] = before
            return False
        told = Told(
            process=report.process,
            taken_ns=report.report_time_ns,
            heard=self._clock.monotonic(),
            breakers={one.name: one for one in report.circuit_breakers if one.key.process == report.process},
            calls={},
        )
        arrived = timestamp(self._clock.wall_ns())
        for name, breaker in told.breakers.items():
            breaker.report_time.CopyFrom(arrived)
            _keep_newer(breaker, before.breakers.get(name) if before else None, report.report_time_ns)
            known = before.calls.get(name) if before and breaker.state != pb.CIRCUIT_STATE_CLOSED else None
            told.calls[name] = breaker.window.calls if known is None else known
        self._told[report.process] = told
        if len(self._told) > PROCESSES_MAX:
            del self._told[next(iter(self._told))]
        self._news.ring()
        return True

    def change(self, transition: facts.CircuitTransition) -> None:
        """Take note of what a breaker has done since its last report."""
        told = self._told.get(transition.key.process)
        if told is None:
            return
        known = told.breakers.get(transition.name)
        if known is None or known.state_time.ToNanoseconds() <= transition.change_time.ToNanoseconds():
            told.breakers[transition.name] = changed(transition, known)
            if transition.previous_state == pb.CIRCUIT_STATE_CLOSED:
                told.calls[transition.name] = transition.window.calls
            self._news.ring()

    def find(self, name: str, process: str) -> pb.CircuitBreaker | None:
        """Return the breaker of that *name*, if its *process* has reported it."""
        told = self._told.get(process)
        return told.breakers.get(name) if told else None

    def told(self) -> Sequence[Told]:
        """Return what the processes said that are not silent."""
        self._told = {name: told for name, told in self._told.items() if not self._silent(told)}
        return list(self._told.values())

    def breakers(
        self, selector: pb.CircuitSelector | None = None, state: pb.CircuitState = pb.CIRCUIT_STATE_UNSPECIFIED
    ) -> list[pb.CircuitBreaker]:
        """Return those breakers that *selector* means and that are in *state*, by name."""
        return sorted(self._matching(selector or pb.CircuitSelector(), state), key=lambda breaker: breaker.name)

    def guarded(self) -> Iterator[Guarded]:
        """Yield what is behind each breaker, and whether it is open because calls fail."""
        for told in self.told():
            for name, breaker in told.breakers.items():
                failing = breaker.state == pb.CIRCUIT_STATE_OPEN
                # One that opened before anybody could count has had calls nevertheless.
                calls = told.calls.get(name, 0) or int(failing)
                yield Guarded(priority=key_of(breaker.key).priority, calls=calls, failing=failing)

    async def news(self) -> None:
        """Wait until something is heard."""
        await self._news.wait()

    def _matching(self, selector: pb.CircuitSelector, state: pb.CircuitState) -> Iterator[pb.CircuitBreaker]:
        wanted = selector_of(selector)
        for told in self.told():
            for breaker in told.breakers.values():
                if state in {pb.CIRCUIT_STATE_UNSPECIFIED, breaker.state} and wanted.matches(key_of(breaker.key)):
                    yield breaker

    def _silent(self, told: Told) -> bool:
        return self._clock.monotonic() - told.heard > SILENT_SECONDS


def changed(transition: facts.CircuitTransition, known: pb.CircuitBreaker | None) -> pb.CircuitBreaker:
    """Return the breaker of *transition* as it was just after, with what else is *known* of it."""
    breaker = pb.CircuitBreaker()
    if known is not None:
        breaker.CopyFrom(known)
    else:
        breaker.report_time.CopyFrom(transition.change_time)
    breaker.ClearField("retry_after")
    breaker.MergeFrom(
        pb.CircuitBreaker(
            name=transition.name,
            key=transition.key,
            state=transition.state,
            state_time=transition.change_time,
            retry_after=transition.open if transition.HasField("open") else None,
        )
    )
    breaker.window.CopyFrom(transition.window)
    return breaker


def _keep_newer(breaker: pb.CircuitBreaker, known: pb.CircuitBreaker | None, taken_ns: int) -> None:
    """Keep a state that was entered after the report was taken: its transition overtook it."""
    if known is not None and known.state_time.ToNanoseconds() > max(taken_ns, breaker.state_time.ToNanoseconds()):
        breaker.state = known.state
        breaker.state_time.CopyFrom(known.state_time)
