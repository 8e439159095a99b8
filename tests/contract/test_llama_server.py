"""The models of a folder are found without llama.cpp, and with it they keep the promises of every server."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from luna.adapters.model_llama import LlamaServer
from luna.adapters.model_llama_engine import LlamaEngine
from luna.kernel.generation import Ending, Finished, Message, Prompt, Role, Tool
from luna.kernel.language_model import ModelInfo
from luna.kernel.model_errors import ModelMissingError, ModelServerError, PromptRejectedError
from tests.contract.model_server import Held, ModelServerContract, asking, pieces_of, text_of
from tests.fake_llama import fake_engine
from tests.gguf_files import gguf, tiny_model

needs_llama = pytest.mark.skipif(find_spec("llama_cpp") is None, reason="llama-cpp-python is an extra")
LONG = 4096


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tiny.gguf").write_bytes(tiny_model(context=LONG))
    (tmp_path / "other.gguf").write_bytes(tiny_model(seed=8, context=256, **{"general.file_type": 15}))
    (tmp_path / "notes.txt").write_text("no model")
    return tmp_path


@pytest.fixture
def open_engine() -> Callable[[Path, int], LlamaEngine]:
    return LlamaEngine.open


@pytest.fixture
async def server(folder: Path, open_engine: Callable[[Path, int], LlamaEngine]) -> AsyncIterator[LlamaServer]:
    async with aclosing(LlamaServer(folder, context_tokens=2048, open_engine=open_engine)) as made:
        yield made


class Llama(ModelServerContract):
    """What holds whatever the library does with the tokens."""

    @pytest.fixture
    async def held(self, server: LlamaServer) -> Held:
        async def until_idle() -> None:
            await asyncio.get_running_loop().run_in_executor(server._pool, lambda: None)
            assert server._held
            assert server._held[1].tokens_held < 1024

        return Held(server=server, model="tiny.gguf", until_idle=until_idle)

    async def test_tokens_are_counted(self, server: LlamaServer) -> None:
        """
        Those of the template, too.
        """
        *words, end = await pieces_of(server, "tiny.gguf", asking(tokens_max=7))

        assert isinstance(end, Finished)
        assert (end.ending, end.answer_tokens) == (Ending.LENGTH, 7)
        assert end.prompt_tokens
        assert end.prompt_tokens > len(words)

    async def test_the_window_ends_an_answer(self, server: LlamaServer) -> None:
        """
        Prompt and answer have no more room than the model was made for.
        """
        end = (await pieces_of(server, "other.gguf", asking(tokens_max=None)))[-1]

        assert isinstance(end, Finished)
        assert end.ending is Ending.LENGTH
        assert (end.prompt_tokens or 0) + (end.answer_tokens or 0) == 256

    async def test_a_prompt_that_is_too_long_is_refused(self, server: LlamaServer) -> None:
        """
        Nothing of it is forgotten without a word.
        """
        with pytest.raises(PromptRejectedError, match="the window of the model 256"):
            await pieces_of(server, "other.gguf", asking("why? " * 200))

    async def test_tools_are_refused(self, server: LlamaServer) -> None:
        """
        Rather than left out without a word.
        """
        tool = Tool(name="clock", description="Tells the time.", parameters="{}")
        with pytest.raises(PromptRejectedError, match="asks for no tools"):
            await pieces_of(server, "tiny.gguf", Prompt(messages=asking().messages, tools=[tool]))

    async def test_one_model_is_in_memory(self, server: LlamaServer) -> None:
        """
        Another takes its place, and says something else.
        """
        first = await text_of(server, "tiny.gguf", asking())
        other = await text_of(server, "other.gguf", asking())

        assert {info.name: info.is_loaded for info in await server.models()} == {"other.gguf": True, "tiny.gguf": False}
        assert first != other
        assert await text_of(server, "tiny.gguf", asking()) == first

    async def test_a_file_that_changed_is_loaded_anew(self, folder: Path, server: LlamaServer) -> None:
        """
        The next answer is that of the new one.
        """
        before = await text_of(server, "tiny.gguf", asking())
        (folder / "new").write_bytes(tiny_model(seed=9, context=LONG))
        os.utime(folder / "new", ns=(1, 1))
        (folder / "new").replace(folder / "tiny.gguf")

        assert await text_of(server, "tiny.gguf", asking()) != before

    async def test_so_many_may_wait(self, folder: Path, open_engine: Callable[[Path, int], LlamaEngine]) -> None:
        """
        One more is told at once.
        """
        async with aclosing(LlamaServer(folder, waiting_max=1, open_engine=open_engine)) as server:
            async with aclosing(server.generate("tiny.gguf", asking(tokens_max=None))) as pieces:
                await anext(pieces)
                waiting = asyncio.create_task(text_of(server, "tiny.gguf", asking(tokens_max=3)))
                while server._waiting < 2:
                    await asyncio.sleep(0.01)
                with pytest.raises(ModelServerError, match="1 others wait"):
                    await text_of(server, "tiny.gguf", asking())
            assert await waiting


class TestWithAStandIn(Llama):
    @pytest.fixture
    def open_engine(self) -> Callable[[Path, int], LlamaEngine]:
        return fake_engine


@needs_llama
class TestLlama(Llama):
    async def test_a_template_may_refuse(self, folder: Path, server: LlamaServer) -> None:
        """
        In its own words.
        """
        template: dict[str, Any] = {"tokenizer.chat_template": "{{ raise_exception('no system, please') }}"}
        (folder / "picky.gguf").write_bytes(tiny_model(**template))
        with pytest.raises(PromptRejectedError, match="no system, please"):
            await pieces_of(server, "picky.gguf", asking())

    async def test_a_file_that_is_no_model_of_its_kind_is_a_failure(self, folder: Path, server: LlamaServer) -> None:
        """
        And the next one is loaded as ever.
        """
        facts = {"general.architecture": "llama", "llama.context_length": 64}
        (folder / "empty.gguf").write_bytes(gguf(facts, {"x": np.ones(4)}))
        with pytest.raises(ModelServerError, match=r"empty\.gguf cannot be loaded"):
            await server.load("empty.gguf")

        assert (await server.load("tiny.gguf")).is_loaded


async def test_the_models_of_a_folder_are_listed(folder: Path, server: LlamaServer) -> None:
    """
    With what their files say, no larger a window than is made for them, and none that cannot answer.
    """
    (folder / "embeds.gguf").write_bytes(gguf({"general.architecture": "nomic-bert"}, {}))
    (folder / "part.gguf").write_bytes(gguf({"general.architecture": "llama", "split.no": 1}, {}))
    other, tiny = await server.models()

    assert other == ModelInfo(
        name="other.gguf",
        size_bytes=(folder / "other.gguf").stat().st_size,
        parameters=tiny.parameters,
        context_tokens=256,
        quantization="Q4_K_M",
        is_loaded=False,
    )
    assert (tiny.name, tiny.context_tokens, tiny.quantization) == ("tiny.gguf", 2048, "F32")


async def test_a_single_file_will_do(folder: Path) -> None:
    """
    It is named as in a folder.
    """
    async with aclosing(LlamaServer(folder / "tiny.gguf")) as server:
        assert [info.name for info in await server.models()] == ["tiny.gguf"]


async def test_a_damaged_file_is_left_out_and_named_when_asked(folder: Path, server: LlamaServer) -> None:
    """
    Once it is put right, it is there.
    """
    whole = (folder / "tiny.gguf").read_bytes()
    (folder / "half.gguf").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelServerError, match=r"half\.gguf cannot be loaded: .* not copied to the end"):
        await text_of(server, "half.gguf", asking())
    assert [info.name for info in await server.models()] == ["other.gguf", "tiny.gguf"]
    (folder / "half.gguf").write_bytes(whole)

    assert len(await server.models()) == 3


async def test_a_folder_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    """
    It may be mounted later.
    """
    async with aclosing(LlamaServer(tmp_path / "usb" / "phi.gguf")) as server:
        with pytest.raises(ModelServerError, match="No such file"):
            await server.models()


async def test_a_file_that_is_not_there_is_named(server: LlamaServer) -> None:
    """
    With those that there are.
    """
    with pytest.raises(ModelMissingError) as caught:
        await text_of(server, "phi.gguf", asking())

    assert caught.value.known == ["other.gguf", "tiny.gguf"]


@pytest.mark.skipif(find_spec("llama_cpp") is not None, reason="llama-cpp-python is there")
async def test_without_the_library_it_is_said_how_to_get_it(server: LlamaServer) -> None:
    """
    By whoever asks.
    """
    question = Prompt(messages=[Message(role=Role.USER, text="hello")])
    for asked in (text_of(server, "tiny.gguf", question), server.load("tiny.gguf")):
        with pytest.raises(ModelServerError, match=r"pip install 'arkalia-luna\[llama\]'"):
            await asked
