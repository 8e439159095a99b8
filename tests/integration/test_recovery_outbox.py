"""What the sidecar has to say reaches the log, whatever circuit breakers say."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from google.protobuf.wrappers_pb2 import Int64Value

from luna.adapters.sqlite_log import SqliteEventLog
from luna.kernel.clock import SystemClock
from luna.kernel.context import PROBE
from luna.kernel.events import EventFilter, NewEvent
from luna.resilience.circuit import CircuitState
from luna.resilience.selection import Selector
from luna.sidecar.outbox import Outbox
from luna.transport.circuit_commands import Command
from luna.transport.circuits import Circuits
from luna.transport.parts import Parts
from luna.transport.peers import Peers
from luna.transport.remote_log import RemoteEventLog
from luna.transport.spool import Spool
from tests.integration.events_server import serving

SERVICE = "arkalia.events.v1.EventService"


async def test_events_pass_a_breaker_that_is_open_and_close_it(tmp_path: Path) -> None:
    """
    The command that has it try again may be among them: it would wait for itself.
    """
    circuits, outbox = Circuits("sidecar-0"), Outbox(Spool(tmp_path / "spool"), clock=SystemClock())
    event = NewEvent(type="google.protobuf.Int64Value", payload=Int64Value(value=1).SerializeToString())

    async with await SqliteEventLog.open(tmp_path / "events.db") as log, serving(log, tmp_path / "s") as served:
        peers = Peers({SERVICE: served.target}, message_bytes_max=1 << 20, parts=Parts(circuits=circuits))

        @asynccontextmanager
        async def open_log() -> AsyncIterator[RemoteEventLog]:
            async with RemoteEventLog(peers.patient(SERVICE), source="test", behind=PROBE) as remote:
                # Who connects anew is let in anyway.
                await remote.head()
                circuits.command(Command(selector=Selector(), state=CircuitState.OPEN, cause="test"))
                yield remote

        outbox.put("recovery/1", event)
        sending = asyncio.ensure_future(outbox.run(open_log))
        await outbox.flush(seconds=10)
        page = await log.read(EventFilter(stream="recovery/1"))
        states = {it.key.method.rpartition("/")[2]: it.state for it in circuits.engines()}
        sending.cancel()
        await peers.aclose()

    assert len(page.events) == 1
    assert states["AppendMany"] is CircuitState.CLOSED
