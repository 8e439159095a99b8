"""The servers of language models that the settings ask for."""

import asyncio
from pathlib import Path

import pytest

from luna.app.models import model_tools
from luna.cli.doctor_models import models_found
from luna.kernel.model_errors import ModelServerError
from luna.settings import Settings
from luna.sidecar.diagnostics import settings_shown
from luna.sidecar.program import luna_command
from tests.contract.model_server import asking, text_of
from tests.gguf_files import tiny_model
from tests.model_servers import model_server
from tests.node import free_ports


def _settings(tmp_path: Path, **variables: object) -> Settings:
    given = {"home": tmp_path, **variables}
    return Settings.from_env({f"ARKALIA_{name.upper()}": str(value) for name, value in given.items()})


async def test_an_ollama_in_its_usual_place_is_used(tmp_path: Path) -> None:
    """
    Nothing has to be set, and none has to be there.
    """
    assert _settings(tmp_path).ollama_url == "http://127.0.0.1:11434"
    async with model_tools(_settings(tmp_path)) as tools:
        assert [server.name for server in tools.servers] == ["ollama"]
        assert tools.ladder == []


async def test_every_server_that_is_named_is_used(tmp_path: Path) -> None:
    """
    With its key, and closed in the end.
    """
    async with model_server() as fake:
        fake.key = "k-123"
        settings = _settings(
            tmp_path,
            ollama_url=fake.url,
            openai_url=fake.openai_url,
            openai_key="k-123",
            models=" openai/echo:1b ,ollama/echo:1b",
            model_context_tokens=1024,
        )
        async with model_tools(settings) as tools:
            assert tools.ladder == ["openai/echo:1b", "ollama/echo:1b"]
            assert [server.name for server in tools.servers] == ["ollama", "openai"]
            for server in tools.servers:
                assert await text_of(server, "echo:1b", asking("hello")) == "You said: hello"
        for server in tools.servers:
            with pytest.raises(ModelServerError, match="closed"):
                await server.models()

        assert [asked.key for asked in fake.asked] == ["", "k-123"]
        assert fake.asked[0].options["num_ctx"] == 1024


async def test_a_folder_of_files_is_used(tmp_path: Path) -> None:
    """
    Without a server beside the node.
    """
    (tmp_path / "tiny.gguf").write_bytes(tiny_model())
    settings = _settings(tmp_path, ollama_url="", llama_path=tmp_path, model_context_tokens=512)
    async with model_tools(settings) as tools:
        (server,) = tools.servers
        (info,) = await server.models()

    assert (server.name, info.name, info.context_tokens) == ("llama", "tiny.gguf", 512)


async def test_a_node_can_do_without(tmp_path: Path) -> None:
    """
    Then nobody is asked.
    """
    async with model_tools(_settings(tmp_path, ollama_url="")) as tools:
        assert tools.servers == []


@pytest.mark.parametrize(
    ("variables", "meant"),
    [
        ({"models": "mistral"}, "names such as ollama/mistral:7b"),
        ({"models": "ollama/"}, "names such as"),
        ({"models": "ollama/a,,ollama/b"}, "names such as"),
        ({"models": "ollama/a b"}, "names such as"),
        ({"models": "chatgpt/4"}, "names such as"),
        ({"models": "openai/phi"}, "ARKALIA_MODELS=openai/phi needs ARKALIA_OPENAI_URL"),
        ({"models": "llama/phi.gguf"}, "needs ARKALIA_LLAMA_PATH"),
        ({"models": "ollama/phi", "ollama_url": ""}, "needs ARKALIA_OLLAMA_URL"),
        ({"ollama_url": "127.0.0.1:11434"}, "http://HOST:PORT"),
        ({"openai_url": "ftp://host/v1"}, "http://HOST:PORT/v1"),
        ({"model_context_tokens": 100}, "512 to 1048576"),
    ],
)
def test_half_a_setting_is_refused(tmp_path: Path, variables: dict[str, object], meant: str) -> None:
    """
    And the message says what would be right.
    """
    with pytest.raises(ValueError, match=meant):
        _settings(tmp_path, **variables)


def test_the_key_is_shown_nowhere(tmp_path: Path) -> None:
    """
    Neither in what a node says of itself, nor on the command lines of its processes, which inherit it.
    """
    settings = _settings(tmp_path, openai_key="k-123")
    shown = settings_shown(settings)

    assert "k-123" not in f"{settings} {shown} {luna_command(settings, 'serve')}"
    assert shown["ARKALIA_OPENAI_KEY"] == "(set)"


def test_processes_of_the_node_get_the_same_models(tmp_path: Path) -> None:
    """
    What their command line says is read as it was meant, also where there are none.
    """
    ladder = "ollama/hf.co/unsloth/gemma-3:Q4_K_M,llama/phi-3.gguf"
    for settings in (
        _settings(tmp_path, models=ladder, llama_path=tmp_path),
        _settings(tmp_path, ollama_url=""),
    ):
        told = dict(each.split("=", 1) for each in luna_command(settings) if each.startswith("ARKALIA_"))

        assert Settings.from_env(told) == settings


async def test_the_doctor_says_which_models_there_are(tmp_path: Path) -> None:
    """
    And which that were named are not; none of that keeps a node from running.
    """
    async with model_server() as fake:
        settings = _settings(
            tmp_path,
            ollama_url=fake.url,
            openai_url=f"http://127.0.0.1:{free_ports(1)[0]}/v1",
            models="ollama/echo:1b, ollama/mistral:7b",
        )
        found = await asyncio.to_thread(lambda: dict(models_found(settings)))

    assert found["models of ollama"] == "ollama/echo:1b"
    assert "does not answer" in found["models of openai"]
    assert found["models that answer"] == "not there: ollama/mistral:7b"
