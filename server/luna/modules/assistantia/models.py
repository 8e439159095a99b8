"""The language models of the node: what its servers hold, and each model behind a breaker of its own."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

from luna.kernel.clock import Clock
from luna.kernel.generation import Piece, Prompt, joined
from luna.kernel.language_model import ModelInfo, ModelServer
from luna.kernel.model_errors import ModelMissingError, ModelServerError, PromptRejectedError, PullRejectedError
from luna.kernel.model_tools import ModelTools
from luna.kernel.streams import in_batches
from luna.manifest import MakeBreaker, lone_breaker
from luna.modules.assistantia.errors import ModelDownError, ModelRejectedError, ModelUnknownError, PullRefusedError
from luna.resilience.circuit import CircuitKey, CircuitOpenError, CircuitPolicy, Side
from luna.resilience.engine import BreakerEngine
from luna.resilience.guard import guard

POLICY: Final = CircuitPolicy(consecutive_failures=2, open_seconds=10.0, open_seconds_max=120.0)
PRIORITY: Final = 5
"""The least: a node does its work without models, so one that is down is no pressure on it."""
METHOD_LENGTH_MAX: Final = 256
OTHERS: Final = "(others)"
"""Stands for the models that their server does not list."""
PATIENCE_SECONDS: Final = 5.0
"""How long a server may take to say what it holds."""
FRESH_SECONDS: Final = 30.0
"""How long what the servers hold is believed without asking again."""
FIRST_SECONDS: Final = 0.5
"""How long one who does not wait waits all the same, if nobody has answered yet."""

AHEAD_MAX: Final = 1024
"""How many pieces of an answer may wait for whoever reads it. Then the model has to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A language model."""

    name: str
    """What holds it, a slash, and what that calls it."""
    info: ModelInfo
    rank: int
    """Its place in the ladder, from 1; 0: it is not in it."""


class Silent(NamedTuple):
    """A server that does not answer."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.name}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What there is."""

    models: Sequence[Model] = ()
    """Those in the ladder first, in its order."""
    missing: Sequence[str] = ()
    """The names in the ladder that no server that answers holds."""
    silent: Sequence[Silent] = ()
    """The servers that do not answer."""
    late: Sequence[str] = ()
    """The servers that have not said yet what they hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a server holds, or why it does not say."""

    held: Sequence[tuple[str, ModelInfo]] = ()
    why: str = ""


