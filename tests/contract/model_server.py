"""What every server of language models promises."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

import pytest

from luna.kernel.generation import Delta, Ending, Finished, Message, Piece, Prompt, Role, Sampling
from luna.kernel.language_model import ModelServer, PullProgress
from luna.kernel.model_errors import ModelMissingError, ModelServerError, PromptRejectedError, PullRejectedError

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"calm": {"type": "boolean"}},
        "required": ["calm"],
        "additionalProperties": False,
    }
)


@dataclass(frozen=True, kw_only=True)
class Held:
    """A server under test."""

    server: ModelServer
    model: str
    """One that says forty words or more, by chance."""
    until_idle: Callable[[], Awaitable[None]]
    """Waits until it is generating nothing any more, though it was stopped in the middle."""


def asking(text: str = "tell me something", **sampling: object) -> Prompt:
    """Ask for some words that depend on nothing but the seed."""
    chosen: dict[str, object] = {"seed": 1, "temperature": 1.0, "tokens_max": 24, **sampling}
    message = Message(role=Role.USER, text=text)
    return Prompt(messages=[Message(role=Role.SYSTEM, text="be brief"), message], sampling=Sampling(**chosen))  # type: ignore[arg-type]


async def pieces_of(server: ModelServer, model: str, prompt: Prompt) -> list[Piece]:
    async with asyncio.timeout(60), aclosing(server.generate(model, prompt)) as pieces:
        return [piece async for piece in pieces]


async def rest_of(pieces: AsyncGenerator[Piece, None]) -> list[Piece]:
    return [piece async for piece in pieces]


async def progress_of(server: ModelServer, model: str) -> list[PullProgress]:
    async with asyncio.timeout(60), aclosing(server.pull(model)) as progress:
        return [each async for each in progress]


async def text_of(server: ModelServer, model: str, prompt: Prompt) -> str:
    return "".join(piece.text for piece in await pieces_of(server, model, prompt) if isinstance(piece, Delta))


class ModelServerContract:
    """The promises of `luna.kernel.language_model.ModelServer`, as tests. Subclass me and give me a ``held``."""

    async def test_it_lists_what_it_holds(self, held: Held) -> None:
        """
        Under the names by which they are asked.
        """
        assert held.model in [info.name for info in await held.server.models()]

    async def test_an_answer_is_words_and_an_end(self, held: Held) -> None:
        """
        The end is the last piece, and there is one.
        """
        *words, end = await pieces_of(held.server, held.model, asking())

        assert words
        assert all(isinstance(piece, Delta) and piece.text for piece in words)
        assert isinstance(end, Finished)

    async def test_an_answer_has_no_more_tokens_than_it_may(self, held: Held) -> None:
        """
        And says why it ended.
        """
        end = (await pieces_of(held.server, held.model, asking(tokens_max=5)))[-1]

        assert isinstance(end, Finished)
        assert end.ending is Ending.LENGTH
        assert end.answer_tokens in {None, 5}

    async def test_the_same_seed_says_the_same(self, held: Held) -> None:
        """
        And another something else.
        """
        said = [await text_of(held.server, held.model, asking(seed=seed)) for seed in (3, 3, 4)]

        assert said[0] == said[1] != said[2]

    async def test_an_answer_ends_before_what_it_is_to_stop_at(self, held: Held) -> None:
        """
        Nothing of that is said.
        """
        whole = await text_of(held.server, held.model, asking())
        stop = whole[len(whole) // 2 :][:3]
        pieces = await pieces_of(held.server, held.model, asking(stop=[stop]))

        assert "".join(piece.text for piece in pieces if isinstance(piece, Delta)) == whole[: whole.index(stop)]
        assert isinstance(pieces[-1], Finished)
        assert pieces[-1].ending is Ending.STOP

    async def test_an_answer_fits_a_schema(self, held: Held) -> None:
        """
        Whatever the model would have said.
        """
        said = json.loads(await text_of(held.server, held.model, asking(schema=SCHEMA, tokens_max=200)))

        assert said.keys() == {"calm"}
        assert isinstance(said["calm"], bool)

    async def test_a_schema_that_is_none_is_the_fault_of_who_asks(self, held: Held) -> None:
        """
        Asking again would not help.
        """
        for schema in ("{", "[]", "7"):
            with pytest.raises(PromptRejectedError, match="no JSON"):
                await pieces_of(held.server, held.model, asking(schema=schema))

    async def test_a_model_that_is_not_there_is_named(self, held: Held) -> None:
        """
        With those that there are.
        """
        with pytest.raises(ModelMissingError, match="there is no model nobody:1b") as asked:
            await pieces_of(held.server, "nobody:1b", asking())
        with pytest.raises(ModelMissingError, match="there is no model nobody:1b") as loaded:
            await held.server.load("nobody:1b")

        assert held.model in asked.value.known
        assert held.model in loaded.value.known

    async def test_a_model_can_be_loaded(self, held: Held) -> None:
        """
        Then it is in memory, unless the server does not say.
        """
        info = await held.server.load(held.model)

        assert info.name == held.model
        assert info.is_loaded in {True, None}
        assert await text_of(held.server, held.model, asking())

    async def test_a_model_that_nobody_has_cannot_be_fetched(self, held: Held) -> None:
        """
        The error says so.
        """
        with pytest.raises(PullRejectedError):
            await progress_of(held.server, "nobody:1b")

    async def test_who_has_heard_enough_stops_the_model(self, held: Held) -> None:
        """
        It does not go on for nobody, and answers the next as ever.
        """
        async with aclosing(held.server.generate(held.model, asking(tokens_max=None))) as pieces:
            await anext(pieces)
        async with asyncio.timeout(30):
            await held.until_idle()

        assert await text_of(held.server, held.model, asking())

    async def test_who_gives_up_stops_the_model(self, held: Held) -> None:
        """
        In the middle of an answer, too.
        """
        heard = asyncio.Event()

        async def listen() -> None:
            async with aclosing(held.server.generate(held.model, asking(tokens_max=None))) as pieces:
                async for _ in pieces:
                    heard.set()

        listening = asyncio.create_task(listen())
        async with asyncio.timeout(30):
            await heard.wait()
            listening.cancel()
            await asyncio.wait({listening})
            await held.until_idle()

        assert listening.cancelled()

    async def test_answers_at_the_same_time_are_not_mixed_up(self, held: Held) -> None:
        """
        Each is what it would have been alone.
        """
        prompts = [asking(f"question {number}", seed=number) for number in range(6)]
        together = await asyncio.gather(*(text_of(held.server, held.model, prompt) for prompt in prompts))

        assert together == [await text_of(held.server, held.model, prompt) for prompt in prompts]

    async def test_the_loop_goes_on_meanwhile(self, held: Held) -> None:
        """
        Others get a turn more often than there are pieces.
        """
        answering = asyncio.create_task(pieces_of(held.server, held.model, asking()))
        turns = 0
        while not answering.done():
            await asyncio.sleep(0)
            turns += 1

        assert turns > len(await answering)

    async def test_closing_it_ends_an_answer_that_is_under_way(self, held: Held) -> None:
        """
        Nobody waits for the rest for ever.
        """
        async with asyncio.timeout(60), aclosing(held.server.generate(held.model, asking(tokens_max=None))) as pieces:
            await anext(pieces)
            await held.server.aclose()
            with pytest.raises(ModelServerError):
                await rest_of(pieces)

    async def test_a_closed_one_says_so(self, held: Held) -> None:
        """
        Whether it was asked something before or not.
        """
        await held.server.aclose()
        with pytest.raises(ModelServerError, match="closed"):
            await held.server.models()
        with pytest.raises(ModelServerError, match="closed"):
            await pieces_of(held.server, held.model, asking())
