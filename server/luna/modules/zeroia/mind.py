"""What the module knows about each node: its newest sample, and what earlier decisions left behind.

All of it is a projection of the log, kept in memory. Each replica has its own: a sample has exactly one effect
whichever replica it goes to, and hysteresis and dwell are kept by the replica that handles the samples. Run one
replica where the dwell must be exact; with several, each rebuilds its state from the last decisions at start.
"""

import asyncio
from typing import Final

from luna.kernel.clock import Clock
from luna.kernel.event_log import EventLog
from luna.kernel.events import Direction, Event, EventFilter
from luna.modules.zeroia.errors import NoSampleError
from luna.modules.zeroia.record import MADE, recorded_decision, stance_after
from luna.modules.zeroia.rules import Rules
from luna.modules.zeroia.sensing import SAMPLE_TAKEN, node_of, sense, stream_of
from luna.modules.zeroia.signals import Sensed
from luna.modules.zeroia.stance import FRESH, Stance, counted, unrecorded

NODES_MAX: Final = 1024
DECISIONS_READ_MAX: Final = 2000
"""How far back the last decision about a node is looked for at start."""
_PAGE: Final = 250
_SAMPLES: Final = frozenset({SAMPLE_TAKEN})


class Mind:
    """The state of every node that samples were seen of."""

    def __init__(self, events: EventLog, clock: Clock) -> None:
        self._events = events
        self._clock = clock
        self._newest: dict[str, Sensed] = {}
        self._stances: dict[str, Stance] = {}
        self._looked: dict[str, float] = {}
        self._looking = asyncio.Lock()

    def stance(self, node: str) -> Stance:
        """Return what earlier decisions about *node* left behind."""
        return self._stances.get(node, FRESH)

    def move(self, node: str, stance: Stance) -> None:
        """Keep what a decision about *node* leaves behind."""
        if node not in self._stances and len(self._stances) >= NODES_MAX:
            self._stances.pop(next(iter(self._stances)))
        self._stances[node] = stance

    def regret(self, node: str, moved: Stance, before: Stance) -> None:
        """Note that the decision that *moved* the stance of *node* was not recorded."""
        now = self.stance(node)
        # Others may have decided meanwhile, upon what was not recorded: then what is left is to count, and to record.
        self._stances[node] = before if now is moved else unrecorded(now, before.suppressed)

    def seen(self, node: str) -> Sensed | None:
        """Return the newest sample of *node* that was seen here."""
        return self._newest.get(node)

    def perceive(self, event: Event, rules: Rules) -> Sensed | None:
        """Take up a sample, and keep it if it is the newest of its node; ``None`` if it is none."""
        node = node_of(event.stream)
        before = self._newest.get(node)
        sensed = sense(event, rules, before, self._clock.wall_ns())
        if sensed is not None and (before is None or sensed.position >= before.position):
            if before is None and len(self._newest) >= NODES_MAX:
                self._newest.pop(next(iter(self._newest)))
            self._newest[node] = sensed
        return sensed

    async def newest(self, node: str, rules: Rules) -> Sensed:
        """Return the newest sample of *node*, from the log where the one in memory is stale.

        Raises:
            NoSampleError: there is none.

        """
        sensed = self._newest.get(node)
        if sensed is None or self._stale(sensed, rules):
            sensed = await self._look(node, rules)
        if sensed is None:
            raise NoSampleError(node)
        return sensed

    async def restore(self, checkpoint: int) -> None:
        """Rebuild the stances from the last decisions; *checkpoint* is how far samples were handled."""
        after = 0
        for _ in range(DECISIONS_READ_MAX // _PAGE):
            page = await self._events.read(MADE, after=after, limit=_PAGE, direction=Direction.BACKWARD)
            for event in page.events:
                decision = recorded_decision(event)
                if decision.node and decision.node not in self._stances:
                    self.move(decision.node, stance_after(decision))
            if page.done or not page.events:
                break
            after = page.position
            await asyncio.sleep(0)
        for node, stance in list(self._stances.items()):
            await self._recount(node, stance, checkpoint)

    async def _recount(self, node: str, stance: Stance, checkpoint: int) -> None:
        """Count again the repeats since the last recorded decision, which only memory knew."""
        wanted = EventFilter(stream=stream_of(node), types=_SAMPLES)
        page = await self._events.read(wanted, after=stance.position, limit=_PAGE)
        for event in page.events:
            if event.position <= checkpoint:
                stance = counted(stance)
        self.move(node, stance)

    async def _look(self, node: str, rules: Rules) -> Sensed | None:
        async with self._looking:
            sensed, now = self._newest.get(node), self._clock.monotonic()
            pause = sensed.interval_ns / 1e9 if sensed is not None else 0.0
            if now - self._looked.get(node, float("-inf")) >= pause and (sensed is None or self._stale(sensed, rules)):
                if len(self._looked) >= NODES_MAX:
                    self._looked.clear()
                self._looked[node] = now
                wanted = EventFilter(stream=stream_of(node), types=_SAMPLES)
                page = await self._events.read(wanted, limit=1, direction=Direction.BACKWARD)
                if page.events and (sensed is None or page.events[0].position > sensed.position):
                    self.perceive(page.events[0], rules)
            return self._newest.get(node)

    def _stale(self, sensed: Sensed, rules: Rules) -> bool:
        age_ns = self._clock.wall_ns() - sensed.time_ns
        return age_ns > rules.confidence.stale_after_intervals * sensed.interval_ns
