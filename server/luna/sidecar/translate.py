"""Translates what the supervisor knows into the messages of the node's contract."""

from collections.abc import Mapping
from typing import Final, TypedDict
from uuid import uuid4

from arkalia.node.v1 import health_pb2, node_event_pb2, node_pb2
from google.protobuf.message import Message

from luna.kernel.events import NewEvent
from luna.kernel.identity import Identity
from luna.kernel.times import duration, timestamp
from luna.sidecar import facts
from luna.sidecar.journal import Write
from luna.sidecar.outbox import Put
from luna.sidecar.process_stat import rss_bytes
from luna.sidecar.state import Exit, ReplicaStatus, State
from luna.topology import Topology

STATES: Final[Mapping[State, health_pb2.HealthState]] = {
    State.SERVING: health_pb2.HEALTH_STATE_SERVING,
    State.DEGRADED: health_pb2.HEALTH_STATE_DEGRADED,
    State.NOT_SERVING: health_pb2.HEALTH_STATE_NOT_SERVING,
    State.STARTING: health_pb2.HEALTH_STATE_STARTING,
    State.RECOVERING: health_pb2.HEALTH_STATE_RECOVERING,
}


def process_status(status: ReplicaStatus) -> node_pb2.ProcessStatus:
    """Return *status* as a message, with the memory read now."""
    return node_pb2.ProcessStatus(
        process=status.process,
        replica=status.replica,
        modules=status.modules,
        state=STATES[status.state],
        reason=status.reason,
        pid=status.pid,
        generation=status.generation,
        restarts=status.restarts,
        crash_looping=status.crash_looping,
        last_exit=process_exit(status.last_exit) if status.last_exit else None,
        socket=str(status.socket or ""),
        start_time=timestamp(status.started_ns) if status.started_ns else None,
        state_time=timestamp(status.state_ns),
        rss_bytes=rss_bytes(status.pid),
    )


def process_exit(exit: Exit) -> node_pb2.ProcessExit:
    """Return *exit* as a message."""
    return node_pb2.ProcessExit(
        code=exit.code,
        signal=exit.signal,
        time=timestamp(exit.time_ns),
        uptime=duration(exit.ran_seconds),
        reason=exit.reason,
    )


def topology_processes(topology: Topology) -> list[node_pb2.TopologyProcess]:
    """Return the processes that *topology* asks for."""
    return [
        node_pb2.TopologyProcess(
            process=process.name,
            modules=process.modules,
            replicas=process.replicas,
            single_writer=process.single_writer,
        )
        for process in topology.processes
    ]


def writer(identity: Identity, topology: Topology, pid: int, put: Put) -> Write:
    """Return what turns the facts of one node into events for its stream, and has *put* take them."""

    def write(fact: facts.Fact, time_ns: int) -> None:
        payload = _payload(fact, identity, topology, pid)
        event = NewEvent(
            type=payload.DESCRIPTOR.full_name,
            payload=payload.SerializeToString(deterministic=True),
            event_id=str(uuid4()),
            source=identity.source,
            time_ns=time_ns,
        )
        put(f"node/{identity.node}", event)

    return write


def _payload(fact: facts.Fact, identity: Identity, topology: Topology, pid: int) -> Message:
    match fact:
        case facts.NodeStarted():
            return node_event_pb2.NodeStarted(
                node=identity.node,
                version=identity.version,
                pid=pid,
                topology=topology_processes(topology),
                startup=duration(fact.seconds),
            )
        case facts.NodeAdopted():
            return node_event_pb2.NodeAdopted(
                node=identity.node,
                version=identity.version,
                pid=pid,
                exit=process_exit(fact.exit) if fact.exit else None,
                outage=duration(fact.outage_seconds),
                processes=[
                    node_event_pb2.AdoptedProcess(**_place(status), restarts=status.restarts) for status in fact.adopted
                ],
            )
        case facts.NodeStopping():
            return node_event_pb2.NodeStopping(node=identity.node, reason=fact.reason)
        case _:
            return _about_a_process(fact)


def _about_a_process(fact: facts.ProcessFact) -> Message:
    match fact:
        case facts.ProcessStarted():
            return node_event_pb2.ProcessStarted(**_place(fact.status))
        case facts.ProcessExited():
            return node_event_pb2.ProcessExited(
                **_place(fact.status), exit=process_exit(fact.exit), expected=fact.expected
            )
        case facts.ProcessRestarted():
            return node_event_pb2.ProcessRestarted(
                **_place(fact.status),
                restarts=fact.status.restarts,
                rolling=fact.rolling,
                outage=duration(fact.outage_seconds),
            )


class _Place(TypedDict):
    process: str
    replica: int
    generation: int
    pid: int


def _place(status: ReplicaStatus) -> _Place:
    return _Place(process=status.process, replica=status.replica, generation=status.generation, pid=status.pid or 0)
