"""Every consumers adapter keeps the promises of the port."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from luna.adapters.consumer_groups import LogConsumers
from luna.adapters.memory_log import MemoryEventLog
from luna.adapters.sqlite_log import SqliteEventLog
from luna.kernel.consumers import ConsumerAdmin
from luna.kernel.event_log import EventLog
from tests.contract.consumers import ConsumersContract
from tests.fakes import FakeClock


class TestConsumersInMemory(ConsumersContract):
    @pytest.fixture
    async def log(self, clock: FakeClock) -> MemoryEventLog:
        return MemoryEventLog(clock)

    @pytest.fixture
    async def consumers(self, log: MemoryEventLog, clock: FakeClock) -> AsyncIterator[ConsumerAdmin]:
        async with LogConsumers(log, log.consumer_storage, clock) as consumers:
            yield consumers


class TestConsumersInSqlite(ConsumersContract):
    @pytest.fixture
    async def log(self, tmp_path: Path, clock: FakeClock) -> AsyncIterator[EventLog]:
        async with await SqliteEventLog.open(tmp_path / "events.db", clock) as log:
            yield log

    @pytest.fixture
    async def consumers(self, log: SqliteEventLog, clock: FakeClock) -> AsyncIterator[ConsumerAdmin]:
        async with LogConsumers(log, log.consumer_storage, clock) as consumers:
            yield consumers
