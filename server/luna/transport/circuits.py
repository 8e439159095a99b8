"""All circuit breakers of this process."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from luna.resilience.breaker import Breaker
from luna.resilience.circuit import CircuitKey, CircuitOpenError, CircuitPolicy, CircuitState, Side, Transition
from luna.resilience.engine import BreakerEngine
from luna.resilience.selection import CircuitRules
from luna.transport.circuit_commands import Command, last_fitting
from luna.transport.rpc import Rpc

WAITING_MAX: Final = 1000
"""How many transitions are kept until somebody takes them. The oldest give way."""
STANDING_MAX: Final = 500
"""How many commands are kept for breakers that do not exist yet."""
SLOW_SHARE: Final = 0.5
"""Of its deadline; a call that takes longer is slow, where the policy does not say what is."""


class MakeEngine(Protocol):
    """Makes a breaker."""

    def __call__(
        self, key: CircuitKey, policy: CircuitPolicy, *, on_transition: Callable[[Transition], None]
    ) -> BreakerEngine:
        """Return a closed one."""
        ...


class Changed(NamedTuple):
    """A breaker changed its state."""

    key: CircuitKey
    transition: Transition
    time_ns: int


class Circuits:
    """Makes each breaker when it is first needed, and keeps it."""

    def __init__(self, process: str, *, make: MakeEngine = Breaker) -> None:
        """Take the name of this process, such as ``kernel-0``."""
        self.process = process
        self.rules = CircuitRules()
        self.revision = 0
        """The number of the policies in force."""
        self.dropped = 0
        """The transitions that nobody took in time."""
        self._make = make
        self._engines: dict[CircuitKey, BreakerEngine] = {}
        self._rpcs: dict[CircuitKey, Rpc] = {}
        self._own: dict[CircuitKey, CircuitPolicy] = {}
        """The policies of breakers around what is no rpc."""
        self._standing: deque[Command] = deque(maxlen=STANDING_MAX)
        self._held: dict[CircuitKey, float] = {}
        """Until when somebody wants a breaker open, whatever is known of its peer."""
        self._changed: deque[Changed] = deque(maxlen=WAITING_MAX)
        self._listeners: list[Callable[[], None]] = []

    def at_server(self, rpc: Rpc) -> BreakerEngine:
        """Return the breaker around the handler of *rpc*."""
        return self._get(Side.SERVER, self.process, rpc)

    def at_client(self, rpc: Rpc, peer: str) -> BreakerEngine:
        """Return the breaker around calls of *rpc* to the process *peer*."""
        return self._get(Side.CLIENT, peer, rpc)

    def around(self, key: CircuitKey, policy: CircuitPolicy) -> BreakerEngine:
        """Return the breaker around something that is no rpc; *policy* holds where no rule is for it."""
        self._own.setdefault(key, policy)
        return self._at(key)

    def engines(self) -> Sequence[BreakerEngine]:
        """Return all breakers, by name."""
        return sorted(self._engines.values(), key=lambda engine: engine.key.name)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call *listener*, which must not wait, after each transition and each command."""
        self._listeners.append(listener)

    def take_changes(self, limit: int) -> Sequence[Changed]:
        """Return the oldest transitions that nobody has taken, and forget them."""
        return [self._changed.popleft() for _ in range(min(limit, len(self._changed)))]

    def configure(self, rules: CircuitRules, revision: int = 0) -> None:
        """Follow *rules* from now on."""
        self.rules, self.revision = rules, revision
        for key, engine in self._engines.items():
            if engine.policy != (policy := self._policy(key)):
                engine.configure(policy)
        self._tell()

    def command(self, command: Command) -> None:
        """Do what *command* says, also to breakers that appear later."""
        self._standing = deque(
            (each for each in self._standing if each.selector != command.selector), maxlen=STANDING_MAX
        )
        if command.state is not CircuitState.HALF_OPEN:
            self._standing.append(command)
        for key, engine in self._engines.items():
            if command.selector.matches(key):
                self._force(engine, command)
        self._tell()

    def try_again(self, cause: str, peer: str | None = None) -> None:
        """Let calls through open breakers to see whether they work again.

        Who is back may have been the reason for failures anywhere further up,
        so without a *peer* no open breaker is left out, but those that
        somebody wants open.
        """
        now = time.monotonic()
        for key, engine in self._engines.items():
            if peer in {None, key.peer}:
                self._try_again(engine, now, cause)

    def answered(self, engine: BreakerEngine, token: int | None) -> int | None:
        """Note the first response of a stream, and return its token: a probe that came in without one gets it now."""
        now = time.monotonic()
        if token is None:
            self.passed(engine)
            with suppress(CircuitOpenError):
                token = engine.enter(now)
        if token is not None:
            engine.answered(token, now)
        return token

    def passed(self, engine: BreakerEngine) -> None:
        """Note that a probe found that works which *engine* lets no call at."""
        self._try_again(engine, time.monotonic(), "a probe passed")

    def _try_again(self, engine: BreakerEngine, now: float, cause: str) -> None:
        if engine.state is CircuitState.OPEN and self._held.get(engine.key, 0.0) <= now:
            engine.try_again(now, cause)

    def _get(self, side: Side, peer: str, rpc: Rpc) -> BreakerEngine:
        key = CircuitKey(process=self.process, side=side, peer=peer, method=rpc.method, priority=rpc.priority)
        self._rpcs.setdefault(key, rpc)
        return self._at(key)

    def _at(self, key: CircuitKey) -> BreakerEngine:
        if key not in self._engines:
            self._engines[key] = self._new(key)
        return self._engines[key]

    def _new(self, key: CircuitKey) -> BreakerEngine:
        def changed(transition: Transition) -> None:
            self.dropped += len(self._changed) == WAITING_MAX
            self._changed.append(Changed(key, transition, time.time_ns()))
            self._tell()

        engine = self._make(key, self._policy(key), on_transition=changed)
        command = last_fitting(self._standing, key)
        if command is not None and command.state is not CircuitState.CLOSED:
            self._force(engine, command)
        return engine

    def _force(self, engine: BreakerEngine, command: Command) -> None:
        now = time.monotonic()
        self._held.pop(engine.key, None)
        if command.until is None:
            engine.force(command.state, now, cause=command.cause)
        elif command.until > now:
            self._held[engine.key] = command.until
            engine.force(command.state, now, seconds=command.until - now, cause=command.cause)

    def _policy(self, key: CircuitKey) -> CircuitPolicy:
        policy, rpc = self.rules.policy_for(key, self._own.get(key)), self._rpcs.get(key)
        if rpc is None:
            return policy
        if not rpc.unary:
            # One that has begun shows that it works, and there may be no other for days.
            return replace(policy, slow_call_seconds=None, probe_successes=1)
        if policy.slow_call_seconds is None and rpc.deadline_seconds is not None:
            return replace(policy, slow_call_seconds=SLOW_SHARE * rpc.deadline_seconds)
        return policy

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
