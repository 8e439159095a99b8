"""Tells somebody about incidents by posting them to an address."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from arkalia.recovery.v1 import recovery_pb2 as pb

from luna.kernel.clock import Clock

WAITING_MAX: Final = 1000
_SECONDS: Final = 5.0
_FIRST_SECONDS: Final = 1.0
_LAST_SECONDS: Final = 300.0

_log = logging.getLogger(__name__)


class Webhook:
    """Posts each incident until the other end has taken it."""

    def __init__(self, url: str, *, clock: Clock, first_seconds: float = _FIRST_SECONDS) -> None:
        self._url = url
        self._clock = clock
        self._first_seconds = first_seconds
        self._waiting: asyncio.Queue[pb.Incident] = asyncio.Queue(WAITING_MAX)

    def tell(self, incident: pb.Incident) -> None:
        """Queue *incident*. Never waits."""
        if not self._waiting.full():
            self._waiting.put_nowait(incident)

    async def run(self, notified: Callable[[str], None], wanted: Callable[[str], bool]) -> None:
        """Post what is queued, forever, and call *notified* with the id of each incident that was taken.

        One that is not *wanted* any more is not posted.
        """
        while True:
            incident = await self._waiting.get()
            wait = self._first_seconds
            while wanted(incident.incident_id):
                # In a thread, for this process has others to look after meanwhile.
                if await asyncio.to_thread(self._post, incident):
                    notified(incident.incident_id)
                    break
                await self._clock.sleep(wait)
                wait = min(2 * wait, _LAST_SECONDS)

    def _post(self, incident: pb.Incident) -> bool:
        # Several megabytes, for what most nodes never do.
        import json  # noqa: PLC0415
        import urllib.request  # noqa: PLC0415
        from urllib.error import URLError  # noqa: PLC0415

        from google.protobuf.json_format import MessageToDict  # noqa: PLC0415

        body = json.dumps(MessageToDict(incident, preserving_proto_field_name=True)).encode()
        request = urllib.request.Request(  # noqa: S310  an address that the operator chose, see settings
            self._url, data=body, headers={"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return bool(200 <= answer.status < 300)  # noqa: PLR2004  the codes of success
        except (URLError, OSError, ValueError) as error:
            _log.warning("the webhook did not take an incident", extra={"why": str(error)})
            return False
