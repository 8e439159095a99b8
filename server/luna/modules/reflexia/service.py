"""The use cases of self-observation."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from arkalia.reflexia.v1 import reflexia_pb2 as pb

from luna.kernel.event_errors import EventIdReusedError, EventLogError
from luna.kernel.events import Append, Direction, Event, EventFilter, StreamWrite
from luna.kernel.times import seconds_of
from luna.kernel.tokens import ResumeTokenError, issue, redeem
from luna.kernel.vitals import ProcessVitals
from luna.manifest import Health, Toolbox
from luna.modules.reflexia.errors import (
    ForeignProcessError,
    FutureSampleError,
    NoSampleError,
    OwnNodeError,
    PageTokenError,
    SampleIdReusedError,
)
from luna.modules.reflexia.newest import Newest
from luna.modules.reflexia.sampler import Sampler
from luna.modules.reflexia.samples import SAMPLE_TAKEN, judge, sample_in, stream_of, taken
from luna.modules.reflexia.thinning import Taken, Thinner
from luna.modules.reflexia.vitals import VitalsTable
from luna.modules.reflexia.watcher import newest_event

STALE_INTERVALS: Final = 3
"""How many intervals old a sample may be and still say something about now."""
BATCH_BYTES_MAX: Final = 1024 * 1024
"""How many bytes of samples one message holds, unless a single sample is larger."""
AHEAD_SECONDS_MAX: Final = 60.0
"""How far an agent's clock may be ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The newest sample of a node, and how old it is."""

    sample: pb.Sample
    age_seconds: float
    stale: bool


