"""What happened to recoveries, for those who ask later: the log's own account of it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from arkalia.recovery.v1 import recovery_pb2 as pb

from luna.kernel import tokens
from luna.kernel.event_log import EventLog
from luna.kernel.events import BEGINNING, EventFilter
from luna.sidecar.recovery.errors import NotReadyError, RecoveryResumeTokenError
from luna.sidecar.recovery.ledger import Ledger
from luna.sidecar.recovery.report import Tally
from luna.sidecar.recovery.restore import MESSAGES, message_of

_PAGE = 500


class History:
    """Reads what the ledger does not remember."""

    def __init__(self, log: EventLog, ledger: Ledger) -> None:
        self._log = log
        self._ledger = ledger
        self._log_id = ""
        self._tally = Tally()
        self._counted = BEGINNING
        self._counting = asyncio.Lock()

    async def identify(self) -> None:
        """Learn which log it is."""
        self._log_id = self._log_id or (await self._log.stats()).log_id

    async def find(self, recovery_id: str) -> pb.Recovery | None:
        """Return a recovery, however old."""
        if entry := self._ledger.get(recovery_id):
            return entry.recovery
        page = await self._log.read(EventFilter(stream=f"recovery/{recovery_id}"))
        past = Ledger()
        for event in page.events:
            past.apply(message_of(event), time_ns=event.time_ns)
        entry = past.get(recovery_id)
        return entry.recovery if entry else None

    async def report(self) -> pb.RecoveryReport:
        """Return how recoveries went, according to the log and nothing else."""
        async with self._counting:
            done = False
            while not done:
                wanted = EventFilter(types=frozenset(MESSAGES))
                page = await self._log.read(wanted, after=self._counted, limit=_PAGE)
                self._tally.count(message_of(event) for event in page.events)
                self._counted, done = page.position, page.done
        return self._tally.report()

    def token(self) -> str:
        """Return the place in the log up to which everything was told.

        Raises:
            NotReadyError: the log has not been read yet.

        """
        if not self._log_id:
            raise NotReadyError
        return tokens.issue(self._log_id, self._ledger.position)

    async def follow(self, resume_token: str) -> AsyncGenerator[tuple[Sequence[pb.Recovery], str], None]:
        """Yield recoveries as they change: those under way at once, and with a token what was missed.

        Raises:
            NotReadyError: the log has not been read yet.
            RecoveryResumeTokenError: the token is garbled, or of another log.

        """
        position = self._position(resume_token)
        version = self._ledger.version
        first = [
            entry
            for entry in self._ledger.all()
            # What has no place in the log yet may have been missed as well.
            if not entry.over or (resume_token and (entry.position > position or not entry.position))
        ]
        yield [entry.recovery for entry in first], self.token()
        while True:
            changed = await self._ledger.changes(version)
            version = self._ledger.version
            yield [entry.recovery for entry in changed], self.token()

    def _position(self, resume_token: str) -> int:
        self.token()
        if not resume_token:
            return 0
        try:
            return tokens.redeem(resume_token, self._log_id)
        except tokens.ResumeTokenError as error:
            raise RecoveryResumeTokenError from error
