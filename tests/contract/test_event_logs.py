"""Every event log adapter keeps the promises of the port."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from luna.adapters.memory_log import MemoryEventLog
from luna.adapters.sqlite_log import SqliteEventLog, SqliteLogPolicy
from luna.kernel.event_log import EventLog
from tests.contract.event_log import EventLogContract
from tests.contract.event_log_retention import RetentionContract
from tests.fakes import FakeClock


class TestMemoryEventLog(EventLogContract, RetentionContract):
    @pytest.fixture
    async def log(self, clock: FakeClock) -> EventLog:
        return MemoryEventLog(clock)


class TestSqliteEventLog(EventLogContract, RetentionContract):
    @pytest.fixture
    async def log(self, tmp_path: Path, clock: FakeClock) -> AsyncIterator[EventLog]:
        async with await SqliteEventLog.open(tmp_path / "events.db", clock) as log:
            yield log


class TestSqliteEventLogWithoutMemory(EventLogContract, RetentionContract):
    """Every read comes from the file."""

    @pytest.fixture
    async def log(self, tmp_path: Path, clock: FakeClock) -> AsyncIterator[EventLog]:
        policy = SqliteLogPolicy(ring_events_max=1)
        async with await SqliteEventLog.open(tmp_path / "events.db", clock, policy) as log:
            yield log
