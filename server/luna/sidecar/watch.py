"""Asks a process how it is, looks at it from outside, and ends it when it is frozen."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from luna.sidecar.child import Child
from luna.sidecar.observation import Kind
from luna.sidecar.probing import Answer, Probe
from luna.sidecar.process_stat import STOPPED, ProcessStat, process_stat
from luna.sidecar.silence import Look, Silence, Verdict
from luna.sidecar.tools import Tools
from luna.transport.heartbeat import beat_age_seconds
from luna.transport.schedule import schedule

_LATE_SECONDS: Final = 0.25
"""Whoever wakes up this much too late was short of time itself."""
_ASK_SECONDS_MIN: Final = 0.05
_WEIGH_SECONDS: Final = 1.0
"""Over how long the use of the processor is measured."""
_CALM_RATIO: Final = 0.9
"""A process is over its memory again only after it was below this part of it."""

Notice = Callable[[Kind, float, Mapping[str, str]], None]
"""Told what is seen, and how many seconds ago it happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What a running process uses."""

    rss_bytes: int
    cpu_ratio: float
    """Of one processor, since the look before; 1 is all of it."""


class Watch:
    """Looks at one process for as long as it runs."""

    def __init__(
        self,
        child: Child,
        probe: Probe,
        *,
        beat: Path | None,
        tools: Tools,
        hear: Callable[[Answer], bool],
        notice: Notice,
    ) -> None:
        """Take who to ask; *hear* is told each answer, and returns whether the process has ever served."""
        self.lenient = False
        """Whether it may be silent, as one may that is about to end."""
        self.vitals: Vitals | None = None
        self._child = child
        self._probe = probe
        self._beat = beat
        self._clock = tools.clock
        self._pace = tools.pace
        self._memory_bytes_max = tools.memory_bytes_max
        self._hear = hear
        self._notice = notice
        self._up = False
        self._over = False
        self._starved = False
        self._before: tuple[float, ProcessStat] | None = None

    async def run(self) -> None:
        """Ask again and again, and kill the process when it has been silent for too long without an excuse."""
        clock = self._clock
        silence = Silence(clock.monotonic(), self._look(), self._pace)
        try:
            while True:
                began = clock.monotonic()
                rest = await self._ask(silence)
                # An answer that took longer than the rest is followed at once, and was no lateness of ours.
                due = max(began + rest, clock.monotonic())
                await clock.sleep(due - clock.monotonic())
                self._excuse(silence, due)
                if self._judge(silence):
                    return
        finally:
            await self._probe.aclose()

    async def _ask(self, silence: Silence) -> float:
        """Ask once, and return how long to wait before doing so again."""
        clock, pace = self._clock, self._pace
        seconds = self._patience(silence)
        due = clock.monotonic() + seconds
        answer = await self._probe.ask(seconds=seconds)
        self._excuse(silence, due)
        if answer.answered:
            silence.heard(clock.monotonic(), self._look())
            self._starved = False
        self._up = self._hear(answer)
        return pace.probe_seconds if self._up else pace.poll_seconds

    def _patience(self, silence: Silence) -> float:
        """Return how long to wait for an answer: not beyond the moment at which the process is judged next."""
        pace = self._pace
        if not self._up:
            return pace.ask_seconds
        rest = pace.frozen_seconds - silence.seconds(self._clock.monotonic())
        if rest <= _ASK_SECONDS_MIN and (beat := self._look().beat_age_seconds) is not None:
            # Its event loop may have turned a moment longer than it answered.
            rest = pace.frozen_seconds - beat + _ASK_SECONDS_MIN
        # One that has been excused is given time.
        return min(pace.ask_seconds, rest) if rest > _ASK_SECONDS_MIN else pace.ask_seconds

    def _excuse(self, silence: Silence, due: float) -> None:
        now = self._clock.monotonic()
        if now - due > _LATE_SECONDS:
            silence.excuse(now, now - due)

    def _judge(self, silence: Silence) -> bool:
        """Judge the silence and the memory, and return whether the process was killed."""
        now, look = self._clock.monotonic(), self._look()
        if not self._up and look.state not in STOPPED:
            return self._late(silence.seconds(now))
        self._weigh()
        verdict = silence.judge(now, look)
        evidence = silence.evidence(now, look)
        if verdict is Verdict.STARVED and not self._starved:
            self._starved = True
            self._notice(Kind.STARVED, silence.age_seconds(now), evidence)
        if verdict is not Verdict.FROZEN or self.lenient:
            return False
        self._notice(Kind.FROZEN, silence.age_seconds(now), evidence)
        self._child.send(signal.SIGKILL, reason=f"frozen: no answer for {silence.seconds(now):.1f} s")
        return True

    def _late(self, seconds: float) -> bool:
        if seconds <= self._pace.start_seconds or self.lenient:
            return False
        self._child.send(signal.SIGKILL, reason=f"did not come up in {seconds:.0f} s")
        return True

    def _weigh(self) -> None:
        """Take note of what it uses, and notice when that is too much."""
        now, stat = self._clock.monotonic(), process_stat(self._child.pid)
        then, before = self._before or (now, stat)
        if stat is None or before is None:
            return
        if self._before is None or now - then >= _WEIGH_SECONDS:
            self._before = now, stat
        if now - then >= _WEIGH_SECONDS:
            ratio = (stat.cpu_seconds - before.cpu_seconds) / (now - then)
            self.vitals = Vitals(rss_bytes=stat.rss_bytes, cpu_ratio=ratio)
        limit = self._memory_bytes_max
        if stat.rss_bytes > limit and not self._over:
            self._over = True
            self._notice(Kind.OVER_MEMORY, 0.0, {"rss_bytes": str(stat.rss_bytes), "limit_bytes": str(limit)})
        elif stat.rss_bytes < _CALM_RATIO * limit:
            self._over = False

    def _look(self) -> Look:
        stat = process_stat(self._child.pid)
        return Look(
            state=stat.state if stat else "",
            schedule=schedule(self._child.pid),
            beat_age_seconds=beat_age_seconds(self._beat) if self._beat else None,
        )
