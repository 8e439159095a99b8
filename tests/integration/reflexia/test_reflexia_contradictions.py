"""Contradictions between Reflexia and ZeroIA, as they reach the log."""

import asyncio
import time
from dataclasses import replace

from arkalia.node.v1 import severity_pb2
from arkalia.reflexia.v1 import reflexia_event_pb2 as facts
from arkalia.reflexia.v1 import reflexia_pb2 as pb
from arkalia.zeroia.v1 import zeroia_pb2

from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, NewEvent, StreamWrite
from luna.manifest import Toolbox
from luna.modules.reflexia.samples import SAMPLE_TAKEN
from luna.modules.reflexia.watcher import CONTRADICTION_DETECTED
from tests.integration.reflexia.node import (
    INTERVAL,
    NODE,
    contradictions_in,
    decide,
    running,
    samples_in,
    until_contradicted,
    until_sampled,
)
from tests.machines import IDLE, SteadyMachine


class TestContradictions:
    async def test_a_disagreement_is_published_within_a_second_and_once(
        self, tools: Toolbox, log: EventLog, machine: SteadyMachine
    ) -> None:
        """
        The event names samples, decision, both actions, and how bad it is.
        """
        async with running(tools), running(replace(tools, identity=replace(tools.identity, process="kernel-1"))):
            decision = await decide(log, zeroia_pb2.DECISION_ACTION_NORMAL)
            await until_sampled(log, 3)
            machine.reading = replace(IDLE, cpu_ratio=0.9)
            changed = time.monotonic()
            (event,) = await until_contradicted(log, 1)
            took = time.monotonic() - changed
            await asyncio.sleep(6 * INTERVAL)
            still = await contradictions_in(log)
            await decide(log, zeroia_pb2.DECISION_ACTION_REDUCE_LOAD)
            machine.reading = IDLE
            both = await until_contradicted(log, 2)
        first, second = (facts.ContradictionDetected.FromString(one.payload) for one in both)

        assert took < 1
        assert [one.event_id for one in still] == [event.event_id]
        assert event.stream == f"reflexia/{NODE}"
        assert event.causation_id == first.decision_event_id == decision
        assert first.recommended_action == pb.RECOMMENDED_ACTION_REDUCE_LOAD
        assert first.decided_action == pb.RECOMMENDED_ACTION_NORMAL
        assert first.severity == severity_pb2.SEVERITY_HIGH
        assert first.first_sample_id != first.last_sample_id
        assert second.recommended_action == pb.RECOMMENDED_ACTION_NORMAL
        assert second.severity == severity_pb2.SEVERITY_LOW

    async def test_a_restart_does_not_publish_again(
        self, tools: Toolbox, log: EventLog, machine: SteadyMachine
    ) -> None:
        """
        The log remembers what was published.
        """
        await decide(log, zeroia_pb2.DECISION_ACTION_NORMAL)
        machine.reading = replace(IDLE, memory_ratio=0.99)
        async with running(tools):
            await until_contradicted(log, 1)
        count = len(await samples_in(log))
        async with running(tools):
            await until_sampled(log, count + 5)

        assert len(await contradictions_in(log)) == 1

    async def test_decisions_about_others_and_nonsense_contradict_nothing(self, tools: Toolbox, log: EventLog) -> None:
        """
        Only what ZeroIA decided about this node counts, and what cannot be read is passed over.
        """
        nonsense = [
            NewEvent(type=SAMPLE_TAKEN, payload=b"\xff"),
            NewEvent(type=CONTRADICTION_DETECTED, payload=b"\xff"),
        ]
        async with running(tools):
            await decide(log, zeroia_pb2.DECISION_ACTION_HALT, node="node-b")
            await log.append(Append(writes=[StreamWrite(stream=f"reflexia/{NODE}", events=nonsense)]))
            await until_sampled(log, 6)

        assert [event.payload for event in await contradictions_in(log)] == [b"\xff"]