class ModelShelf:
    """Finds language models, and generates with them."""

    def __init__(self, tools: ModelTools, clock: Clock, process: str, *, breaker: MakeBreaker = lone_breaker) -> None:
        self._servers = {server.name: server for server in tools.servers}
        self._ladder = tools.ladder
        self._clock = clock
        self._process = process
        self._make_breaker = breaker
        self._breakers: dict[CircuitKey, BreakerEngine] = {}
        self._found: dict[str, _Found] = {}
        """What each server said last."""
        self._looked_at = -FRESH_SECONDS
        self._looking: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Look once, so that the first who asks need not wait, and then do nothing."""
        await self.models(fresh=False)
        await asyncio.get_running_loop().create_future()

    async def models(self, *, fresh: bool = True) -> Models:
        """Return the models that there are; unless *fresh*, those that there were lately, without waiting for anybody.

        Who does not wait has those seen within the last 30 s, or older ones while it is looked again. Before the first
        look there are none: then half a second is waited for those that answer by then.
        """
        if fresh:
            await self._look()
        elif self._clock.monotonic() - self._looked_at >= FRESH_SECONDS:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            if not self._found:
                await asyncio.wait({self._looking}, timeout=FIRST_SECONDS)
        return self._seen

    async def find(self, name: str) -> Model:
        """Return the model *name*. What a server that does not answer may hold is believed to be there.

        Raises:
            ModelUnknownError: there is none.

        """
        server, _ = self.server(name)
        for fresh in (False, True):
            for model in (await self.models(fresh=fresh)).models:
                if model.name == name:
                    return model
        if self._found[server.name].why:
            return Model(name=name, info=ModelInfo(name=name), rank=0)
        raise ModelUnknownError(name, [model.name for model in self._seen.models])

    def server(self, name: str) -> tuple[ModelServer, str]:
        """Return what holds the model *name*, and what that calls it.

        Raises:
            ModelUnknownError: nothing does.

        """
        place, _, rest = name.partition("/")
        if place not in self._servers or not rest:
            raise ModelUnknownError(name, [model.name for model in self._seen.models])
        return self._servers[place], rest

    async def generate(self, name: str, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """Yield what the model *name* says to *prompt*, as it says it. Closing the generator stops the model.

        Words that came while those before were dealt with are one delta.

        Raises:
            ModelUnknownError: there is no such model.
            ModelDownError: it does not answer, or no longer, or is not asked for a while.
            ModelRejectedError: it cannot be asked this.

        """
        server, model = self.server(name)
        with spoken(name, server.name):
            async with (
                guard(self._breaker(server.name, model), self._clock, _is_failure),
                aclosing(in_batches(server.generate(model, prompt), ahead=AHEAD_MAX)) as batches,
            ):
                async for batch in batches:
                    for piece in joined(batch):
                        yield piece

    @property
    def _seen(self) -> Models:
        # In the order of the servers, whoever answered first.
        found = {name: self._found[name] for name in self._servers if name in self._found}
        silent = [Silent(name, each.why) for name, each in found.items() if each.why]
        late = [name for name in self._servers if name not in found]
        return _ordered([it for each in found.values() for it in each.held], silent, late, self._ladder)

    async def _look(self) -> None:
        await asyncio.gather(*(self._ask(server) for server in self._servers.values()))
        self._looked_at = self._clock.monotonic()

    async def _ask(self, server: ModelServer) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                held = [(f"{server.name}/{info.name}", info) for info in await server.models()]
            self._found[server.name] = _Found(held=held)
        except (ModelServerError, TimeoutError) as error:
            self._found[server.name] = _Found(why=str(error) or f"no answer within {PATIENCE_SECONDS:g} s")

    def _breaker(self, server: str, model: str) -> BreakerEngine:
        # Callers must not be able to make breakers without end: what nobody lists has one for all.
        listed = server in self._found and f"{server}/{model}" in {name for name, _ in self._found[server].held}
        method = f"models/{model if listed else OTHERS}"[:METHOD_LENGTH_MAX]
        key = CircuitKey(process=self._process, side=Side.CLIENT, peer=server, method=method, priority=PRIORITY)
        if key not in self._breakers:
            self._breakers[key] = self._make_breaker(key, POLICY)
        return self._breakers[key]


@contextmanager
def spoken(name: str, place: str) -> Iterator[None]:
    """Raise failures of the server *place*, asked for the model *name*, as the contract has them."""
    try:
        yield
    except ModelMissingError as error:
        raise ModelUnknownError(name, [f"{place}/{it}" for it in error.known]) from error
    except (ModelServerError, CircuitOpenError) as error:
        raise ModelDownError(name, str(error)) from error
    except PromptRejectedError as error:
        raise ModelRejectedError(name, str(error)) from error
    except PullRejectedError as error:
        raise PullRefusedError(name, str(error)) from error


def _ordered(
    held: Sequence[tuple[str, ModelInfo]], silent: Sequence[Silent], late: Sequence[str], ladder: Sequence[str]
) -> Models:
    order = ladder or [name for name, _ in sorted(held, key=lambda it: -(it[1].parameters or it[1].size_bytes))]
    rank = {name: place for place, name in enumerate(order, 1)}
    models = [Model(name=name, info=info, rank=rank.get(name, 0)) for name, info in held]
    return Models(
        models=sorted(models, key=lambda it: (it.rank or len(order) + 1, it.name)),
        missing=[name for name in order if name not in dict(held) and name.partition("/")[0] not in late],
        silent=silent,
        late=late,
    )


def _is_failure(error: Exception) -> bool:
    return isinstance(error, ModelServerError)
