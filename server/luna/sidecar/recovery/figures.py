"""Counts what recoveries come to, for Prometheus."""

from collections import Counter
from typing import Final

from luna.resilience.recovery_steps import RecoveryState
from luna.sidecar.recovery.case import Case
from luna.transport.histogram import Histogram

SECONDS_BOUNDS: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0)


class Figures:
    """The recoveries of this process."""

    def __init__(self) -> None:
        self.reports = 0
        self.aggregated = 0
        self.let_go = 0
        self.recurrences = 0
        self.escalations = 0
        self.attempts: Counter[str] = Counter()
        self.successes: Counter[str] = Counter()
        self.seconds = Histogram(SECONDS_BOUNDS)

    def ended(self, case: Case) -> None:
        """Count a recovery that is over."""
        for step in case.machine.steps:
            self.attempts[step.strategy.name] += 1
            self.successes[step.strategy.name] += step.verified
        if case.machine.state is RecoveryState.SUCCEEDED:
            self.seconds.observe(max(0, case.recover_ns - case.failure_ns) / 1e9)
        self.escalations += case.machine.state is RecoveryState.ESCALATED
