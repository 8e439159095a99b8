"""The loop: a named consumer of the log that decides on every sample once."""

import asyncio
import logging
from contextlib import aclosing
from typing import Final

from luna.kernel.clock import Clock
from luna.kernel.consumers import ConsumerPolicy, Consumers, Delivery, Member, Nack
from luna.kernel.event_errors import AlreadyProcessedError, EventLogError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Checkpoint, EventFilter
from luna.manifest import Health
from luna.modules.zeroia.decisions import DecisionService
from luna.modules.zeroia.mind import Mind
from luna.modules.zeroia.policies import PolicyBook
from luna.modules.zeroia.sensing import SAMPLE_TAKEN

CONSUMER: Final = "zeroia"
PREFETCH: Final = 32
DELIVERIES_MAX: Final = 100
"""A full disk is no reason to give up on a sample soon."""
REST_SECONDS: Final = (0.2, 1.0, 5.0)
QUIET_SECONDS: Final = 10.0
"""How long the loop may go without a sample, whatever their interval."""
QUIET_INTERVALS: Final = 5

_log = logging.getLogger(__name__)


class Loop:
    """Decides on samples as they arrive."""

    def __init__(
        self,
        events: EventLog,
        consumers: Consumers,
        clock: Clock,
        *,
        book: PolicyBook,
        mind: Mind,
        decisions: DecisionService,
        member: str,
    ) -> None:
        self._events = events
        self._consumers = consumers
        self._clock = clock
        self._book = book
        self._mind = mind
        self._decisions = decisions
        self._member = member
        self._trouble = "has not joined its consumer yet"
        self._heard = clock.monotonic()
        self._interval = 0.0
        self._restored = False

    async def run(self) -> None:
        """Decide on samples, forever. Where the log cannot be reached, try again after a rest."""
        failures = 0
        while True:
            try:
                await self._join()
                failures = 0
            except Exception as error:  # noqa: BLE001  whatever the log's adapter raises, the loop must come back
                self._trouble = f"{type(error).__name__}: {error}"
                _log.warning("the decision loop rests: %s", self._trouble)
            await self._clock.sleep(REST_SECONDS[min(failures, len(REST_SECONDS) - 1)])
            failures += 1

    async def probe(self) -> tuple[Health, str]:
        """Tell whether samples are being decided on."""
        if self._trouble:
            return Health.NOT_SERVING, f"the decision loop {self._trouble}"
        quiet = self._clock.monotonic() - self._heard
        if quiet > max(QUIET_SECONDS, QUIET_INTERVALS * self._interval):
            return Health.DEGRADED, f"no sample has arrived for {quiet:.0f} s"
        return Health.SERVING, ""

    async def _join(self) -> None:
        rules = await self._book.load()
        policy = ConsumerPolicy(
            filter=EventFilter(types=frozenset({SAMPLE_TAKEN})),
            after=await self._events.head(),
            deliveries_max=DELIVERIES_MAX,
        )
        state = await self._consumers.create(CONSUMER, policy)
        if not self._restored:
            await self._mind.restore(state.checkpoint)
            self._restored = True
        async with (
            self._consumers.join(CONSUMER, self._member, prefetch=PREFETCH) as member,
            aclosing(member.deliveries()) as batches,
        ):
            self._trouble = ""
            _log.info("the decision loop runs under policy revision %d", rules.revision)
            async for batch in batches:
                for delivery in batch:
                    await self._handle(member, delivery)

    async def _handle(self, member: Member, delivery: Delivery) -> None:
        position = delivery.event.position
        try:
            if not await self._decide(delivery):
                await member.ack([position])
        except AlreadyProcessedError:
            await member.ack([position])
        except EventLogError as error:
            _log.warning("sample at position %d is tried again: %s", position, error)
            await member.nack([position], Nack.RETRY, str(error)[:256])
        # A long backlog must not keep other work waiting.
        await asyncio.sleep(0)

    async def _decide(self, delivery: Delivery) -> bool:
        """Return whether the sample was settled by the append of its decision."""
        rules = self._book.rules or await self._book.load()
        sensed = self._mind.perceive(delivery.event, rules)
        self._heard = self._clock.monotonic()
        if sensed is None:
            _log.warning("the event at position %d holds no sample", delivery.event.position)
            return False
        self._interval = sensed.interval_ns / 1e9
        checkpoint = Checkpoint(consumer=CONSUMER, position=delivery.event.position)
        return await self._decisions.on_sample(sensed, rules, checkpoint) is not None
