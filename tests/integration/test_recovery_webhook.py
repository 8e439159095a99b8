"""Somebody is told about incidents, however long that takes."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from arkalia.recovery.v1 import recovery_pb2 as pb

from luna.kernel.clock import SystemClock
from luna.sidecar.recovery.webhook import Webhook


@contextmanager
def listening(*codes: int) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Answer with one of *codes* after the other, the last one for ever."""
    taken: list[dict[str, str]] = []
    left = list(codes)

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.append({**json.loads(body), "content-type": self.headers["content-type"]})
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def posted(url: str, *, unresolved: bool = True, seconds: float = 5.0) -> list[str]:
    """Return the ids of the incidents that the other end has taken."""
    webhook = Webhook(url, clock=SystemClock(), first_seconds=0.01)
    notified: list[str] = []
    webhook.tell(pb.Incident(incident_id="INC-20261126-0001", title="log-0 fails"))
    running = asyncio.ensure_future(webhook.run(notified.append, lambda _: unresolved))
    async with asyncio.timeout(seconds):
        while not notified and unresolved:
            await asyncio.sleep(0.01)
    running.cancel()
    return notified


async def test_an_incident_is_posted_until_it_is_taken() -> None:
    """
    As JSON in the words of the contract; only an answer that says yes counts.
    """
    with listening(500, 404, 204) as (url, taken):
        notified = await posted(url)

    assert notified == ["INC-20261126-0001"]
    assert len(taken) == 3
    assert taken[0]["incident_id"] == "INC-20261126-0001"
    assert taken[0]["title"] == "log-0 fails"
    assert taken[0]["content-type"] == "application/json"


async def test_one_that_is_resolved_is_not_posted_any_more() -> None:
    """
    Nobody has to hear about it.
    """
    with listening(500) as (url, taken):
        notified = await posted(url, unresolved=False)

    assert (notified, taken) == ([], [])
