"""Every index of memories keeps the same promises."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from luna.adapters.lance_indexes import LanceIndexes
from luna.kernel.memory_index import MemoryIndex, MemoryIndexes
from tests.contract.memory_index import DIMENSION, MemoryIndexContract
from tests.fake_memory_index import FakeMemoryIndexes


class TestFakeMemoryIndex(MemoryIndexContract):
    @pytest.fixture
    def indexes(self) -> MemoryIndexes:
        return FakeMemoryIndexes()

    @pytest.fixture
    async def index(self, indexes: MemoryIndexes) -> MemoryIndex:
        return await indexes.open("fake", DIMENSION)


class TestLanceIndex(MemoryIndexContract):
    @pytest.fixture(params=[0, 4096], ids=["large", "small"])
    def indexes(self, tmp_path: Path, request: pytest.FixtureRequest) -> MemoryIndexes:
        return LanceIndexes(tmp_path / "memories", copied_max=request.param)

    @pytest.fixture
    async def index(self, indexes: MemoryIndexes) -> AsyncIterator[MemoryIndex]:
        index = await indexes.open("fake", DIMENSION)
        yield index
        await index.aclose()
