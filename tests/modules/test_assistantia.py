"""Answers without a language model: which sentences are chosen, and what they cite."""

from datetime import UTC, datetime, timedelta

import pytest

from luna.modules.assistantia.answer import LABEL, NOTHING, Found, compose
from luna.modules.assistantia.asking import about_node
from luna.modules.assistantia.domain import Passage, quotes

DOOR = Passage(text="The greenhouse was watered. The key of the door is under the pot.", event_id="e1", memory_id="m1")
CAT = Passage(text="The cat sleeps on the warm oven.", event_id="e2", memory_id="m2")
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def test_the_sentence_that_shares_words_is_chosen() -> None:
    """
    And its neighbour in the same memory is not.
    """
    (quote,) = quotes("Where is the key?", [CAT, DOOR])

    assert quote.text == "The key of the door is under the pot."
    assert quote.passage is DOOR


def test_a_near_memory_without_shared_words_is_still_quoted() -> None:
    """
    Meaning counts where words differ.
    """
    near = Passage(text="Le chat dort sur le four.", event_id="e3", similarity=0.6)
    far = Passage(text="Il pleut.", event_id="e4", similarity=0.1)

    assert [quote.passage for quote in quotes("where does the animal rest", [far, near])] == [near]


def test_what_says_the_same_is_said_once() -> None:
    """
    Two memories of one sentence are one line of the answer.
    """
    again = Passage(text="The cat sleeps on the warm oven!", event_id="e5", memory_id="m5")

    assert len(quotes("Where does the cat sleep?", [CAT, again])) == 1


def test_an_answer_names_every_source_once() -> None:
    """
    Two sentences of one memory have one number.
    """
    both = Passage(text="The key is blue. The old key was lost in a lake.", event_id="e6", memory_id="m6")
    parts = list(compose("What about the key?", Found(passages=[both, CAT])))

    assert parts[0].text == LABEL
    assert [part.number for part in parts[1:]] == [1, 1]
    assert [part.citation for part in parts[1:]] == [both, None]


def test_nothing_recalled_is_said() -> None:
    """
    No answer is made up.
    """
    assert [part.text for part in compose("Where is the key?", Found(passages=[CAT]))] == [NOTHING]


@pytest.mark.parametrize(
    "question",
    [
        "Why did you reduce load at 10:42?",
        "Pourquoi as-tu réduit la charge à 10h42 ?",
        "Warum hast du die Last um 10:42 gesenkt?",
    ],
)
def test_a_question_about_the_node_names_action_and_time(question: str) -> None:
    """
    In several languages, up to the end of that minute.
    """
    about = about_node(question, NOW)

    assert about is not None
    assert about.actions == ["REDUCE_LOAD"]
    assert about.until_ns == int(datetime(2026, 5, 4, 10, 43, tzinfo=UTC).timestamp()) * 10**9


def test_a_time_that_has_not_come_today_was_yesterday() -> None:
    """
    Nobody asks about what has not happened.
    """
    about = about_node("Why did you reduce load at 23:10?", NOW)

    assert about is not None
    assert about.until_ns == int((datetime(2026, 5, 4, 23, 11, tzinfo=UTC) - timedelta(days=1)).timestamp()) * 10**9


@pytest.mark.parametrize(
    "question",
    [
        "Why is the sky blue?",
        "Where did you put the load?",
        "Why did you eat last?",
        "Why did you shut the door?",
        "Pourquoi la charge du camion a-t-elle baissé ?",
        "Why does the cat sleep?",
    ],
)
def test_other_questions_are_for_memory(question: str) -> None:
    """
    A why alone says nothing about the node.
    """
    assert about_node(question, NOW) is None
