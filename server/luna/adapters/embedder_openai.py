"""Embeds texts with any server that speaks OpenAI's `/v1/embeddings`."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from luna.adapters.embedder_openai_answer import unit_vectors
from luna.adapters.embedder_slices import in_slices
from luna.kernel.embedding import EmbedderModelError, EmbedderUnavailableError, Vectors

if TYPE_CHECKING:
    from httpx import AsyncClient, Response

CHARACTERS_MAX: Final = 8192
"""What a text has beyond this is cut off: models take some thousand tokens at most, and servers refuse more."""
SLICE: Final = 16
"""Texts in a request."""
REQUESTS_MAX: Final = 4
"""Requests of one call under way at a time."""
TIMEOUT_SECONDS: Final = 30.0
_SAYS_NO: Final = {401: "does not take the API key", 403: "does not allow it to this API key"}
_ABSENT: Final = 404
_OK: Final = 200


class OpenAiEmbedder:
    """Speaks to one server, with one model."""

    def __init__(self, url: str, model: str, *, key: str = "", timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.model_id = f"openai/{model}"
        self.dimension = 0
        """0 until the server has answered once."""
        self._url = f"{url.rstrip('/')}/embeddings"
        self._model = model
        self._key = key
        self._timeout_seconds = timeout_seconds
        self._client: asyncio.Future[AsyncClient] | None = None
        self._closed = False

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector for each of *texts*: of its first 8,192 characters, or fewer if the server says so.

        Raises:
            EmbedderUnavailableError: the server did not answer, or not as it should.
            EmbedderModelError: the server has no such model, or another one than before.

        """
        if self._closed:
            raise EmbedderUnavailableError("the embedder is closed")
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return await in_slices(texts, self._request, size=SLICE, width=REQUESTS_MAX)

    async def aclose(self) -> None:
        """Hang up."""
        self._closed = True
        if self._client is not None:
            await (await self._client).aclose()

    async def _request(self, texts: Sequence[str]) -> Vectors:
        from httpx import HTTPError  # noqa: PLC0415  only a node with such a server needs it

        # Servers refuse what is empty.
        body = {"model": self._model, "input": [text[:CHARACTERS_MAX] or " " for text in texts]}
        client = await self._connection()
        try:
            response = await client.post(self._url, json=body | {"encoding_format": "base64"})
        except HTTPError as error:
            raise EmbedderUnavailableError(
                f"the embedding server at {self._url} does not answer: {str(error) or type(error).__name__}"
            ) from error
        self._check(response)
        vectors = await asyncio.to_thread(unit_vectors, response.content, len(texts))
        self.dimension = self.dimension or vectors.shape[1]
        if vectors.shape[1] != self.dimension:
            raise EmbedderModelError(
                f"{self.model_id} made vectors of {self.dimension} numbers, and now of {vectors.shape[1]}: "
                "it is another model; restart the node to take it"
            )
        return vectors

    def _check(self, response: "Response") -> None:
        status = response.status_code
        if status == _OK:
            return
        if status in _SAYS_NO:
            # What else it says may repeat the key.
            raise EmbedderUnavailableError(f"the embedding server at {self._url} {_SAYS_NO[status]}")
        said = f"the embedding server at {self._url} answered {status}: {response.text[:200]}"
        raise EmbedderModelError(said) if status == _ABSENT else EmbedderUnavailableError(said)

    async def _connection(self) -> "AsyncClient":
        if self._client is None:
            # Reading the certificates of the system takes a while.
            self._client = asyncio.ensure_future(asyncio.to_thread(self._connect))
        return await asyncio.shield(self._client)

    def _connect(self) -> "AsyncClient":
        from httpx import AsyncClient  # noqa: PLC0415

        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        return AsyncClient(headers=headers, timeout=self._timeout_seconds, trust_env=False)
