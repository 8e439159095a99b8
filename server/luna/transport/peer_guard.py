"""What stands between this process and one that it calls."""

import time
from collections.abc import Generator
from functools import cached_property
from typing import Any, Final
from uuid import uuid4

import grpc.aio
from google.rpc import code_pb2

from luna.kernel.context import current_call
from luna.kernel.error_reports import ErrorReport, ErrorTarget, ErrorType
from luna.resilience.budget import RetryBudget
from luna.resilience.bulkhead import Bulkhead, BulkheadPolicy
from luna.resilience.circuit import CircuitOpenError
from luna.resilience.engine import BreakerEngine
from luna.transport.client_meter import Attempts, ClientMeter
from luna.transport.error_step import resolved
from luna.transport.parts import Parts
from luna.transport.peer_errors import PeerCircuitOpenError, is_connection_lost, is_outside, number_of
from luna.transport.rpc import Rpc
from luna.transport.verdicts import is_hurried, settle

FIRST_REPLICA: Final = "-0"
"""Which replica of a process channels lead to."""
_UNHURRIED_SECONDS: Final = 1.0
"""A call to a method without a deadline that was given less cannot say that it took too long."""


class Peer:
    """One process that this one calls."""

    def __init__(self, name: str, parts: Parts, meter: ClientMeter) -> None:
        self.name = name
        self.parts = parts
        self.meter = meter
        self.bulkhead = Bulkhead(name, BulkheadPolicy())
        self.budget = RetryBudget()
        self.connected = False
        self._failing: set[tuple[ErrorType, ErrorTarget]] = set()

    def failed(self, rpc: Rpc, code: int, message: str) -> None:
        """Report that a call of *rpc* was not answered."""
        lost = code == code_pb2.UNAVAILABLE or not self.connected
        kind = ErrorType.CONNECTION_LOST if lost else ErrorType.TIMEOUT
        # Those who see it end know it by that name: it must not be mended twice.
        process = f"{self.name}{FIRST_REPLICA}"
        target = ErrorTarget(process=process)
        if not lost:
            target = ErrorTarget(process=process, service=rpc.service, method=rpc.method)
        self._failing.add((kind, target))
        now = time.time_ns()
        self.parts.failures.report(
            ErrorReport(
                error_id=str(uuid4()),
                type=kind,
                target=target,
                reporter=self.parts.circuits.process,
                first_ns=now,
                last_ns=now,
                code=code,
                message=message[:200],
            )
        )

    def answered(self) -> None:
        """Report that what failed works again, if something had."""
        if self._failing:
            for kind, target in self._failing:
                self.parts.failures.report(resolved(kind, target, self.parts.circuits.process))
            self._failing.clear()

    def back(self) -> None:
        """Note that there is a connection again."""
        self.connected = True
        self.answered()
        self.parts.circuits.try_again(f"{self.name} is connected again", self.name)


class PeerGuard:
    """What stands before one method of a peer: its circuit breaker, its counters."""

    def __init__(self, peer: Peer, rpc: Rpc) -> None:
        self.peer = peer
        self.rpc = rpc

    @cached_property
    def attempts(self) -> Attempts:
        """The counters, from the first call on."""
        return self.peer.meter.of(self.peer.name, self.rpc.method)

    @cached_property
    def engine(self) -> BreakerEngine | None:
        """The breaker, from the first call on. What steers the node has none."""
        return None if self.rpc.control else self.peer.parts.circuits.at_client(self.rpc, self.peer.name)

    def enter(self, given: float | None) -> "Passage":
        """Let a call pass that is *given* so many seconds.

        Raises:
            PeerCircuitOpenError: none is made now.

        """
        now = time.monotonic()
        token: int | None = 0
        if self.engine is not None:
            try:
                token = self.engine.enter(now)
            except CircuitOpenError as error:
                if not current_call().probe:
                    raise PeerCircuitOpenError.of(error) from None
                token = None
        self.attempts.started += 1
        return Passage(self, token, now, given)


class Passage:
    """One attempt to call a peer, to be settled once. Without a token, the breaker is not told: it is a probe."""

    __slots__ = ("_given", "_guard", "_started", "token")

    def __init__(self, guard: PeerGuard, token: int | None, started: float, given: float | None) -> None:
        self._guard = guard
        self._started = started
        self._given = given
        self.token = token

    def succeed(self) -> None:
        """Note that the peer answered."""
        self.end(code_pb2.OK)
        self._guard.peer.answered()

    def answered(self) -> None:
        """Note the first response of a stream, which shows that the peer works again."""
        if (engine := self._guard.engine) is not None:
            self.token = self._guard.peer.parts.circuits.answered(engine, self.token)

    def abandon(self) -> None:
        """Note that the caller gave up."""
        self.end(code_pb2.CANCELLED)

    def fail(self, error: grpc.aio.AioRpcError) -> None:
        """Note how the call failed, and report it if the peer did not say so itself."""
        code = number_of(error)
        self.end(code, verdict=code_pb2.OK if is_outside(error) else code)
        guard = self._guard
        hurried = self._given is not None and self._given < _UNHURRIED_SECONDS
        if guard.engine is not None:
            hurried = is_hurried(guard.engine, self._given)
        if is_connection_lost(error) or (code == code_pb2.DEADLINE_EXCEEDED and not hurried):
            guard.peer.failed(guard.rpc, code, error.details() or "")

    def end(self, code: int, *, verdict: int | None = None) -> None:
        """Tell the counters of the end, and the breaker; *verdict* is what it is told, if not the *code*."""
        now = time.monotonic()
        seconds = now - self._started
        self._guard.attempts.end(code, seconds)
        engine = self._guard.engine
        if engine is None:
            return
        if self.token is not None:
            settle(engine, self.token, code if verdict is None else verdict, now, seconds, given=self._given)
        elif code == code_pb2.OK:
            self._guard.peer.parts.circuits.passed(engine)


class Streamed:
    """A call with a stream whose first response is waited for, to show that the peer works again."""

    def __init__(self, call: Any, passage: Passage) -> None:
        self._call = call
        self._passage = passage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    def __aiter__(self) -> Any:
        return self._responses()

    def __await__(self) -> Generator[Any, None, Any]:
        # With one response, the end says it all.
        call: Generator[Any, None, Any] = self._call.__await__()
        return call

    async def read(self) -> Any:
        """Return the next response."""
        response = await self._call.read()
        if response is not grpc.aio.EOF:
            self._passage.answered()
        return response

    async def _responses(self) -> Any:
        async for response in self._call:
            self._passage.answered()
            yield response
