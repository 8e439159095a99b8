"""What is done to a node, and the sign by which somebody else sees that it is well again."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from luna.sidecar.chaos.injecting import Injector, fault
from luna.sidecar.chaos.victims import pids, strike
from tests.chaos import signs
from tests.chaos.signs import Sign

MEMORY_LIMIT_BYTES = 260 * 2**20
DECISIONS = "arkalia.zeroia.v1.DecisionService"
EVENTS = "arkalia.events.v1.EventService"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One way to strike a node."""

    name: str
    strike: Callable[[Injector], Awaitable[object]]
    heals: Callable[[], Sign]
    """Makes the sign of health."""
    target: str
    """The process that the recovery is about."""
    ends: str = "succeeded"
    """How the recovery ends."""
    within_seconds: float = 3.0
    """What 95 of 100 recoveries stay below."""
    settings: Mapping[str, str] = field(default_factory=dict)
    fresh: bool = False
    """Whether it wants a node that nothing has been done to before."""
    receipt_seconds: float = 20.0
    """How long the node may take to write the receipt: it watches for a while whether it holds."""


def _signal(process: str, signum: signal.Signals) -> Callable[[Injector], Awaitable[object]]:
    return lambda injector: injector.signal(process, signum)


def _fault(process: str, kind: str, **fields: object) -> Callable[[Injector], Awaitable[object]]:
    return lambda injector: injector.inject(process, fault(kind, **fields))  # type: ignore[arg-type]


async def _kill_all(injector: Injector) -> None:
    """Everything but the keeper, the sidecar first, so that it mends nothing."""
    running = pids(await injector.node())
    for name in sorted(running, key=lambda name: name != "sidecar"):
        strike(running[name], signal.SIGKILL, home=injector.home)


async def _report_fatal(injector: Injector) -> None:
    await injector.report_fatal("log-0", "the disk is dying")


SCENARIOS = (
    Scenario(
        name="crash of the kernel",
        strike=_signal("kernel-0", signal.SIGKILL),
        heals=lambda: signs.kernel_answers,
        target="kernel",
        within_seconds=1.0,
    ),
    Scenario(
        name="crash of the log",
        strike=_signal("log-0", signal.SIGKILL),
        heals=lambda: signs.log_answers,
        target="log",
        within_seconds=1.0,
    ),
    Scenario(
        name="freeze",
        strike=_signal("kernel-0", signal.SIGSTOP),
        heals=lambda: signs.kernel_answers,
        target="kernel",
    ),
    Scenario(
        name="event-loop block",
        strike=_fault("kernel", "LOOP_BLOCK", seconds=60),
        heals=lambda: signs.kernel_answers,
        target="kernel",
    ),
    Scenario(
        name="memory growth",
        strike=_fault("kernel", "MEMORY", seconds=600, size_bytes=400 * 2**20),
        heals=lambda: signs.rss_below("kernel", MEMORY_LIMIT_BYTES),
        target="kernel",
        settings={"process_memory_bytes_max": str(MEMORY_LIMIT_BYTES)},
        fresh=True,
        receipt_seconds=60,
    ),
    Scenario(
        name="connection lost",
        strike=_fault("kernel", "PARTITION", seconds=1.0, target="log"),
        heals=lambda: signs.decisions_answer,
        target="log",
    ),
    Scenario(
        name="slow peer",
        strike=_fault("log", "SLOW", seconds=1.5, delay_seconds=6.0, target=EVENTS),
        heals=lambda: signs.log_answers,
        target="log",
        fresh=True,
    ),
    Scenario(
        name="error burst",
        strike=_fault("kernel", "ERROR", seconds=1.5, target=DECISIONS, code=13),
        heals=lambda: signs.decisions_answer,
        target="kernel",
        fresh=True,
    ),
    Scenario(
        name="corrupted projection",
        strike=_fault("kernel", "CORRUPT_PROJECTION", seconds=1.0, target="resilience/circuits"),
        heals=lambda: signs.projections_intact,
        target="kernel",
    ),
    Scenario(
        name="deadlocked consumer",
        strike=_fault("kernel", "CONSUMER_STUCK", seconds=600, target="zeroia"),
        heals=lambda: signs.consumer_moves("zeroia"),
        target="kernel",
    ),
    Scenario(
        name="sidecar killed",
        strike=_signal("sidecar", signal.SIGKILL),
        heals=lambda: signs.sidecar_answers,
        target="sidecar",
    ),
    Scenario(
        name="Envoy killed",
        strike=_signal("envoy-0", signal.SIGKILL),
        heals=lambda: signs.envoy_answers,
        target="envoy",
    ),
    Scenario(
        name="everything killed",
        strike=_kill_all,
        heals=lambda: signs.all_answer,
        target="sidecar",
        fresh=True,
    ),
    Scenario(
        name="fatal failure",
        strike=_report_fatal,
        heals=lambda: signs.incident_open,
        target="log",
        ends="escalated",
    ),
)
