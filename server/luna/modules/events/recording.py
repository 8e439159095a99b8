"""Takes appends: one at a time, or many with several batches under way."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Final

from arkalia.events.v1 import event_service_pb2 as rpc

from luna.kernel.context import current_call
from luna.kernel.event_errors import EventLogError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, Appended
from luna.kernel.streams import pipelined
from luna.modules.events import payloads
from luna.modules.events.status import status_of
from luna.modules.events.translate import Origin, append_from, fill_appended

UNDER_WAY_MAX: Final = 4
"""How many batches of one caller the log works on at a time."""
_TRANSLATED_MAX: Final = 256
"""How many appends are translated before other tasks have their turn."""

Outcome = Appended | EventLogError


class Recorder:
    """Records what callers append."""

    def __init__(self, log: EventLog, *, source: str, check: Callable[[str, bytes], None] = payloads.check) -> None:
        self._log = log
        self._source = source
        self._check = check

    async def append(self, request: rpc.AppendRequest) -> rpc.AppendResponse:
        """Record one append."""
        appended = await self._log.append(await append_from(request, self._origin()))
        return fill_appended(rpc.AppendResponse(), appended)

    async def append_many(
        self, requests: AsyncIterator[rpc.AppendManyRequest]
    ) -> AsyncGenerator[rpc.AppendManyResponse, None]:
        """Record batches in the order in which they come, and yield their outcomes in that order."""
        async for outcomes in pipelined(requests, self._start, ahead=UNDER_WAY_MAX):
            yield _response(outcomes)

    async def _start(self, request: rpc.AppendManyRequest) -> asyncio.Task[list[Outcome]]:
        appends: list[Append | EventLogError] = []
        origin = self._origin()
        for index, append in enumerate(request.appends):
            if index and not index % _TRANSLATED_MAX:
                await asyncio.sleep(0)
            try:
                appends.append(await append_from(append, origin))
            except EventLogError as error:
                appends.append(error)
        return asyncio.create_task(self._record(appends))

    async def _record(self, appends: Sequence[Append | EventLogError]) -> list[Outcome]:
        sound = [append for append in appends if isinstance(append, Append)]
        recorded = await self._log.append_many(sound) if sound else ()
        if len(sound) == len(appends):
            return list(recorded)
        outcomes = iter(recorded)
        return [next(outcomes) if isinstance(append, Append) else append for append in appends]

    def _origin(self) -> Origin:
        return Origin(source=self._source, trace_id=current_call().trace_id, check=self._check)


def _response(outcomes: Sequence[Outcome]) -> rpc.AppendManyResponse:
    response = rpc.AppendManyResponse()
    for outcome in outcomes:
        result = response.results.add()
        if isinstance(outcome, Appended):
            fill_appended(result.appended, outcome)
        else:
            result.error.CopyFrom(status_of(outcome))
    return response
