"""Judges recorded samples under two policies, side by side."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Final

from arkalia.zeroia.v1 import zeroia_pb2 as pb

from luna.kernel.event_log import EventLog
from luna.kernel.events import BEGINNING, Event, EventFilter, Page
from luna.kernel.times import timestamp
from luna.modules.zeroia.judgement import Verdict, after, judge
from luna.modules.zeroia.record import judgement_of
from luna.modules.zeroia.rules import Rules
from luna.modules.zeroia.sensing import sense
from luna.modules.zeroia.signals import Sensed
from luna.modules.zeroia.stance import FRESH, NONE, Stance

_PAGE: Final = 250
_SLICE: Final = 16
"""How many samples are judged before other work has its turn: two judgements each, well below 5 ms."""


@dataclass(slots=True)
class Side:
    """One of the two policies, and what it has led to."""

    rules: Rules
    stance: Stance = FRESH
    before: Sensed | None = None
    changes: int = 0
    counts: dict[int, int] = field(default_factory=dict)

    def judge(self, event: Event) -> Verdict | None:
        """Judge the sample in *event* as if it had just been recorded."""
        sensed = sense(event, self.rules, self.before, event.time_ns)
        if sensed is None:
            return None
        self.before = sensed
        verdict = judge(self.rules, sensed, self.stance, event.time_ns)
        action, earlier = verdict.ruling.action, self.stance.action
        self.changes += earlier not in (action, NONE)
        self.counts[action] = self.counts.get(action, 0) + 1
        self.stance = after(verdict, recorded=True)
        return verdict


@dataclass(slots=True)
class Replay:
    """The samples so far."""

    current: Side
    changed: Side
    samples: int = 0
    differing: int = 0
    done_ratio: float = 0.0
    truncated: bool = False
    """Whether samples had to be left out."""

    def take(self, event: Event) -> pb.ReplayedDecision | None:
        """Judge one sample on both sides; ``None`` if the event holds none."""
        left, right = self.current.judge(event), self.changed.judge(event)
        if left is None or right is None:
            return None
        differs = left.ruling.action != right.ruling.action
        self.samples += 1
        self.differing += differs
        return pb.ReplayedDecision(
            sample_id=event.event_id,
            sample_position=event.position,
            sample_time=timestamp(left.sensed.time_ns),
            current=judgement_of(left),
            changed=judgement_of(right),
            differs=differs,
        )

    def progress(self) -> pb.ReplayProgress:
        """Return how far the replay has come."""
        return pb.ReplayProgress(sample_count=self.samples, done_ratio=self.done_ratio)

    def summary(self) -> pb.ReplaySummary:
        """Return what the replay found."""
        left, right = self.current.counts, self.changed.counts
        return pb.ReplaySummary(
            sample_count=self.samples,
            differing_count=self.differing,
            current_change_count=self.current.changes,
            changed_change_count=self.changed.changes,
            actions=[
                pb.ActionComparison(
                    action=action,  # type: ignore[arg-type]  # the keys are the enum's numbers
                    current_count=left.get(action, 0),
                    changed_count=right.get(action, 0),
                )
                for action in sorted(left.keys() | right.keys())
            ],
            truncated=self.truncated,
        )


async def replayed(
    events: EventLog, wanted: EventFilter, replay: Replay, *, limit: int
) -> AsyncGenerator[list[pb.ReplayedDecision], None]:
    """Yield samples under both policies, until the range or the *limit* ends."""
    position, ended = BEGINNING, False
    while not ended:
        page = await events.read(wanted, after=position, limit=min(_PAGE, limit - replay.samples))
        found: list[pb.ReplayedDecision] = []
        for index, event in enumerate(page.events):
            if decision := replay.take(event):
                found.append(decision)
            if index % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
        position = page.position
        full = replay.samples >= limit
        replay.truncated = full and not page.done
        replay.done_ratio = 1.0 if page.done else max(replay.done_ratio, _progress(page, wanted))
        ended = page.done or full
        yield found


def _progress(page: Page, wanted: EventFilter) -> float:
    if not page.events or wanted.until_ns <= wanted.since_ns:
        return 0.0
    return min(1.0, max(0.0, (page.events[-1].time_ns - wanted.since_ns) / (wanted.until_ns - wanted.since_ns)))
