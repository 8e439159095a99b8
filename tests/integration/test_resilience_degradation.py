"""The level of degradation, through a real server, samples in the log and a process that reports to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import grpc.aio
import pytest
from arkalia.node.v1 import health_pb2
from arkalia.reflexia.v1 import reflexia_event_pb2, reflexia_pb2
from arkalia.resilience.v1 import circuit_breaker_service_pb2, degradation_pb2
from arkalia.resilience.v1 import degradation_service_pb2 as rpc
from arkalia.resilience.v1 import resilience_event_pb2 as facts

from luna.contracts import load_contracts
from luna.kernel.directory import Checked, ServiceEntry
from luna.kernel.events import Append, NewEvent, StreamWrite
from luna.kernel.times import duration
from luna.modules.resilience import signals, steering
from luna.modules.resilience.degradation_policy import policy_to_pb
from luna.resilience.degradation import DegradationPolicy
from tests.integration.resilience_server import STREAMS, Reporter, Running, running
from tests.integration.zeroia_server import SAMPLE_TAKEN, Node, events_in, reason
from tests.zeroia import NODE, sample

NORMAL = health_pb2.DEGRADATION_LEVEL_NORMAL
LIGHT = health_pb2.DEGRADATION_LEVEL_LIGHT
MODERATE = health_pb2.DEGRADATION_LEVEL_MODERATE
HEAVY = health_pb2.DEGRADATION_LEVEL_HEAVY
SURVIVAL = health_pb2.DEGRADATION_LEVEL_SURVIVAL
QUICK = DegradationPolicy(down_seconds=0.05, calm_seconds=0.05)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steering, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(steering, "LOOK_SECONDS", (0.05, 0.05))
    monkeypatch.setattr(signals, "CPU_SECONDS", 0.2)


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
async def server(node: Node) -> AsyncIterator[Running]:
    async with running(node) as server:
        yield server


async def level(server: Running) -> degradation_pb2.Degradation:
    return (await server.degradation.GetDegradation(rpc.GetDegradationRequest())).degradation


async def until(server: Running, wanted: health_pb2.DegradationLevel) -> degradation_pb2.Degradation:
    async with asyncio.timeout(5):
        while (found := await level(server)).level != wanted:
            await asyncio.sleep(0.01)
    return found


async def follow(server: Running, policy: DegradationPolicy) -> rpc.UpdateDegradationPolicyResponse:
    current = (await server.degradation.GetDegradationPolicy(rpc.GetDegradationPolicyRequest())).revision
    request = rpc.UpdateDegradationPolicyRequest(policy=policy_to_pb(policy), etag=current.etag)
    return await server.degradation.UpdateDegradationPolicy(request)


async def take(node: Node, *, cpu: float = 0.2, memory: float = 0.4, **rest: object) -> None:
    """Record a sample, as Reflexia would."""
    time_ns = node.clock.wall_ns()
    told = reflexia_event_pb2.SampleTaken(sample=sample(time_ns=time_ns, cpu=cpu))
    told.sample.machine.memory_ratio = memory
    told.sample.MergeFrom(reflexia_pb2.Sample(**rest))  # type: ignore[arg-type]  # fields of the message
    event = NewEvent(type=SAMPLE_TAKEN, payload=told.SerializeToString(), time_ns=time_ns)
    await node.log.append(Append(writes=(StreamWrite(stream=f"reflexia/{NODE}", events=(event,)),)))


@asynccontextmanager
async def sampling(node: Node, **readings: float) -> AsyncIterator[None]:
    async def again() -> None:
        while True:
            await take(node, **readings)
            await asyncio.sleep(0.05)

    task = asyncio.create_task(again())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def changes(node: Node) -> list[facts.DegradationChanged]:
    events = await events_in(node.log, STREAMS.degradation)
    return [facts.DegradationChanged.FromString(event.payload) for event in events]


async def test_a_busy_processor_costs_optional_work_only(node: Node, server: Running) -> None:
    """
    However long it lasts; and afterwards all work is done again.
    """
    await follow(server, QUICK)
    async with sampling(node, cpu=1.0):
        found = await until(server, LIGHT)
        await asyncio.sleep(0.5)
        assert (await level(server)).level == LIGHT
    assert found.capacity == 0.95
    assert found.signals[0].signal == "cpu"
    async with sampling(node, cpu=0.1):
        await until(server, NORMAL)

    assert [change.degradation.level for change in await changes(node)] == [LIGHT, NORMAL]
    assert "cpu 1" in (await changes(node))[0].degradation.reason


async def test_a_moment_of_much_work_is_no_pressure(
    monkeypatch: pytest.MonkeyPatch, node: Node, server: Running
) -> None:
    """
    Such as a start: the processor is looked at for a while.
    """
    monkeypatch.setattr(signals, "CPU_SECONDS", 60.0)
    await take(node, cpu=1.0)
    async with asyncio.timeout(5):
        while not (found := await level(server)).signals:
            await asyncio.sleep(0.01)

    assert "cpu" not in {one.signal for one in found.signals}
    assert found.level == NORMAL


async def test_memory_that_runs_out_is_not_waited_for(node: Node, server: Running) -> None:
    """
    The right level is there at once, in one change, with what made it.
    """
    await take(node, memory=0.99)
    found = await until(server, SURVIVAL)
    [change] = await changes(node)

    assert change.previous_level == NORMAL
    assert change.degradation.level == found.level
    assert found.HasField("pressure")
    assert found.signals[0].critical


async def test_errors_and_slow_answers_count(node: Node, server: Running) -> None:
    """
    Over all services, by their calls; of few calls nothing is said.
    """
    slow = reflexia_pb2.ServiceReading(service="a", calls=100, error_ratio=0.5, latency_p99=duration(2.0))
    idle = reflexia_pb2.ServiceReading(service="b", calls=1, error_ratio=1.0, latency_p99=duration(60.0))
    await take(node, services=[slow, idle])
    async with asyncio.timeout(5):
        while "error_ratio" not in (found := {one.signal: one for one in (await level(server)).signals}):
            await asyncio.sleep(0.01)
    assert found["error_ratio"].reading == pytest.approx(51 / 101)
    assert found["latency"].reading == pytest.approx(260 / 101)

    await take(node, services=[idle])
    async with asyncio.timeout(5):
        while "latency" in {one.signal for one in (await level(server)).signals}:
            await asyncio.sleep(0.01)


async def test_calls_that_are_turned_away_count_at_the_next_report(
    monkeypatch: pytest.MonkeyPatch, node: Node, server: Running
) -> None:
    """
    A process that sheds most of its calls is reason enough to do less, whatever the machine says.
    """
    monkeypatch.setattr(signals, "RATIO_SECONDS_MIN", 0.0)
    await take(node)
    log = Reporter(node=node, stub=server.circuits)
    for admitted, shed in [(1000, 500), (1100, 1400)]:
        log.limiter = circuit_breaker_service_pb2.LimiterFigures(admitted_calls=admitted, shed_calls=shed)
        await log.report()

    found = await until(server, LIGHT)
    assert found.signals[0].signal == "shed_ratio"
    assert found.signals[0].reading == 0.9


async def breakers_open(server: Running) -> float:
    return {one.signal: one.reading for one in (await level(server)).signals}["breakers_open"]


async def test_open_breakers_count(node: Node, server: Running) -> None:
    """
    By the calls that they guard, also when these come no more; idle ones that are closed change nothing.
    """
    log = Reporter(node=node, stub=server.circuits)
    idle, busy = [log.breaker(f"idle/{number}") for number in range(9)], log.breaker("busy/1")
    for number in range(3):
        log.fail(log.breaker(f"service/{number}"), 5)
    now = node.clock.monotonic()
    for breaker in (*[busy] * 14, idle[0]):
        breaker.succeed(breaker.enter(now), now, 0.01)
    await log.report()
    assert await breakers_open(server) == 0.5
    log.fail(busy, 5)
    await log.report()
    await log.tell()

    async with asyncio.timeout(10):
        while await breakers_open(server) != 34 / 35:
            await asyncio.sleep(0.01)


async def test_a_level_is_held_until_somebody_lets_go(node: Node, server: Running) -> None:
    """
    Whatever the pressure says meanwhile.
    """
    await follow(server, QUICK)
    request = rpc.SetDegradationRequest(level=HEAVY, hold=duration(60), reason="an experiment", request_id="one")
    told = (await server.degradation.SetDegradation(request, metadata=[("x-jwt-sub", "alice")])).degradation
    assert told.level == HEAVY
    assert told.reason == "an experiment (held by alice)"
    assert told.HasField("hold_until_time")
    async with sampling(node):
        await asyncio.sleep(0.3)
        assert (await level(server)).level == HEAVY
        released = await server.degradation.ReleaseDegradation(rpc.ReleaseDegradationRequest(reason="done"))
        assert not released.degradation.HasField("hold_until_time")
        await until(server, NORMAL)

    assert len(await events_in(node.log, STREAMS.degradation_hold)) == 2


async def test_a_hold_that_is_asked_for_twice_is_one(node: Node, server: Running) -> None:
    """
    Also when somebody has let go meanwhile: an old request does not come back.
    """
    request = rpc.SetDegradationRequest(level=HEAVY, hold=duration(60), reason="an experiment", request_id="one")
    await server.degradation.SetDegradation(request)
    await server.degradation.ReleaseDegradation(rpc.ReleaseDegradationRequest())
    told = (await server.degradation.SetDegradation(request)).degradation

    assert not told.HasField("hold_until_time")
    assert len(await events_in(node.log, STREAMS.degradation_hold)) == 2


async def test_at_least_leaves_a_worse_level_as_it_is(node: Node, server: Running) -> None:
    """
    Who wants less work done does not mean to have more done.
    """
    await take(node, memory=0.99)
    await until(server, SURVIVAL)
    request = rpc.SetDegradationRequest(level=LIGHT, at_least=True, reason="memory")

    assert (await server.degradation.SetDegradation(request)).degradation.level == SURVIVAL


async def test_the_level_and_its_hold_outlive_the_process(node: Node) -> None:
    """
    They are on record; so is the policy.
    """
    async with running(node) as server:
        await follow(server, QUICK)
        await server.degradation.SetDegradation(
            rpc.SetDegradationRequest(level=MODERATE, hold=duration(60), reason="an experiment")
        )
    async with running(node) as server:
        found = await until(server, MODERATE)
        assert found.HasField("hold_until_time")
        assert found.reason == "an experiment"

    assert len(await changes(node)) == 1


async def test_a_change_that_the_log_does_not_take_is_recorded_later(node: Node, server: Running) -> None:
    """
    The probe says so meanwhile.
    """
    probe = server.probes["arkalia.resilience.v1.DegradationService"]
    await take(node, memory=0.99)
    node.log.refusing = True
    await until(server, SURVIVAL)
    async with asyncio.timeout(5):
        while "cannot be recorded" not in (await probe())[1]:
            await asyncio.sleep(0.01)
    assert not await changes(node)
    node.log.refusing = False
    async with asyncio.timeout(5):
        while not await changes(node) or (await probe())[1]:
            await asyncio.sleep(0.01)

    assert [change.degradation.level for change in await changes(node)] == [SURVIVAL]


async def test_the_level_is_streamed_and_resumed(server: Running) -> None:
    """
    As it is at once, then each change; whoever comes back misses none.
    """
    first = server.degradation.WatchDegradation(rpc.WatchDegradationRequest())
    shown = await anext(aiter(first))
    assert shown.degradation.level == NORMAL
    first.cancel()
    for wanted in (HEAVY, LIGHT):
        await server.degradation.SetDegradation(rpc.SetDegradationRequest(level=wanted, reason="an experiment"))
    again = server.degradation.WatchDegradation(rpc.WatchDegradationRequest(resume_token=shown.resume_token))
    seen: list[int] = []
    async with asyncio.timeout(5):
        async for response in again:
            seen += [response.degradation.level] if response.HasField("degradation") else []
            if not response.HasField("degradation") and len(seen) == 2:
                break
    again.cancel()

    assert seen == [HEAVY, LIGHT]


async def test_a_policy_that_breaks_rules_is_refused_whole(node: Node, server: Running) -> None:
    """
    With every violation, of the policy and of each scale.
    """
    current = (await server.degradation.GetDegradationPolicy(rpc.GetDegradationPolicyRequest())).revision
    policy = policy_to_pb(DegradationPolicy())
    policy.thresholds[1].pressure = 0.3
    policy.ClearField("calm")
    policy.leave_margin = 0.9
    policy.scales[0].high = 0.1
    policy.scales[7].CopyFrom(degradation_pb2.SignalScale(signal="memory", low=0.1, high=0.2, weight=1))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await server.degradation.UpdateDegradationPolicy(
            rpc.UpdateDegradationPolicyRequest(policy=policy, etag=current.etag)
        )

    info = reason(caught.value)
    assert info.reason == "RESILIENCE_ERROR_REASON_POLICY_INVALID"
    assert set(info.metadata) == {
        "violation/policy.thresholds",
        "violation/policy.calm",
        "violation/policy.leave_margin",
        "violation/policy.scales.cpu.high",
        "violation/policy.scales.memory",
    }
    assert not await events_in(node.log, STREAMS.degradation_policy)


async def test_a_stale_etag_is_refused(server: Running) -> None:
    """
    Whoever has not seen the newest revision must not undo it.
    """
    made = (await follow(server, QUICK)).revision
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await server.degradation.UpdateDegradationPolicy(
            rpc.UpdateDegradationPolicyRequest(policy=policy_to_pb(DegradationPolicy()), etag="0-00000000")
        )

    assert reason(caught.value).reason == "RESILIENCE_ERROR_REASON_POLICY_CHANGED"
    assert reason(caught.value).metadata["etag"] == made.etag


async def test_a_dry_run_tells_the_level_that_it_would_be(node: Node, server: Running) -> None:
    """
    And changes nothing.
    """
    await take(node, memory=0.9)
    await until(server, LIGHT)
    current = (await server.degradation.GetDegradationPolicy(rpc.GetDegradationPolicyRequest())).revision
    policy = policy_to_pb(DegradationPolicy())
    policy.scales[1].high = 0.91
    told = await server.degradation.UpdateDegradationPolicy(
        rpc.UpdateDegradationPolicyRequest(policy=policy, etag=current.etag, dry_run=True)
    )

    assert told.level == health_pb2.DEGRADATION_LEVEL_EMERGENCY
    assert told.revision.revision == 1
    assert not await events_in(node.log, STREAMS.degradation_policy)


async def test_services_that_do_not_answer_are_named(node: Node) -> None:
    """
    Those that a level suspends are not asked, and named as suspended.
    """
    load_contracts()
    entries = [
        ServiceEntry(service="arkalia.events.v1.EventService", module="events", process="log"),
        ServiceEntry(service="arkalia.resilience.v1.DegradationService", module="resilience", process="kernel"),
        ServiceEntry(service="arkalia.zeroia.v1.PolicyService", module="zeroia", process="kernel"),
    ]

    async def dead(service: str) -> Checked:
        return Checked(serving=False, reason=f"{service} is dead", latency_seconds=0.0)

    tools = replace(node.tools(), directory=entries, check=dead)
    async with running(node, tools) as server:
        async with asyncio.timeout(5):
            while not (found := await level(server)).failing_services:
                await asyncio.sleep(0.01)
        assert list(found.failing_services) == [entry.service for entry in entries]
        await server.degradation.SetDegradation(rpc.SetDegradationRequest(level=SURVIVAL, reason="an experiment"))
        async with asyncio.timeout(5):
            while len((found := await level(server)).failing_services) > 2:
                await asyncio.sleep(0.01)

    assert list(found.suspended_services) == ["arkalia.zeroia.v1.PolicyService"]


async def test_two_replicas_keep_one_level(node: Node) -> None:
    """
    Each change is on record once, from the level before; a hold given to one holds for both.
    """
    async with running(node) as one, running(node) as other:
        await follow(one, QUICK)
        async with sampling(node, cpu=1.0):
            await until(one, LIGHT)
            await until(other, LIGHT)
        async with sampling(node, cpu=0.1):
            await until(one, NORMAL)
            await until(other, NORMAL)
        await one.degradation.SetDegradation(rpc.SetDegradationRequest(level=HEAVY, reason="an experiment"))
        found = await until(other, HEAVY)
        async with asyncio.timeout(5):
            while not (found := await level(other)).HasField("hold_until_time"):
                await asyncio.sleep(0.01)

    assert found.level == HEAVY
    told = [(change.previous_level, change.degradation.level) for change in await changes(node)]
    assert all(before != after for before, after in told)
    assert [before for before, _ in told[1:]] == [after for _, after in told[:-1]]
