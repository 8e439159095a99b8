"""How long is waited before a retry."""

from itertools import islice

from luna.resilience.backoff import full_jitter


def test_the_bound_doubles_up_to_the_cap() -> None:
    """
    From .2 s to 10 s, unless told otherwise.
    """
    waits = [round(wait, 9) for wait in islice(full_jitter(chance=lambda: 1.0), 8)]

    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]


def test_chance_decides_between_nothing_and_the_bound() -> None:
    """
    So that callers that failed together do not come back together.
    """
    dice = iter([0.0, 0.5, 0.25])

    assert [round(wait, 9) for wait in islice(full_jitter(1.0, 4.0, chance=lambda: next(dice)), 3)] == [0.0, 1.0, 1.0]


def test_it_never_ends() -> None:
    """
    Nor does the exponent overflow.
    """
    assert next(islice(full_jitter(chance=lambda: 1.0), 5000, None)) == 10.0
