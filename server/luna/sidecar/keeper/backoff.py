"""How long to wait before what ended is started again."""

_EXPONENT_MAX = 32
"""A long streak would overflow without it."""


def wait_seconds(ended: int, chance: float, *, first: float = 0.1, cap: float = 10.0, loop: int = 5) -> float:
    """Return the wait after *ended* quick ends in a row, given a *chance* from 0 to 1.

    It is drawn evenly from 0 to a limit that doubles from *first* to *cap*,
    so that what falls together does not rise together. From *loop* ends on it
    is half of the *cap* at least: a loop must not spin because the dice say so.
    """
    if ended >= loop:
        return cap * (1 + chance) / 2
    limit: float = first * 2.0 ** min(ended - 1, _EXPONENT_MAX)
    return min(cap, limit) * chance
