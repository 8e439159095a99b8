"""Chooses the action: hysteresis, dwell and the counting of repeats.

            pressure ≥ enter[MONITOR]        ≥ enter[REDUCE_LOAD]            ≥ enter[EMERGENCY_SHUTDOWN]
    NORMAL ──────────────────────────▶ MONITOR ────────────▶ REDUCE_LOAD ────────────▶ EMERGENCY_SHUTDOWN
       ▲    pressure ≤ leave[MONITOR]     │ ▲    ≤ leave[…]      │ ▲      ≤ leave[…]         │
       └──────────────────────────────────┘ └────────────────────┘ └─────────────────────────┘
    any ── compromised samples in a row ──▶ HALT ── a sample that can be believed ──▶ what pressure asks for

Rule 1: *wanted* follows the pressure at once, up at a threshold, down only at the threshold less the hysteresis.
Rule 2: *action*, the one in effect, follows *wanted* only when it has itself been in effect for the dwell.
Rule 3: a wanted action of critical or fatal severity that is worse than the one in effect does not wait.
Rule 4: a clock that is set back starts the dwell again, so that an action is never held for longer than one dwell.
Rule 5: a repeat, the same action within the dwell of the last recorded decision and without a new kind of finding, is
        not recorded by a loop. It is counted, and the next recorded decision carries the count.
"""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from arkalia.zeroia.v1 import zeroia_pb2 as pb

from luna.modules.zeroia.rules import Rules

NORMAL: Final = pb.DECISION_ACTION_NORMAL
EMERGENCY: Final = pb.DECISION_ACTION_EMERGENCY_SHUTDOWN
HALT: Final = pb.DECISION_ACTION_HALT
NONE: Final = pb.DECISION_ACTION_UNSPECIFIED

_ACTIONS: Final = (
    pb.DECISION_ACTION_NORMAL,
    pb.DECISION_ACTION_MONITOR,
    pb.DECISION_ACTION_REDUCE_LOAD,
    pb.DECISION_ACTION_EMERGENCY_SHUTDOWN,
)


@dataclass(frozen=True, slots=True)
class Stance:
    """What earlier decisions about a node left behind."""

    action: pb.DecisionAction = NONE
    """The action in effect; unspecified before the first decision."""
    since_ns: int = 0
    """When it took effect."""
    wanted: pb.DecisionAction = NONE
    pressure: float | None = None
    position: int = 0
    """The newest sample that was judged."""
    compromised_in_row: int = 0
    recorded_action: pb.DecisionAction = NONE
    """Of the last recorded decision; unspecified where there is none, or it could not be recorded."""
    recorded_ns: int = 0
    recorded_checks: frozenset[int] = frozenset()
    """The kinds of findings that the last recorded decision had."""
    suppressed: int = 0
    """Repeats since then."""


FRESH: Final = Stance()


class Ruling(NamedTuple):
    """The action, and how it came about."""

    wanted: pb.DecisionAction
    action: pb.DecisionAction
    kind: pb.DwellRuling
    since_ns: int
    compromised_in_row: int


def wanted_action(rules: Rules, before: pb.DecisionAction, pressure: float) -> pb.DecisionAction:
    """Return the action that *pressure* asks for (rule 1)."""
    enter, leave = rules.enter, rules.leave
    level = (pressure >= enter[0]) + (pressure >= enter[1]) + (pressure >= enter[2])
    # HALT is no level of pressure: what follows it starts from the pressure alone.
    held = before - 1 if NORMAL <= before <= EMERGENCY else 0
    while held > level and pressure <= leave[held - 1]:
        held -= 1
    return _ACTIONS[max(level, held)]


def rule(rules: Rules, stance: Stance, pressure: float, now_ns: int, compromised_in_row: int) -> Ruling:
    """Choose the action in effect."""
    wanted = wanted_action(rules, stance.wanted, pressure)
    if compromised_in_row >= rules.policy.integrity.halt_after:
        wanted = HALT
    action, kind = _settle(stance, wanted, now_ns, rules.dwell_ns)
    if action == stance.action:
        # A clock that was set back must not make an action look as if it began in the future.
        return Ruling(wanted, action, kind, min(stance.since_ns, now_ns), compromised_in_row)
    return Ruling(wanted, action, kind, now_ns, compromised_in_row)


def is_repeat(rules: Rules, stance: Stance, ruling: Ruling, checks: frozenset[int], now_ns: int) -> bool:
    """Tell whether a loop may count the decision instead of recording it (rule 5)."""
    return (
        ruling.action == stance.recorded_action
        and 0 <= now_ns - stance.recorded_ns < rules.dwell_ns
        and checks <= stance.recorded_checks
    )


def counted(stance: Stance) -> Stance:
    """Return *stance* after a repeat."""
    return replace(stance, suppressed=stance.suppressed + 1)


def unrecorded(stance: Stance, suppressed: int) -> Stance:
    """Return *stance* after a decision that could not be recorded: the next one is no repeat, the count is kept."""
    return replace(stance, recorded_action=NONE, suppressed=stance.suppressed + suppressed)


def _settle(
    stance: Stance, wanted: pb.DecisionAction, now_ns: int, dwell_ns: int
) -> tuple[pb.DecisionAction, pb.DwellRuling]:
    if stance.action == NONE:
        return wanted, pb.DWELL_RULING_FIRST
    if wanted == stance.action:
        return wanted, pb.DWELL_RULING_UNCHANGED
    if wanted >= EMERGENCY and wanted > stance.action:
        return wanted, pb.DWELL_RULING_ESCALATED
    if now_ns - stance.since_ns >= dwell_ns:
        return wanted, pb.DWELL_RULING_CHANGED
    return stance.action, pb.DWELL_RULING_HELD
