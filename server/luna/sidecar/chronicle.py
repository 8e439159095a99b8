"""Tells what happens to one replica: to the log of the node as facts, to observers as observations."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from luna.sidecar.facts import ProcessExited, ProcessRestarted, ProcessStarted
from luna.sidecar.observation import Kind, Observation
from luna.sidecar.state import Exit, ReplicaStatus
from luna.sidecar.tools import Tools


class Chronicle:
    """What happened to a replica, in order."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._fell_ns = 0

    def started(self, status: ReplicaStatus) -> None:
        """Tell that the process was started."""
        self._tools.record(ProcessStarted(status=status))

    def was_started(self, status: ReplicaStatus) -> None:
        """Tell that the process was started again while nobody looked."""
        self._fell_ns = self._fell_ns or status.started_ns
        self.started(status)

    def ended(self, status: ReplicaStatus, exit: Exit, *, expected: bool, said: Sequence[str] = ()) -> None:
        """Tell that the process, which was as *status* says, has ended."""
        self._tools.record(ProcessExited(status=status, exit=exit, expected=expected, said=said))
        if expected:
            return
        self._fell_ns = exit.time_ns
        evidence = {"exit": str(exit), "ran_seconds": f"{exit.ran_seconds:.2f}", "said": "\n".join(said)}
        self.observed(Kind.EXITED, replace(status, last_exit=exit), evidence, time_ns=exit.time_ns)

    def keeps_ending(self, status: ReplicaStatus, *, exits: int) -> None:
        """Tell that it ends soon after each start."""
        self.observed(Kind.CRASH_LOOPING, status, {"exits": str(exits), "exit": str(status.last_exit)})

    def serves(self, status: ReplicaStatus) -> None:
        """Tell that it serves again, if it had ended."""
        if not self._fell_ns:
            return
        outage = max(0.0, (self._tools.clock.wall_ns() - self._fell_ns) / 1e9)
        self._fell_ns = 0
        self._tools.record(ProcessRestarted(status=status, rolling=False, outage_seconds=outage))
        self.observed(Kind.SERVING_AGAIN, status, {"outage_seconds": f"{outage:.2f}"})

    def noticed(self, kind: Kind, status: ReplicaStatus, evidence: Mapping[str, str], *, seconds_ago: float) -> None:
        """Tell what was seen of it, and happened *seconds_ago*."""
        self.observed(kind, status, evidence, time_ns=self._tools.clock.wall_ns() - round(seconds_ago * 1e9))

    def observed(
        self, kind: Kind, status: ReplicaStatus, evidence: Mapping[str, str], *, time_ns: int | None = None
    ) -> None:
        """Tell observers only."""
        now = self._tools.clock.wall_ns()
        self._tools.observations.tell(
            Observation(kind=kind, status=status, time_ns=time_ns or now, noticed_ns=now, evidence=evidence)
        )
