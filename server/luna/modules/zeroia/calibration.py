"""How well confidence foretells outcomes."""

from typing import Final, NamedTuple

from arkalia.zeroia.v1 import zeroia_event_pb2 as facts
from arkalia.zeroia.v1 import zeroia_pb2 as pb

BINS: Final = 10


class _Bin(NamedTuple):
    decisions: int = 0
    confidence: float = 0.0
    right: int = 0


class Calibrator:
    """Adds up outcomes."""

    def __init__(self) -> None:
        self._bins = [_Bin()] * BINS
        self._squares = 0.0

    def add(self, confidence: float, *, right: bool) -> None:
        """Take the outcome of one decision into account."""
        index = min(BINS - 1, int(confidence * BINS))
        bin = self._bins[index]
        self._bins[index] = _Bin(bin.decisions + 1, bin.confidence + confidence, bin.right + right)
        self._squares += (confidence - right) ** 2

    def take(self, reported: facts.OutcomeReported) -> None:
        """Take a reported outcome into account."""
        self.add(reported.confidence, right=reported.outcome.verdict == pb.OUTCOME_VERDICT_RIGHT)

    def figures(self) -> pb.Calibration:
        """Return the Brier score, the calibration error and the bins."""
        count = sum(bin.decisions for bin in self._bins)
        if not count:
            return pb.Calibration()
        error = sum(abs(bin.confidence - bin.right) for bin in self._bins) / count
        return pb.Calibration(
            outcome_count=count,
            brier_score=self._squares / count,
            calibration_error=error,
            bins=[
                pb.CalibrationBin(
                    confidence_from=index / BINS,
                    confidence_to=(index + 1) / BINS,
                    count=bin.decisions,
                    mean_confidence=bin.confidence / bin.decisions,
                    right_ratio=bin.right / bin.decisions,
                )
                for index, bin in enumerate(self._bins)
                if bin.decisions
            ],
        )
