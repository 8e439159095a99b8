"""Fetches language models and brings them into memory, and records that it did."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from arkalia.assistantia.v1 import model_event_pb2 as facts

from luna.kernel.clock import Clock
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, StreamWrite
from luna.kernel.facts import event_of
from luna.kernel.identity import Identity
from luna.kernel.language_model import ModelInfo, PullProgress
from luna.modules.assistantia.model_messages import from_model
from luna.modules.assistantia.models import Model, ModelShelf, spoken
from luna.modules.assistantia.shared_work import SharedWork

CATEGORY: Final = "model"
NEWEST: Final = ":latest"
"""What servers add to a name that says no version."""


class ModelDesk:
    """Does what changes which models there are."""

    def __init__(self, shelf: ModelShelf, events: EventLog, clock: Clock, identity: Identity) -> None:
        self._shelf = shelf
        self._events = events
        self._clock = clock
        self._source = identity.source
        self._stream = f"{CATEGORY}/{identity.node}"
        self._pulls = SharedWork(self._pull)

    def pull(self, name: str) -> AsyncGenerator[PullProgress | Model, None]:
        """Yield how far the model *name* is fetched, at last the model. Closing this stops it if nobody else waits.

        Raises:
            ModelUnknownError: there is no such server.
            ModelDownError: the server does not answer, or no longer.
            PullRefusedError: the model cannot be fetched.

        """
        return self._pulls.follow(name)

    async def load(self, name: str) -> Model:
        """Bring the model *name* into memory.

        Raises:
            ModelUnknownError: there is no such model.
            ModelDownError: its server does not answer, or has no room.

        """
        server, model = self._shelf.server(name)
        with spoken(name, server.name):
            info = await server.load(model)
        loaded = await self._found(name, info)
        await self._record(facts.ModelLoaded(model=from_model(loaded)))
        return loaded

    async def _pull(self, name: str) -> AsyncGenerator[PullProgress | Model, None]:
        server, model = self._shelf.server(name)
        with spoken(name, server.name):
            async with aclosing(server.pull(model)) as steps:
                async for step in steps:
                    yield step
        pulled = await self._found(name, ModelInfo(name=model))
        await self._record(facts.ModelPulled(model=from_model(pulled)))
        yield pulled

    async def _found(self, name: str, info: ModelInfo) -> Model:
        """Return the model as it is listed now; *info* is what is known if it is not."""
        listed = {model.name: model for model in (await self._shelf.models()).models}
        return listed.get(name) or listed.get(f"{name}{NEWEST}") or Model(name=name, info=info, rank=0)

    async def _record(self, fact: facts.ModelPulled | facts.ModelLoaded) -> None:
        event = event_of(fact, source=self._source, time_ns=self._clock.wall_ns())
        await self._events.append(Append(writes=(StreamWrite(self._stream, (event,)),)))
