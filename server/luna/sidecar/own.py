"""The sidecar as one of the processes of its node, which has fallen and risen again as any other may."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from luna.settings import Settings
from luna.sidecar.facts import NodeAdopted
from luna.sidecar.observation import Kind, Observation
from luna.sidecar.parent import Inheritance
from luna.sidecar.places import sidecar_socket
from luna.sidecar.state import ReplicaStatus, State
from luna.topology import SIDECAR, SIDECAR_MODULES

_READY: Final = "ready"
_PID: Final = "pid"


def memo(*, ready: bool) -> Mapping[str, object]:
    """Return what the next sidecar should know: whether the node has been up, and which process this one is."""
    return {_READY: ready, _PID: os.getpid()}


def was_ready(inheritance: Inheritance) -> bool:
    """Tell whether the node has been up before."""
    return inheritance.memo.get(_READY) is True


def own_status(settings: Settings, inheritance: Inheritance) -> ReplicaStatus:
    """Return how this process is: whoever can say that serves."""
    now_ns = time.time_ns()
    return ReplicaStatus(
        process=SIDECAR,
        replica=0,
        modules=SIDECAR_MODULES,
        generation=1,
        socket=sidecar_socket(settings),
        state=State.SERVING,
        pid=os.getpid(),
        restarts=inheritance.life - 1,
        last_exit=inheritance.exit,
        started_ns=now_ns,
        state_ns=now_ns,
    )


def fall_before(own: ReplicaStatus, inheritance: Inheritance) -> Observation:
    """Return what befell the sidecar before this one."""
    now_ns = time.time_ns()
    exit = inheritance.exit
    return Observation(
        kind=Kind.EXITED,
        # A pid that is not known is not ours, which is all that matters of it.
        status=replace(own, state=State.RECOVERING, pid=inheritance.memo.get(_PID, 0)),
        time_ns=exit.time_ns if exit else now_ns - round(inheritance.outage_seconds * 1e9),
        noticed_ns=now_ns,
        evidence={"exit": str(exit or "unknown"), "outage_seconds": f"{inheritance.outage_seconds:.2f}"},
    )


def adopted(statuses: Sequence[ReplicaStatus], inheritance: Inheritance, *, since: float) -> NodeAdopted:
    """Return that this sidecar serves, having taken charge at the moment *since* of the monotonic clock."""
    found = {each.child.pid for each in inheritance.found if each.child}
    return NodeAdopted(
        exit=inheritance.exit,
        outage_seconds=inheritance.outage_seconds + time.monotonic() - since,
        adopted=[status for status in statuses if status.pid in found],
    )
