"""What most of the newest calls took."""

from typing import Final

SAMPLES_MAX: Final = 128
SAMPLES_MIN: Final = 20
"""With fewer nothing is known. It is also how often it is computed anew."""


class Percentile:
    """Follows one percentile of the newest samples, at a small cost for each."""

    __slots__ = ("_next", "_samples", "_share", "_since", "value")

    def __init__(self, share: float) -> None:
        """Follow what *share* of the samples, 0 to 1, do not exceed."""
        self._share = share
        self._samples: list[float] = []
        self._next = 0
        self._since = 0
        self.value: float | None = None

    def add(self, sample: float) -> None:
        """Take in a sample; beyond the newest ones the oldest is forgotten."""
        if len(self._samples) < SAMPLES_MAX:
            self._samples.append(sample)
        else:
            self._samples[self._next] = sample
            self._next = (self._next + 1) % SAMPLES_MAX
        self._since += 1
        if self._since >= SAMPLES_MIN:
            self._since = 0
            ordered = sorted(self._samples)
            self.value = ordered[min(len(ordered) - 1, int(self._share * len(ordered)))]
