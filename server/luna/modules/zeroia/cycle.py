"""One cognitive cycle, step by step, with the time that each step takes."""

from dataclasses import replace

from arkalia.zeroia.v1 import zeroia_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.times import duration, duration_of_ns
from luna.modules.zeroia.judgement import Verdict, assessed, ruled
from luna.modules.zeroia.record import judgement_of
from luna.modules.zeroia.rules import Rules
from luna.modules.zeroia.sensing import inspect
from luna.modules.zeroia.signals import Sensed
from luna.modules.zeroia.stance import Stance


class Course:
    """The course of one cycle."""

    def __init__(self, cycle: pb.Cycle, clock: Clock) -> None:
        self.cycle = cycle
        self._clock = clock
        self._lapped = clock.monotonic()

    def lap(self, stage: pb.CycleStage) -> None:
        """Note that *stage* ends now."""
        now = self._clock.monotonic()
        self.cycle.stages.add(stage=stage, duration=duration(now - self._lapped))
        self._lapped = now

    def judge(self, sensed: Sensed, rules: Rules, stance: Stance) -> Verdict:
        """Check, score and decide, and write down what comes of it."""
        sensed = replace(sensed, findings=inspect(sensed, rules))
        self.lap(pb.CYCLE_STAGE_INTEGRITY)
        now_ns = self._clock.wall_ns()
        assessment, age_ns = assessed(rules, sensed, stance, now_ns)
        self.lap(pb.CYCLE_STAGE_SCORE)
        verdict = ruled(rules, sensed, stance, assessment, age_ns=age_ns, now_ns=now_ns)
        cycle = self.cycle
        cycle.status = pb.CYCLE_STATUS_DECIDED
        cycle.sample_id = sensed.sample_id
        cycle.sample_age.CopyFrom(duration_of_ns(age_ns))
        cycle.judgement.CopyFrom(judgement_of(verdict))
        cycle.finding_count = len(sensed.findings)
        self.lap(pb.CYCLE_STAGE_DECIDE)
        return verdict
