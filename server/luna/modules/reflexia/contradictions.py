"""Finds out when recommendation and decision disagree for longer than one sample.

::

              an action that differs            another sample that differs
    AGREED ──────────────────────────▶ DIFFERING ─────────────────────────▶ a contradiction,
       ▲                                   │  ▲                             once it is recorded: REPORTED
       └───── an action that agrees ───────┘  └── until it is recorded, each sample tries again

Rule 1: a decision may arrive within the sample that it answers; only what still differs at the next sample counts.
Rule 2: one disagreement is reported once, however long it lasts.
Rule 3: where nothing is recommended, or nothing was decided, nothing can differ.
"""

from dataclasses import dataclass, replace

from luna.modules.reflexia.domain import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommended:
    """What Reflexia recommended, and on which sample."""

    action: Action
    sample_id: str
    time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What ZeroIA decided, and in which event."""

    action: Action
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A disagreement that outlived a sample."""

    first: Recommended
    last: Recommended
    decided: Decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Where recommendation and decision stand to each other."""

    recommended: Recommended | None = None
    decided: Decided | None = None
    first: Recommended | None = None
    """The first sample of the present disagreement."""
    reported: bool = False
    """Whether the present disagreement is in the log."""

    def on_sample(self, recommended: Recommended) -> tuple["Comparison", Contradiction | None]:
        """Take in a sample, and tell whether a disagreement outlived the one before."""
        after = _settled(replace(self, recommended=recommended))
        if after.first is None or after.decided is None or after.reported or after.first == recommended:
            return after, None
        return after, Contradiction(first=after.first, last=recommended, decided=after.decided)

    def on_decision(self, decided: Decided) -> "Comparison":
        """Take in a decision."""
        return _settled(replace(self, decided=decided))

    def on_reported(self, first: Recommended) -> "Comparison":
        """Take in that the disagreement since *first* was recorded."""
        return replace(self, first=first, reported=True) if self.recommended is None or self.first else self


def _settled(found: Comparison) -> Comparison:
    if found.recommended is None or found.decided is None:
        return found
    known = Action.UNSPECIFIED not in (found.recommended.action, found.decided.action)
    if not known or found.recommended.action == found.decided.action:
        return replace(found, first=None, reported=False)
    return found if found.first else replace(found, first=found.recommended)
