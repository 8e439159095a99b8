"""Writes what was found about the node in the words of the contract."""

from arkalia.helloria.v1 import helloria_pb2 as pb
from arkalia.node.v1 import health_pb2
from arkalia.reflexia.v1.reflexia_pb2 import Sample
from arkalia.zeroia.v1.zeroia_pb2 import Decision, DecisionAction

from luna.kernel.events import LogStats
from luna.kernel.identity import Identity
from luna.kernel.times import duration, duration_of_ns, timestamp
from luna.modules.helloria.domain import ServiceFinding, score
from luna.modules.helloria.service import Findings


def status_to_pb(found: Findings, identity: Identity, now_ns: int) -> pb.NodeStatus:
    """Return the state of the node as a message."""
    status = pb.NodeStatus(
        node=identity.node,
        version=identity.version,
        start_time=timestamp(identity.started_ns),
        uptime=duration_of_ns(now_ns - identity.started_ns),
        time=timestamp(now_ns),
        services=[_service(finding) for finding in found.services],
        score=score(found.services),
        state=_worst(found),
        degradation_level=found.standing.level,
        open_circuit_breakers=found.standing.open_breakers,
    )
    if found.log is not None:
        status.log.CopyFrom(_log(found.log))
    if found.sample is not None:
        status.sample.CopyFrom(_sample(found.sample.sample))
    if found.decision is not None:
        status.decision.CopyFrom(_decision(found.decision.decision))
    return status


def _service(finding: ServiceFinding) -> pb.ServiceStatus:
    checked = finding.checked
    return pb.ServiceStatus(
        service=finding.entry.service,
        module=finding.entry.module,
        process=finding.entry.process,
        state=health_pb2.HEALTH_STATE_SERVING if checked.serving else health_pb2.HEALTH_STATE_NOT_SERVING,
        reason=checked.reason,
        probe_latency=duration(checked.latency_seconds),
    )


def _worst(found: Findings) -> health_pb2.HealthState:
    if not all(finding.checked.serving for finding in found.services):
        return health_pb2.HEALTH_STATE_NOT_SERVING
    if found.log is None or not found.log.writable:
        return health_pb2.HEALTH_STATE_DEGRADED
    return health_pb2.HEALTH_STATE_SERVING


def _log(stats: LogStats) -> pb.LogStatus:
    return pb.LogStatus(log_id=stats.log_id, head_position=stats.head, writable=stats.writable)


def _sample(sample: Sample) -> pb.SampleStatus:
    status = pb.SampleStatus(sample_id=sample.sample_id, time=sample.sample_time)
    for name in ("cpu_ratio", "memory_ratio", "disk_ratio"):
        if sample.machine.HasField(name):
            setattr(status, name, getattr(sample.machine, name))
    return status


def _decision(decision: Decision) -> pb.DecisionStatus:
    return pb.DecisionStatus(
        decision_id=decision.decision_id,
        action=DecisionAction.Name(decision.action).removeprefix("DECISION_ACTION_"),
        confidence=decision.confidence,
        time=decision.decide_time,
    )
