"""What the chain and the channels of one process share to keep each other from falling."""

from dataclasses import dataclass, field

from luna.kernel.error_reports import ErrorSink, NoErrorSink
from luna.resilience.limiter import Limiter, LimiterPolicy
from luna.transport.circuits import Circuits
from luna.transport.levels import CurrentLevel
from luna.transport.pacing import Pacing


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The breakers, the level, the limiter, the pace, and who hears of failures."""

    circuits: Circuits = field(default_factory=lambda: Circuits(""))
    level: CurrentLevel = field(default_factory=CurrentLevel)
    limiter: Limiter = field(default_factory=lambda: Limiter(LimiterPolicy()))
    pacing: Pacing = field(default_factory=Pacing)
    failures: ErrorSink = field(default_factory=NoErrorSink)
