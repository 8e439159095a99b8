"""When a disagreement between recommendation and decision counts."""

from luna.modules.reflexia.contradictions import Comparison, Contradiction, Decided, Recommended
from luna.modules.reflexia.domain import Action


def _recommended(action: Action, number: int) -> Recommended:
    return Recommended(action=action, sample_id=f"sample-{number}", time_ns=number)


def _decided(action: Action) -> Decided:
    return Decided(action=action, event_id=f"decision-{action.name}")


class TestComparison:
    def test_a_decision_that_comes_before_the_next_sample_is_in_time(self) -> None:
        """
        While ZeroIA answers each sample, nothing is reported, whatever the samples say.
        """
        comparison = Comparison()
        for number, action in enumerate([Action.NORMAL, Action.REDUCE_LOAD, Action.NORMAL, Action.MONITOR]):
            comparison, found = comparison.on_sample(_recommended(action, number))
            comparison = comparison.on_decision(_decided(action))

            assert found is None

    def test_a_disagreement_that_outlives_a_sample_is_found_at_the_next_one(self) -> None:
        """
        The finding names the first sample, the last one, and the decision.
        """
        comparison = Comparison().on_decision(_decided(Action.NORMAL))
        comparison, first = comparison.on_sample(_recommended(Action.REDUCE_LOAD, 1))
        comparison, second = comparison.on_sample(_recommended(Action.EMERGENCY_SHUTDOWN, 2))

        assert first is None
        assert second == Contradiction(
            first=_recommended(Action.REDUCE_LOAD, 1),
            last=_recommended(Action.EMERGENCY_SHUTDOWN, 2),
            decided=_decided(Action.NORMAL),
        )

    def test_a_disagreement_is_reported_once_it_is_in_the_log_and_then_no_more(self) -> None:
        """
        Until it is recorded each sample tries again; afterwards it is quiet until they have agreed.
        """
        comparison = Comparison().on_decision(_decided(Action.NORMAL))
        comparison, _ = comparison.on_sample(_recommended(Action.MONITOR, 1))
        comparison, second = comparison.on_sample(_recommended(Action.MONITOR, 2))
        comparison, third = comparison.on_sample(_recommended(Action.MONITOR, 3))
        comparison = comparison.on_reported(_recommended(Action.MONITOR, 1))
        comparison, fourth = comparison.on_sample(_recommended(Action.MONITOR, 4))
        comparison, agreed = comparison.on_sample(_recommended(Action.NORMAL, 5))
        comparison, sixth = comparison.on_sample(_recommended(Action.MONITOR, 6))
        comparison, seventh = comparison.on_sample(_recommended(Action.MONITOR, 7))

        assert (second is not None, third is not None) == (True, True)
        assert (fourth, agreed, sixth) == (None, None, None)
        assert seventh is not None
        assert seventh.first == _recommended(Action.MONITOR, 6)

    def test_a_disagreement_of_a_single_sample_is_none(self) -> None:
        """
        A spike that is over at the next sample was never worth a report.
        """
        comparison = Comparison().on_decision(_decided(Action.NORMAL))
        for number, action in enumerate([Action.MONITOR, Action.NORMAL, Action.MONITOR, Action.NORMAL]):
            comparison, found = comparison.on_sample(_recommended(action, number))

            assert found is None

    def test_where_nothing_is_known_nothing_differs(self) -> None:
        """
        Neither a sample without a recommendation nor a node without a decision is a contradiction.
        """
        silent = Comparison().on_decision(_decided(Action.NORMAL))
        undecided = Comparison()
        for number in range(3):
            silent, nothing = silent.on_sample(_recommended(Action.UNSPECIFIED, number))
            undecided, no_decision = undecided.on_sample(_recommended(Action.HALT, number))

            assert nothing is None
            assert no_decision is None

    def test_a_restart_does_not_report_again(self) -> None:
        """
        A report that is found in the log before the newest sample still covers what goes on.
        """
        comparison = Comparison().on_decision(_decided(Action.NORMAL))
        comparison = comparison.on_reported(_recommended(Action.MONITOR, 1))
        for number in (2, 3):
            comparison, found = comparison.on_sample(_recommended(Action.MONITOR, number))

            assert found is None
