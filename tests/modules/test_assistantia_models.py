"""What language models are asked, and what is made of what they say: pure."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luna.kernel.generation import Message, Role, Sampling
from luna.kernel.language_model import ModelInfo
from luna.modules.assistantia import window
from luna.modules.assistantia.citing import Citer
from luna.modules.assistantia.domain import Passage
from luna.modules.assistantia.ladder import ladder
from luna.modules.assistantia.models import Model, Models, Silent
from luna.modules.assistantia.prompt import PromptTooLongError, Told, fitted
from luna.modules.assistantia.withholding import Withholding
from luna.resilience.levels import Level

DOOR = Passage(text="The key of the door is under the pot.", event_id="e1", memory_id="m1")
CAT = Passage(text="The cat sleeps on the oven.", event_id="e2", memory_id="m2")
KEY = "sk-abc123def456ghi789"
BLOCK = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7v\nb2R5b2R5b2R5\n-----END RSA PRIVATE KEY-----"
SECRETS = [
    KEY,
    "4111 1111 1111 1111",
    "DE89 3704 0044 0532 0130 00",
    BLOCK,
    "eyJhbGciOiJ9.eyJzdWIiOiIx.SflKxwRJSMeKKF2QT4",
]


def model(name: str = "big", *, rank: int = 1, context_tokens: int = 0) -> Model:
    return Model(name=f"fake/{name}", info=ModelInfo(name=name, context_tokens=context_tokens), rank=rank)


def told(**more: object) -> Told:
    return Told(**{"node": "luna", "question": "Where is the key?", "mark": "1a2b", **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("level", "asked"),
    [
        (Level.NORMAL, ["fake/a", "fake/b", "fake/c"]),
        (Level.LIGHT, ["fake/a", "fake/b", "fake/c"]),
        (Level.MODERATE, ["fake/b", "fake/c"]),
        (Level.HEAVY, []),
        (Level.EMERGENCY, []),
        (Level.SURVIVAL, []),
    ],
)
def test_the_worse_the_node_the_smaller_the_models(level: Level, asked: Sequence[str]) -> None:
    """
    In the order of their ranks; those without one are only asked by name. Whoever is spared is named.
    """
    there = [model("c", rank=3), model("a", rank=1), model("other", rank=0), model("b", rank=2)]
    chosen = ladder(Models(models=there), level)

    assert [it.name for it in chosen.models] == asked
    assert bool(chosen.notes) == (level >= Level.MODERATE)
    assert all(level.name in note for note in chosen.notes)


def test_the_only_model_answers_under_moderate_pressure() -> None:
    """
    It is the smallest too.
    """
    chosen = ladder(Models(models=[model("a")]), Level.MODERATE)

    assert [it.name for it in chosen.models] == ["fake/a"]
    assert not chosen.notes


def test_a_silent_server_is_noted() -> None:
    """
    It may be why the answer comes from a smaller model. Where nobody counts on one, nothing is lacking.
    """
    silent = [Silent("ollama", "refused")]
    why = "a server of models does not answer: ollama: refused"

    assert ladder(Models(models=[model("a")], silent=silent), Level.NORMAL).notes == [why]
    assert ladder(Models(missing=["ollama/b"], silent=silent), Level.NORMAL).notes == ["ollama/b is not there", why]
    assert not ladder(Models(silent=silent), Level.NORMAL).notes
    assert ladder(Models(late=["ollama"]), Level.NORMAL).notes == ["ollama has not said yet which models it holds"]


@pytest.mark.parametrize("pieces", [["The key [1] is", " there [2]."], list("The key [1] is there [2]."), ["[1] [2]"]])
def test_citations_are_found_however_the_text_is_cut(pieces: Sequence[str]) -> None:
    """
    Each once, when it is first met, and the text stays as it is.
    """
    citer = Citer([DOOR, CAT])
    parts = [part for piece in [*pieces, " [1] again"] for part in citer.read(piece)]

    assert "".join(part.text for part in parts) == "".join(pieces) + " [1] again"
    assert [(part.number, part.citation) for part in parts if part.citation] == [(1, DOOR), (2, CAT)]


def test_numbers_without_a_passage_cite_nothing() -> None:
    """
    Models make numbers up.
    """
    citer = Citer([DOOR])
    parts = [part for piece in ["[0] [7] [", "12] a[1", ", 3]"] for part in citer.read(piece)]

    assert [part.number for part in parts if part.citation] == [1]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_secret_is_masked_however_the_text_is_cut(secret: str, size: int) -> None:
    """
    Nothing of it that matters is passed on before it is complete.
    """
    text = f"Here it is: {secret}\nThat was it."
    withholding = Withholding("")
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    said = "".join(withholding.read(piece) for piece in pieces) + withholding.end()

    assert len(said) == len(text)
    assert said.startswith("Here it is: ")
    assert said.endswith("\nThat was it.")
    assert secret[6:] not in said
    assert withholding.masked == 1


def test_a_secret_that_the_model_was_given_is_passed_on() -> None:
    """
    Whoever asks for their own key gets it.
    """
    withholding = Withholding(f"my key is {KEY}")

    assert withholding.read(f"It is {KEY}.") + withholding.end() == f"It is {KEY}."
    assert withholding.masked == 0


def test_plain_words_do_not_wait() -> None:
    """
    The first word is passed on when it comes, and so is code that only names a secret.
    """
    withholding = Withholding("")

    assert [withholding.read(word) for word in ("I", " think", " 42", " is")] == ["I", " think", " 42", " is"]
    assert withholding.read('\npassword = input("?")\n') == '\npassword = input("?")\n'


@given(st.lists(st.text(alphabet="ab1 -:.[]sk\n", max_size=6), max_size=30))
def test_nothing_is_lost_or_added(pieces: list[str]) -> None:
    """
    Whatever is said, as long as it was.
    """
    withholding = Withholding("")
    said = "".join(withholding.read(piece) for piece in pieces) + withholding.end()

    assert len(said) == len("".join(pieces))


def test_passages_are_numbered_and_fenced_before_the_question() -> None:
    """
    The question comes last, outside of the fence, whose mark no passage can know.
    """
    asked = fitted(told(passages=[DOOR, CAT]), model())
    system, user = asked.prompt.messages

    assert system.role is Role.SYSTEM
    assert "luna" in system.text
    assert f"===== passages 1a2b =====\n[1] {DOOR.text}\n[2] {CAT.text}\n===== end 1a2b =====\n\n" in user.text
    assert user.text.endswith("Where is the key?")


def test_earlier_answers_lose_numbers_that_mean_nothing_now() -> None:
    """
    They were of other passages.
    """
    earlier = [Message(role=Role.USER, text="What is [1]?"), Message(role=Role.ASSISTANT, text="Under the pot [1, 2].")]
    asked = fitted(told(earlier=earlier), model())

    assert [message.text for message in asked.prompt.messages[1:3]] == ["What is [1]?", "Under the pot."]


def test_what_does_not_fit_is_left_out_and_noted() -> None:
    """
    The oldest turns and the last passages first; the message never.
    """
    earlier = [Message(role=Role.USER, text=f"{number} " + "word " * 100) for number in range(20)]
    passages = [Passage(text=f"{number} " + "fact " * 100, event_id=f"e{number}") for number in range(20)]
    small = model(context_tokens=4096)
    asked = fitted(told(earlier=earlier, passages=passages), small)
    kept = asked.prompt.messages[1:-1]

    assert asked.tokens <= window.room(4096, 0)
    assert 0 < len(asked.passages) < 20
    assert list(asked.passages) == passages[: len(asked.passages)]
    assert 0 < len(kept) < 20
    assert list(kept) == earlier[-len(kept) :]
    assert asked.notes == [
        f"{20 - len(asked.passages)} passages were left out: they do not fit into fake/big",
        f"{20 - len(kept)} earlier messages of the conversation were left out: they do not fit into fake/big",
    ]


def test_a_message_that_does_not_fit_is_not_cut() -> None:
    """
    A model with a larger window may take it.
    """
    long = told(question="word " * 4000)
    with pytest.raises(PromptTooLongError):
        fitted(long, model())

    assert fitted(long, model(context_tokens=32768)).prompt.messages[-1].text == long.question


def test_room_is_kept_for_the_answer() -> None:
    """
    As much as is asked for, up to half of the window.
    """
    assert window.room(8192, 0) == 8192 - window.ANSWER_TOKENS
    assert window.room(8192, 256) == 8192 - 256
    assert window.room(1024, 5000) == 512
    assert fitted(told(sampling=Sampling(tokens_max=256)), model()).prompt.sampling.tokens_max == 256
