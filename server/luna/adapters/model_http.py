"""Speaks HTTP to a server of language models: patient from piece to piece, and with no deadline for the whole."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from luna.adapters.model_words import object_in
from luna.kernel.language_model import ModelInfo
from luna.kernel.model_errors import ModelError, ModelMissingError, ModelServerError, PromptRejectedError

if TYPE_CHECKING:
    from httpx import AsyncClient, Response

LINE_BYTES_MAX: Final = 2**20
"""The longest line of an answer that is taken."""
ANSWER_BYTES_MAX: Final = 8 * 2**20
CONNECT_SECONDS: Final = 4.0
ANSWER_SECONDS: Final = 30.0
_SHOWN_MAX: Final = 300
_OK: Final = 200
_ABSENT: Final = 404
_AT_FAULT: Final = {400, 413, 422}
_SAYS_NO: Final = {401: "does not take the API key", 403: "does not allow it to this API key"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a server may be silent."""

    first_seconds: float = 120.0
    """Before the first piece: a large model takes that long to load."""
    next_seconds: float = 60.0


class StatusError(Exception):
    """The server answered, and refused."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


class ModelHttp:
    """Speaks to one server."""

    def __init__(self, url: str, *, key: str = "") -> None:
        self.url = url.rstrip("/")
        self._key = key
        self._client: asyncio.Future[AsyncClient] | None = None
        self._closed = False

    async def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, seconds: float = ANSWER_SECONDS
    ) -> dict[str, Any]:
        """Return the answer, an object.

        Raises:
            ModelServerError: there is none.
            StatusError: the server refuses.

        """
        async with self._answer(method, path, body, seconds) as response, self._within(seconds):
            return json_object(await _content(response, ANSWER_BYTES_MAX))

    async def lines(self, path: str, body: Mapping[str, Any], patience: Patience) -> AsyncGenerator[bytes, None]:
        """Yield the lines of the answer as they come. Closing the generator hangs up.

        Raises:
            ModelServerError: the server does not answer, or no longer.
            StatusError: the server refuses.

        """
        seconds = patience.first_seconds
        rest = b""
        async with (
            self._answer("POST", path, body, seconds) as response,
            aclosing(_chunks(response)) as chunks,
        ):
            while True:
                async with self._within(seconds):
                    chunk = await anext(chunks, b"")
                if not chunk:
                    break
                *whole, rest = (rest + chunk).split(b"\n")
                if max(len(rest), *map(len, whole), 0) > LINE_BYTES_MAX:
                    raise ModelServerError(f"{self.url} sent a line of more than {LINE_BYTES_MAX} bytes")
                for line in whole:
                    yield line
                seconds = patience.next_seconds
        if rest:
            yield rest

    async def aclose(self) -> None:
        """Hang up, whatever is under way."""
        self._closed = True
        if self._client is not None:
            await (await self._client).aclose()

    @asynccontextmanager
    async def _answer(
        self, method: str, path: str, body: Mapping[str, Any] | None, seconds: float
    ) -> "AsyncIterator[Response]":
        client = await self._connection()
        from httpx import HTTPError  # noqa: PLC0415  only a node with such a server needs it

        begun = "does not answer"
        try:
            async with self._within(seconds):
                request = client.build_request(method, f"{self.url}{path}", json=body)
                response = await client.send(request, stream=True)
            async with aclosing(response):
                await self._check(response)
                begun = "stopped in the middle of an answer"
                yield response
        except HTTPError as error:
            raise ModelServerError(f"{self.url} {begun}: {str(error) or type(error).__name__}") from error

    async def _check(self, response: "Response") -> None:
        status = response.status_code
        if status == _OK:
            return
        if status in _SAYS_NO:
            # What else it says may repeat the key.
            raise ModelServerError(f"{self.url} {_SAYS_NO[status]}")
        async with self._within(ANSWER_SECONDS):
            said = complaint(await _content(response, LINE_BYTES_MAX))
        raise StatusError(status, f"{self.url} answered {status}: {self._hidden(said)}")

    def _hidden(self, said: str) -> str:
        return said.replace(self._key, "…") if self._key else said

    @asynccontextmanager
    async def _within(self, seconds: float) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            raise ModelServerError(f"{self.url} was silent for {seconds:g} s") from error

    async def _connection(self) -> "AsyncClient":
        if self._client is None:
            await self._knock()
        if self._closed:
            raise ModelServerError(f"the connection to {self.url} is closed")
        if self._client is None:
            # Reading the certificates of the system takes a while.
            self._client = asyncio.ensure_future(asyncio.to_thread(self._connect))
        return await asyncio.shield(self._client)

    async def _knock(self) -> None:
        """Find out whether anybody is there at all: most nodes have no such server, and httpx takes 20 MB."""
        place = urlsplit(self.url)
        port = place.port or (443 if place.scheme == "https" else 80)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, writer = await asyncio.open_connection(place.hostname, port)
        except OSError as error:
            why = str(error) or f"no connection within {CONNECT_SECONDS:g} s"
            raise ModelServerError(f"{self.url} does not answer: {why}") from error
        writer.close()

    def _connect(self) -> "AsyncClient":
        from httpx import AsyncClient, Limits, Timeout  # noqa: PLC0415

        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        return AsyncClient(
            # A piece that is compressed would wait for more.
            headers={**headers, "Accept-Encoding": "identity"},
            timeout=Timeout(None, connect=CONNECT_SECONDS),
            limits=Limits(max_keepalive_connections=8),
            trust_env=False,
        )


def json_object(text: bytes) -> dict[str, Any]:
    """Return what *text* holds.

    Raises:
        ModelServerError: it is no JSON object.

    """
    try:
        return object_in(text)
    except ValueError as error:
        raise ModelServerError(f"the server of models sent {error}: {text[:_SHOWN_MAX]!r}") from error


def complaint(text: bytes) -> str:
    """Return what a server complains of, in whichever form it does."""
    try:
        error = json_object(text)["error"]
    except (ModelServerError, KeyError):
        return text[:_SHOWN_MAX].decode(errors="replace")
    return str(error["message"] if isinstance(error, dict) and "message" in error else error)[:_SHOWN_MAX]


async def meaning(error: StatusError, model: str, held: Callable[[], Awaitable[Sequence[ModelInfo]]]) -> ModelError:
    """Return what it means that a server, which says what it has *held*, refused to ask *model*."""
    if error.status != _ABSENT:
        return PromptRejectedError(str(error)) if error.status in _AT_FAULT else ModelServerError(str(error))
    try:
        return ModelMissingError(model, [info.name for info in await held()])
    except ModelServerError:
        return ModelMissingError(model, [])


async def _content(response: "Response", bytes_max: int) -> bytes:
    content = b""
    async with aclosing(_chunks(response)) as chunks:
        async for chunk in chunks:
            content += chunk
            if len(content) > bytes_max:
                raise ModelServerError(f"{response.url} sent more than {bytes_max} bytes")
    return content


async def _chunks(response: "Response") -> AsyncGenerator[bytes, None]:
    async for chunk in response.aiter_raw():
        yield chunk
