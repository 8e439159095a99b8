"""The embedder that the settings ask for."""

from pathlib import Path

import pytest

from luna.adapters.embedder_minilm import MINILM
from luna.app.embedder import embedder
from luna.kernel.embedding import EmbedderModelError
from luna.settings import Settings
from luna.sidecar.diagnostics import settings_shown
from luna.sidecar.program import luna_command
from tests.embedding_server import embedding_server


def _settings(tmp_path: Path, **variables: object) -> Settings:
    given = {"home": tmp_path, **variables}
    return Settings.from_env({f"ARKALIA_{name.upper()}": str(value) for name, value in given.items()})


async def test_a_node_without_settings_embeds(tmp_path: Path) -> None:
    """
    With the model that comes with it.
    """
    async with embedder(_settings(tmp_path)) as made:
        assert made.model_id == "all-minilm-l6-v2-int8@sha256:6aceb66e"
        assert (await made.embed(["something"])).shape == (1, 384)


async def test_a_model_of_ones_own_is_taken(tmp_path: Path) -> None:
    """
    Its file gives it its name.
    """
    (tmp_path / "mine.onnx").symlink_to(MINILM)
    async with embedder(_settings(tmp_path, embedder="onnx", embedder_path=tmp_path / "mine.onnx")) as made:
        assert made.model_id == "mine@sha256:6aceb66e"
        assert (await made.embed(["something"])).shape == (1, 384)


async def test_a_server_is_taken(tmp_path: Path) -> None:
    """
    With the model and the key of the settings.
    """
    with embedding_server() as server:
        settings = _settings(
            tmp_path, embedder="openai", embedder_url=server.url, embedder_model="words", embedder_key="k-123"
        )
        async with embedder(settings) as made:
            assert (await made.embed(["something"])).shape == (1, server.dimension)

        assert made.model_id == "openai/words"
        assert server.keys == ["Bearer k-123"]


async def test_a_folder_without_a_model_stops_the_start(tmp_path: Path) -> None:
    """
    Nothing else is taken instead.
    """
    with pytest.raises(EmbedderModelError, match="holds no model"):
        async with embedder(_settings(tmp_path, embedder="sentence-transformers", embedder_path=tmp_path)):
            pass


@pytest.mark.parametrize(
    ("variables", "meant"),
    [
        ({"embedder": "word2vec"}, "minilm, onnx, sentence-transformers or openai"),
        ({"embedder": "onnx"}, "ARKALIA_EMBEDDER=onnx needs ARKALIA_EMBEDDER_PATH"),
        ({"embedder": "sentence-transformers"}, "needs ARKALIA_EMBEDDER_PATH"),
        ({"embedder": "openai"}, "needs ARKALIA_EMBEDDER_URL"),
        ({"embedder": "openai", "embedder_url": "http://127.0.0.1/v1"}, "needs ARKALIA_EMBEDDER_MODEL"),
        ({"embedder": "openai", "embedder_url": "127.0.0.1", "embedder_model": "m"}, "http://HOST:PORT/v1"),
    ],
)
def test_half_a_setting_is_refused(tmp_path: Path, variables: dict[str, str], meant: str) -> None:
    """
    And the message says what is missing.
    """
    with pytest.raises(ValueError, match=meant):
        _settings(tmp_path, **variables)


def test_the_key_is_shown_nowhere(tmp_path: Path) -> None:
    """
    Neither in what a node says of itself, nor on the command lines of its processes, which inherit it.
    """
    settings = _settings(tmp_path, embedder_key="k-123")
    shown = settings_shown(settings)
    command = luna_command(settings, "serve")

    assert "k-123" not in f"{settings} {shown} {command}"
    assert shown["ARKALIA_EMBEDDER_KEY"] == "(set)"
    assert settings.embedder_key == "k-123"


def test_processes_of_the_node_get_the_same_embedder(tmp_path: Path) -> None:
    """
    What their command line says is read as it was meant, also where nothing was set.
    """
    for settings in (_settings(tmp_path), _settings(tmp_path, embedder="onnx", embedder_path=MINILM)):
        told = dict(each.split("=", 1) for each in luna_command(settings) if each.startswith("ARKALIA_"))

        assert Settings.from_env(told) == settings
