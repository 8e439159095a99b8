"""How a policy that breaks its rules is refused: whole, with every violation."""

import math
from collections.abc import Mapping


class PolicyError(ValueError):
    """A policy breaks its rules."""

    def __init__(self, violations: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field} {why}" for field, why in violations.items()))
        self.violations = dict(violations)
        """What is wrong, by the path of the field."""


def refuse(violations: Mapping[str, str]) -> None:
    """Raise if there are any.

    Raises:
        PolicyError: with all of *violations*.

    """
    if violations:
        raise PolicyError(violations)


def below(fields: Mapping[str, float | None], least: float) -> dict[str, str]:
    """Return those of *fields* that are set and not numbers from *least* on."""
    return {
        name: f"must be a number from {least:g} on, not {value:g}"
        for name, value in fields.items()
        if value is not None and not (math.isfinite(value) and value >= least)
    }


def not_positive(fields: Mapping[str, float | None]) -> dict[str, str]:
    """Return those of *fields* that are set and not numbers above 0."""
    return {
        name: f"must be a number above 0, not {value:g}"
        for name, value in fields.items()
        if value is not None and not (math.isfinite(value) and value > 0)
    }


def not_shares(fields: Mapping[str, float], *, zero: bool) -> dict[str, str]:
    """Return those of *fields* that are not between 0 and 1; whether 0 may be one says *zero*."""
    least = "at least" if zero else "above"
    return {
        name: f"must be {least} 0 and at most 1, not {value:g}"
        for name, value in fields.items()
        if not (0 <= value <= 1 and (zero or value > 0))
    }