class ReflexiaService:
    """Answers how nodes are doing, from the samples in the log."""

    def __init__(self, tools: Toolbox, vitals: VitalsTable, newest: Newest, sampler: Sampler) -> None:
        self._clock = tools.clock
        self._events = tools.events
        self._node = tools.identity.node
        self._vitals = vitals
        self._newest = newest
        self._sampler = sampler
        self._log_id = ""

    async def snapshot(self, node: str) -> Snapshot:
        """Return the newest sample of *node*; of this node, if it is empty.

        Raises:
            NoSampleError: the node was never sampled.

        """
        node = node or self._node
        sample = self._newest.of(node)
        if sample is None:
            event = await newest_event(self._events, _samples_of(node))
            sample = sample_in(event) if event else None
            if sample is None:
                raise NoSampleError(node)
            self._newest.note(sample)
        return self._aged(sample)

    async def watch(
        self, node: str, *, resume_token: str, interval_ns: int
    ) -> AsyncGenerator[tuple[Sequence[pb.Sample], str], None]:
        """Yield batches of samples of *node* with their resume token, forever.

        A batch without samples comes first where there is nothing to catch up
        with, and later wherever only the place in the stream has moved.

        Raises:
            ResumeTokenError: *resume_token* does not name a place in this log.

        """
        wanted = _samples_of(node or self._node)
        log_id = await self._log()
        after = redeem(resume_token, log_id) if resume_token else await self._before_newest(wanted)
        thinner: Thinner[pb.Sample] = Thinner(interval_ns)
        async with aclosing(self._events.follow(wanted, after=after)) as pages:
            async for page in pages:
                for batch in _batches(thinner.pass_through(_taken(page.events))):
                    yield [one.sample for one in batch], issue(log_id, batch[-1].position)
                if not page.events and not thinner.holds:
                    yield (), issue(log_id, page.position)

    async def history(
        self, node: str, *, since_ns: int, until_ns: int, limit: int, page_token: str
    ) -> tuple[Sequence[pb.Sample], str]:
        """Return up to *limit* samples of *node*, newest first, and the token of the next page.

        Raises:
            PageTokenError: *page_token* is not one of ours.

        """
        log_id = await self._log()
        try:
            after = redeem(page_token, log_id) if page_token else 0
        except ResumeTokenError:
            raise PageTokenError from None
        wanted = _samples_of(node or self._node, since_ns=since_ns, until_ns=until_ns)
        page = await self._events.read(wanted, after=after, limit=limit, direction=Direction.BACKWARD)
        batch = next(_batches(_taken(page.events)), ())
        samples = [one.sample for one in batch]
        if batch and batch[-1].position > page.events[-1].position:
            return samples, issue(log_id, batch[-1].position)
        return samples, "" if page.done else issue(log_id, page.position)

    async def report(self, source: str, samples: Sequence[pb.Sample]) -> tuple[int, int]:
        """Record *samples* that an agent took; return how many were new, and how many were known.

        Raises:
            OwnNodeError: a sample is of this node.
            FutureSampleError: a sample is from the future.
            SampleIdReusedError: a sample has the id of another.

        """
        for sample in samples:
            self._accept(sample)
        outcomes = await self._events.append_many(
            [
                Append(writes=[StreamWrite(stream=stream_of(sample.node), events=[taken(sample, source=source)])])
                for sample in samples
            ]
        )
        known = 0
        for sample, outcome in zip(samples, outcomes, strict=True):
            if isinstance(outcome, EventIdReusedError):
                raise SampleIdReusedError(sample.sample_id)
            if isinstance(outcome, EventLogError):
                raise outcome
            known += outcome.duplicate
            self._newest.note(sample)
        return len(samples) - known, known

    def hear(self, node: str, vitals: ProcessVitals, *, take_ns: int) -> None:
        """Take note of the *vitals* of a process of this node.

        Raises:
            ForeignProcessError: the process belongs to another node.

        """
        if node != self._node:
            raise ForeignProcessError(node, vitals.process)
        self._vitals.hear(vitals, take_ns=take_ns)

    async def probe(self) -> tuple[Health, str]:
        """Look whether this node is being sampled, and whether the samples are kept."""
        sample = self._newest.of(self._node)
        if sample is None:
            return Health.NOT_SERVING, "no sample was taken yet"
        found = self._aged(sample)
        if found.stale:
            return Health.NOT_SERVING, f"the newest sample is {found.age_seconds:.1f} s old"
        if self._sampler.trouble:
            return Health.DEGRADED, f"samples are taken, and not recorded: {self._sampler.trouble}"
        return Health.SERVING, f"the newest sample is {found.age_seconds:.1f} s old"

    def _aged(self, sample: pb.Sample) -> Snapshot:
        age_seconds = max(0.0, (self._clock.wall_ns() - sample.sample_time.ToNanoseconds()) / 1e9)
        stale = age_seconds > STALE_INTERVALS * seconds_of(sample.interval)
        return Snapshot(sample=sample, age_seconds=age_seconds, stale=stale)

    def _accept(self, sample: pb.Sample) -> None:
        if sample.node == self._node:
            raise OwnNodeError(sample.node)
        ahead_seconds = (sample.sample_time.ToNanoseconds() - self._clock.wall_ns()) / 1e9
        if ahead_seconds > AHEAD_SECONDS_MAX:
            raise FutureSampleError(sample.sample_id, ahead_seconds)
        # By itself, without the sample before: sent again, it must be the same event.
        judge(sample)

    async def _before_newest(self, wanted: EventFilter) -> int:
        event = await newest_event(self._events, wanted)
        return event.position - 1 if event else await self._events.head()

    async def _log(self) -> str:
        self._log_id = self._log_id or (await self._events.stats()).log_id
        return self._log_id


def _samples_of(node: str, *, since_ns: int = 0, until_ns: int = 0) -> EventFilter:
    return EventFilter(stream=stream_of(node), types=frozenset({SAMPLE_TAKEN}), since_ns=since_ns, until_ns=until_ns)


def _batches(taken: Iterable[Taken[pb.Sample]]) -> Iterator[Sequence[Taken[pb.Sample]]]:
    """Split *taken* so that a message with one batch stays well below the limit of messages."""
    batch: list[Taken[pb.Sample]] = []
    size = 0
    for one in taken:
        one_bytes = one.sample.ByteSize()
        if batch and size + one_bytes > BATCH_BYTES_MAX:
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += one_bytes
    if batch:
        yield batch


def _taken(events: Iterable[Event]) -> Iterator[Taken[pb.Sample]]:
    for event in events:
        sample = sample_in(event)
        if sample is not None:
            yield Taken(
                sample=sample,
                position=event.position,
                time_ns=event.time_ns,
                interval_ns=sample.interval.ToNanoseconds(),
            )
