"""Self-observation, through a real server, a real client and a real log."""

import asyncio
import time
from dataclasses import replace

import grpc.aio
import pytest
from arkalia.reflexia.v1 import reflexia_pb2 as pb
from arkalia.reflexia.v1 import reflexia_service_pb2 as rpc
from protovalidate import Validator

from luna.kernel.event_log import EventLog
from luna.kernel.events import EventFilter
from luna.manifest import Health, Toolbox
from luna.modules.reflexia.samples import sample_in
from luna.transport.vitals_report import SERVICES_MAX, VitalsReport, report_of
from tests.integration.reflexia.node import (
    INTERVAL,
    NODE,
    SECOND,
    HangingMachine,
    StubbornLog,
    running,
    sample_report,
    samples_in,
    settled,
    until_sampled,
    until_snapshot,
    vitals_report,
)
from tests.machines import IDLE, SteadyVitals, vitals


class TestSampling:
    async def test_the_machine_is_sampled_in_every_slot(self, tools: Toolbox, log: EventLog) -> None:
        """
        One event a slot, on the beat, named by its sample, without drift.
        """
        async with running(tools):
            await until_sampled(log, 6)
        events = await samples_in(log)
        times = [event.time_ns for event in events]
        slots = [time_ns // round(INTERVAL * SECOND) for time_ns in times]

        assert len(set(slots)) == len(slots)
        assert slots == sorted(slots)
        assert slots[-1] - slots[0] <= len(slots) + 2
        for event in events:
            sample = sample_in(event)
            assert sample is not None
            assert event.stream == f"reflexia/{NODE}"
            assert event.event_id == sample.sample_id == event.correlation_id
            assert event.source == f"{NODE}/kernel-0"
            assert sample.machine.cpu_ratio == IDLE.cpu_ratio
            assert sample.machine.network_received_rate > 0
            assert [process.name for process in sample.processes] == ["kernel-0"]
            assert sample.recommended_action == pb.RECOMMENDED_ACTION_NORMAL

    async def test_two_replicas_record_a_slot_once(self, tools: Toolbox, log: EventLog) -> None:
        """
        Whoever is faster wins; the other one goes on.
        """
        other = replace(tools, identity=replace(tools.identity, process="kernel-1"))
        async with running(tools), running(other):
            await until_sampled(log, 8)
        events = await samples_in(log)
        slots = [event.time_ns // round(INTERVAL * SECOND) for event in events]

        assert len(set(slots)) == len(slots)

    async def test_a_log_that_refuses_leaves_a_gap_and_nothing_invented(self, tools: Toolbox, log: StubbornLog) -> None:
        """
        Sampling goes on, the newest reading is served, health says what is wrong, and old slots are not replayed.
        """
        async with running(tools) as node:
            await until_sampled(log, 2)
            log.refusing = True
            refused_ns = time.time_ns()
            async with asyncio.timeout(5):
                while (await node.probe())[0] is not Health.DEGRADED:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(4 * INTERVAL)
            found = await node.stub.GetSnapshot(rpc.GetSnapshotRequest())
            state, why = await node.probe()
            log.refusing = False
            back_ns = time.time_ns()
            await until_sampled(log, len(await samples_in(log)) + 2)
            after, _ = await node.probe()
        times = [event.time_ns for event in await samples_in(log)]

        assert found.sample.sample_time.ToNanoseconds() > refused_ns
        assert state is Health.DEGRADED
        assert "not recorded" in why
        assert after is Health.SERVING
        slack_ns = round(INTERVAL * SECOND)
        assert not [at for at in times if refused_ns + slack_ns < at < back_ns - slack_ns]

    async def test_a_machine_that_hangs_makes_health_say_so(self, tools: Toolbox, log: EventLog) -> None:
        """
        Without new samples the service is not healthy, and the old one is called stale.
        """
        hanging = HangingMachine(tools.machine)
        async with running(replace(tools, machine=hanging)) as node:
            starting = await node.probe()
            await until_sampled(log, 1)
            serving = await settled(node, Health.SERVING)
            hanging.hangs = True
            stale = await settled(node, Health.NOT_SERVING)
            found = await node.stub.GetSnapshot(rpc.GetSnapshotRequest())

        assert starting == (Health.NOT_SERVING, "no sample was taken yet")
        assert "old" in serving
        assert "old" in stale
        assert found.stale
        assert found.age.ToNanoseconds() > 3 * INTERVAL * SECOND


class TestVitals:
    async def test_a_process_that_reports_is_in_the_next_samples(self, tools: Toolbox) -> None:
        """
        Its figures arrive with their age, are judged, and are gone when it falls silent.
        """
        async with running(tools) as node:
            report = vitals_report("log-0", loop_lag_seconds=0.3)
            await node.stub.ReportVitals(report)
            await node.stub.ReportVitals(report)
            heard = await until_snapshot(node, lambda sample: len(sample.processes) == 2)
            silent = await until_snapshot(node, lambda sample: len(sample.processes) == 1)

        process = heard.processes[1]
        assert (process.name, process.pid, process.rss_bytes) == ("log-0", 77, 1 << 20)
        assert process.HasField("age")
        assert heard.recommended_action == pb.RECOMMENDED_ACTION_REDUCE_LOAD
        assert [one.service for one in heard.services if one.process == "log-0"] == ["arkalia.events.v1.EventService"]
        assert silent.processes[0].name == "kernel-0"

    async def test_a_process_tells_of_itself_until_it_ends(self, tools: Toolbox) -> None:
        """
        What it says about itself arrives as it was said, and its end is noticed.
        """
        async with running(tools) as node:
            other = replace(
                tools,
                identity=replace(tools.identity, process="log-0"),
                vitals=SteadyVitals(
                    replace(vitals("log-0", services=3), circuit_breakers=5, open_circuit_breakers=2, queued_calls=0)
                ),
                peers=lambda _: node.channel,
            )
            reporting = asyncio.create_task(VitalsReport(other).run())
            heard = await until_snapshot(node, lambda sample: len(sample.processes) == 2)
            reporting.cancel()
            await until_snapshot(node, lambda sample: len(sample.processes) == 1)
        own, told = ([one for one in heard.services if one.process == name] for name in ("kernel-0", "log-0"))

        silent, talkative = heard.processes
        assert talkative.name == "log-0"
        assert (talkative.circuit_breakers, talkative.open_circuit_breakers) == (5, 2)
        assert talkative.HasField("queued_calls")
        assert not any(silent.HasField(name) for name in ("circuit_breakers", "open_circuit_breakers", "queued_calls"))
        assert heard.processes[1].rss_bytes == heard.processes[0].rss_bytes
        assert [one.service for one in told][1:] == [one.service for one in own]
        assert [one.latency_p99 for one in told][1:] == [one.latency_p99 for one in own]
        assert [one.error_ratio for one in told][1:] == [one.error_ratio for one in own]

    async def test_a_report_is_within_the_limits_of_the_contract(self) -> None:
        """
        Also where a process has more services than a report may name.
        """
        report = report_of(vitals("log-0", services=200), node=NODE, take_ns=time.time_ns())

        assert Validator().collect_violations(report) == []
        assert len(report.services) == SERVICES_MAX

    async def test_a_process_of_another_node_is_refused(self, tools: Toolbox) -> None:
        """
        The error names node and process.
        """
        async with running(tools) as node:
            report = vitals_report("log-0")
            report.node = "node-b"
            with pytest.raises(grpc.aio.AioRpcError, match="node-b"):
                await node.stub.ReportVitals(report)


class TestReports:
    async def test_an_agents_samples_are_judged_and_recorded_once(self, tools: Toolbox, log: EventLog) -> None:
        """
        Sent again, nothing changes and the answer says so.
        """
        request = rpc.ReportSamplesRequest(source="agent/pi", samples=[sample_report(cpu=0.97), sample_report(cpu=0.2)])
        async with running(tools) as node:
            first = await node.stub.ReportSamples(request)
            second = await node.stub.ReportSamples(request)
            found = await node.stub.GetSnapshot(rpc.GetSnapshotRequest(node="pi"))
        page = await log.read(EventFilter(stream="reflexia/pi"))

        assert (first.recorded_count, first.duplicate_count) == (2, 0)
        assert (second.recorded_count, second.duplicate_count) == (0, 2)
        assert [event.source for event in page.events] == ["agent/pi", "agent/pi"]
        samples = [sample_in(event) for event in page.events]
        assert [sample.recommended_action for sample in samples if sample] == [
            pb.RECOMMENDED_ACTION_EMERGENCY_SHUTDOWN,
            pb.RECOMMENDED_ACTION_NORMAL,
        ]
        assert found.sample.node == "pi"

    async def test_what_cannot_be_right_is_refused_and_nothing_recorded(self, tools: Toolbox, log: EventLog) -> None:
        """
        A sample of the node itself, one of tomorrow, and an id that is taken.
        """
        mine, tomorrow, taken = sample_report(), sample_report(), sample_report()
        mine.node = NODE
        tomorrow.sample_time.seconds += 86400
        other = pb.SampleReport()
        other.CopyFrom(taken)
        other.machine.cpu_ratio = 0.9
        async with running(tools) as node:
            for report, why in ((mine, "samples itself"), (tomorrow, "ahead of this node")):
                with pytest.raises(grpc.aio.AioRpcError, match=why):
                    await node.stub.ReportSamples(rpc.ReportSamplesRequest(source="pi", samples=[report]))
            await node.stub.ReportSamples(rpc.ReportSamplesRequest(source="pi", samples=[taken]))
            with pytest.raises(grpc.aio.AioRpcError, match="belongs to another sample"):
                await node.stub.ReportSamples(rpc.ReportSamplesRequest(source="pi", samples=[other]))
        page = await log.read(EventFilter(stream="reflexia/pi"))

        assert [event.event_id for event in page.events] == [taken.sample_id]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("cpu_ratio", 1.5),
            ("cpu_ratio", float("nan")),
            ("memory_ratio", -0.1),
            ("network_received_rate", float("inf")),
            ("temperature_celsius", 5000.0),
            ("cpu_count", 0),
        ],
    )
    def test_the_contract_refuses_readings_that_cannot_be(self, field: str, value: float) -> None:
        """
        Every reading has its limits in the schema.
        """
        good = rpc.ReportSamplesRequest(source="pi", samples=[sample_report()])
        bad = rpc.ReportSamplesRequest(source="pi", samples=[sample_report()])
        setattr(bad.samples[0].machine, field, value)
        found = Validator().collect_violations(bad)

        assert Validator().collect_violations(good) == []
        assert {path.elements[-1].field_name for violation in found if (path := violation.proto.field)} == {field}
