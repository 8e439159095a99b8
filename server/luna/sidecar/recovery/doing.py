"""Acts on failures of a real node, and looks whether it helped."""

import asyncio
from typing import Final

from luna.kernel.clock import Clock
from luna.resilience.recovery_policy import Verification
from luna.resilience.recovery_steps import Act, Verify
from luna.sidecar.recovery.actions import Actions
from luna.sidecar.recovery.case import Case, Outcome, Verdict
from luna.sidecar.recovery.hands import find
from luna.sidecar.recovery.holding import holds
from luna.sidecar.recovery.looks import Sight, look_for, serving_since

_OF_A_PROCESS: Final = frozenset(
    {Verification.PROCESS_SERVES, Verification.HEARTBEAT_ADVANCES, Verification.MEMORY_BELOW_LIMIT}
)


class NodeDoer:
    """Implements `Doer`."""

    def __init__(self, actions: Actions, sight: Sight, clock: Clock) -> None:
        self._actions = actions
        self._sight = sight
        self._clock = clock

    async def act(self, case: Case, step: Act) -> Outcome:
        """Do what *step* says."""
        return await self._actions.act(case, step)

    async def verify(self, case: Case, wanted: Verify) -> Verdict:
        """Look whether it works, and go on looking for as long as it has to hold."""
        behind_breakers = wanted.verification is Verification.METHOD_ANSWERS and case.target.method
        letting_in = asyncio.create_task(self._actions.let_in(case)) if behind_breakers else None
        try:
            verdict = await holds(
                look_for(case, self._sight),
                within_seconds=wanted.within_seconds,
                observe_seconds=wanted.observe_seconds,
                clock=self._clock,
                falls=lambda: case.falls,
            )
        finally:
            if letting_in is not None:
                letting_in.cancel()
        if not verdict.ok or case.target.resource or wanted.verification not in _OF_A_PROCESS:
            return verdict
        # Whoever supervises it may have seen it serve a moment before.
        since = serving_since(find(self._sight.hands.statuses(), case.target.process), case.pid)
        held_ns = min(verdict.held_ns, since) if since > case.failure_ns else verdict.held_ns
        return Verdict(ok=True, held_ns=held_ns, evidence=verdict.evidence)
