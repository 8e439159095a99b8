"""Calls to services of this very process, which go through the chain like any other, but over no socket."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextvars import Context
from typing import Any, NamedTuple, NoReturn, cast

import grpc
import grpc.aio

from luna.kernel.context import current_call


class Nearby:
    """What the process of that name serves: services register with it as they do with a server."""

    def __init__(self, process: str) -> None:
        self.process = process
        self._services: list[grpc.GenericRpcHandler] = []
        self._chain: Any = None

    def open(
        self, chain: grpc.aio.ServerInterceptor, registrations: Iterable[Callable[[grpc.aio.Server], None]]
    ) -> None:
        """Serve from now on what *registrations* add, through *chain*."""
        self._chain = chain
        for register in registrations:
            register(cast("grpc.aio.Server", self))

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Serve these."""
        self._services += handlers

    def add_registered_method_handlers(self, service: str, handlers: object) -> None:
        """Do nothing: they are among those of the service."""

    def serves(self, method: str) -> bool:
        """Return whether *method* can be called here now."""
        return self._find(_Details(method)) is not None

    async def serve(self, method: str, raw: bytes, metadata: Sequence[tuple[str, Any]], seconds: float | None) -> bytes:
        """Return the response to *raw*, a request of a method that is served, within so many *seconds*.

        Raises:
            grpc.aio.AioRpcError: it was refused, or failed.

        """

        async def found(details: grpc.HandlerCallDetails) -> Any:
            return self._find(details)

        context = _Ended(seconds)
        handler: Any = await self._chain.intercept_service(found, _Details(method, metadata))
        try:
            response: bytes = await handler.unary_unary(raw, context)
        except grpc.aio.AbortError:
            raise context.error() from None
        return response

    def _find(self, details: Any) -> Any:
        return next((found for each in self._services if (found := each.service(details)) is not None), None)


class NearbyChannel:
    """The channel to this very process. A probe takes it as others would: it is to find out whether the socket works.

    So do streams, which have time.
    """

    def __init__(self, channel: grpc.aio.Channel, nearby: Nearby) -> None:
        self._channel = channel
        self._nearby = nearby

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def unary_unary(
        self,
        method: str,
        request_serializer: Callable[[Any], bytes],
        response_deserializer: Callable[[bytes], Any],
        **options: Any,
    ) -> Callable[..., Any]:
        """Prepare calls of a method with one request and one response."""
        nearby = self._nearby
        send = self._channel.unary_unary(method, request_serializer, response_deserializer, **options)

        async def ask(request: Any, metadata: Sequence[tuple[str, Any]], seconds: float | None) -> Any:
            raw = await nearby.serve(method, request_serializer(request), tuple(metadata), seconds)
            return response_deserializer(raw)

        def call(request: Any, *, metadata: Sequence[tuple[str, Any]], timeout: float | None, **options: Any) -> Any:
            if current_call().probe or not nearby.serves(method):
                return send(request, metadata=metadata, timeout=timeout, **options)
            return _alone(ask(request, metadata, timeout))

        return call


class _Details(NamedTuple):
    """What is known of a call before it is served."""

    method: str
    invocation_metadata: Sequence[tuple[str, Any]] = ()


class _Ended:
    """What the chain needs of a servicer's context: how much time there is, and how the call ended."""

    def __init__(self, seconds: float | None) -> None:
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._code: grpc.StatusCode | None = None
        self._details = ""
        self._trailers: Sequence[tuple[str, Any]] = ()

    def time_remaining(self) -> float | None:
        return None if self._deadline is None else self._deadline - time.monotonic()

    def code(self) -> grpc.StatusCode | None:
        return self._code

    def set_code(self, code: grpc.StatusCode) -> None:
        self._code = code

    def set_details(self, details: str) -> None:
        self._details = details

    def set_trailing_metadata(self, trailers: Sequence[tuple[str, Any]]) -> None:
        self._trailers = trailers

    async def abort(self, code: grpc.StatusCode, details: str, trailers: Sequence[tuple[str, Any]]) -> NoReturn:
        self._code, self._details, self._trailers = code, details, trailers
        raise grpc.aio.AbortError

    def error(self) -> grpc.aio.AioRpcError:
        """Return what a caller hears of a call that was ended."""
        trailers = grpc.aio.Metadata(*self._trailers)
        return grpc.aio.AioRpcError(
            self._code or grpc.StatusCode.UNKNOWN, grpc.aio.Metadata(), trailers, details=self._details
        )


def _alone(work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
    """Do *work* as a server does: it knows nothing of its caller but what the metadata says."""
    return asyncio.get_running_loop().create_task(work, context=Context())
