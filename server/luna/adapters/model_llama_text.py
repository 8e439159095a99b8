"""Makes text of the bytes that a model says, and ends it where it is to stop."""

from codecs import getincrementaldecoder
from collections.abc import Sequence


class SaidText:
    """Holds back what may be the beginning of a text to stop at, and half a letter."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self.has_stopped = False

    def add(self, said: bytes) -> str:
        """Return what can be told now that *said* was said."""
        text = self._upto_stop(self._held + self._decoder.decode(said))
        held = 0 if self.has_stopped else max((_overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]

    def end(self) -> str:
        """Return what is left to tell when nothing more is said."""
        return "" if self.has_stopped else self._upto_stop(self._held + self._decoder.decode(b"", final=True))

    def _upto_stop(self, text: str) -> str:
        found = [text.index(stop) for stop in self._stops if stop in text]
        self.has_stopped = bool(found)
        return text[: min(found)] if found else text


def _overlap(text: str, stop: str) -> int:
    """Return how many letters at the end of *text* may be the beginning of *stop*."""
    return next((size for size in range(min(len(stop) - 1, len(text)), 0, -1) if stop.startswith(text[-size:])), 0)
