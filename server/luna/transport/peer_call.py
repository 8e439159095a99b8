"""A unary call to a peer, whose failure knows which service it was."""

from collections.abc import Generator
from typing import Any

import grpc.aio


class PeerCall:
    """Behaves like the call that it wraps."""

    def __init__(self, call: Any, service: str) -> None:
        self._call = call
        self._service = service

    def __await__(self) -> Generator[Any, None, Any]:
        try:
            return (yield from self._call.__await__())
        except grpc.aio.AioRpcError as error:
            # The errors step reads it.
            error.__dict__["peer_service"] = self._service
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)
