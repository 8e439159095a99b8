"""The use cases of circuit breakers: shown, watched and given their policies."""

import base64
import binascii
import zlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from arkalia.resilience.v1 import circuit_breaker_pb2 as pb
from arkalia.resilience.v1 import circuit_breaker_service_pb2 as rpc
from arkalia.resilience.v1 import resilience_event_pb2 as facts

from luna.kernel.event_log import EventLog
from luna.kernel.events import Event, EventFilter
from luna.kernel.feed import Feed
from luna.kernel.revisions import RevisionBook
from luna.modules.resilience.circuit_policy import consequences, replacing
from luna.modules.resilience.errors import PageTokenError
from luna.modules.resilience.follower import Follower
from luna.modules.resilience.record import CIRCUIT_TRANSITION
from luna.modules.resilience.table import BreakerTable, changed
from luna.resilience.circuit_messages import key_of, selector_of


class CircuitService:
    """What can be asked about the breakers of the node."""

    def __init__(
        self,
        events: EventLog,
        table: BreakerTable,
        book: RevisionBook[pb.CircuitPolicyRevision],
        feed: Feed,
        follower: Follower,
        *,
        stream: str,
    ) -> None:
        self._events = events
        self._table = table
        self._book = book
        self._feed = feed
        self._follower = follower
        self._wanted = EventFilter(stream=stream, types=frozenset({CIRCUIT_TRANSITION}))

    def page(
        self, selector: pb.CircuitSelector, state: pb.CircuitState, *, token: str, limit: int
    ) -> tuple[Sequence[pb.CircuitBreaker], str]:
        """Return up to *limit* breakers by name, and the token of the next page.

        Raises:
            PageTokenError: *token* was not issued for this list.

        """
        scope = zlib.crc32(selector.SerializeToString(deterministic=True) + bytes([state]))
        last = _redeem(token, scope) if token else ""
        found = [breaker for breaker in self._table.breakers(selector, state) if breaker.name > last]
        return found[:limit], _issue(found[limit - 1].name, scope) if len(found) > limit else ""

    async def watch(
        self, selector: pb.CircuitSelector, resume_token: str
    ) -> AsyncGenerator[tuple[Sequence[pb.CircuitBreaker], str], None]:
        """Yield the breakers that are not closed, then those that change, each time with the token that resumes.

        Raises:
            ResilienceResumeTokenError: the token was not issued by this node.

        """
        if resume_token:
            after = await self._feed.resumed(resume_token)
        else:
            # As far as the table has followed the log: what comes later is streamed.
            known = self._follower.position
            after = known if known is not None else await self._events.head()
            token = await self._feed.token(after)
            shown = self._table.breakers(selector)
            yield [breaker for breaker in shown if breaker.state != pb.CIRCUIT_STATE_CLOSED], token
        async with aclosing(self._feed.watch(self._wanted, after=after)) as news:
            async for heard in news:
                yield self._changes(heard.events, selector), heard.resume_token

    async def update(
        self, request: rpc.UpdateCircuitBreakerRequest
    ) -> tuple[pb.CircuitPolicyRevision, list[str], list[str]]:
        """Set or remove a policy; return the revision, the breakers affected, and those that would open.

        Raises:
            PolicyInvalidError: it breaks rules; all violations are listed.
            PolicyChangedError: the revision in force has another etag.

        """
        make = replacing(
            request.selector if request.HasField("selector") else None,
            request.policy if request.HasField("policy") else None,
        )
        before, after = await self._book.change(make, etag=request.etag, reason=request.reason, dry_run=request.dry_run)
        return after, *consequences(before, after, self._table.breakers())

    def _changes(self, events: Sequence[Event], selector: pb.CircuitSelector) -> Sequence[pb.CircuitBreaker]:
        wanted = selector_of(selector)
        transitions = [facts.CircuitTransition.FromString(event.payload) for event in events]
        return [
            changed(transition, self._table.find(transition.name, transition.key.process))
            for transition in transitions
            if wanted.matches(key_of(transition.key))
        ]


def _issue(name: str, scope: int) -> str:
    return base64.urlsafe_b64encode(f"{scope:08x}{name}".encode()).decode().rstrip("=")


def _redeem(token: str, scope: int) -> str:
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise PageTokenError from None
    if text[:8] != f"{scope:08x}":
        raise PageTokenError
    return text[8:]
