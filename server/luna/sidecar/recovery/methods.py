"""Calls methods to see whether they answer, past every circuit breaker of this process."""

import pkgutil
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Final

import grpc.aio
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import MethodDescriptor

from luna.transport.rpc import describe

_SECONDS: Final = 5.0
_OPTIONS: Final = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0))

SocketFor = Callable[[str, str], Path | None]
"""Returns where to reach a process, or else the one that serves a service: the process's name, the service's."""


class Methods:
    """What the contracts say about methods, and the calls that they may be tried with."""

    def __init__(self, socket: SocketFor) -> None:
        self._socket = socket

    def harmless(self, method: str) -> bool:
        """Tell whether *method* may be called just to see: it takes one request and changes nothing."""
        found = _descriptor(method)
        if found is None or found.client_streaming or found.server_streaming:
            return False
        return bool(found.GetOptions().idempotency_level == descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS)

    async def call(self, method: str, process: str) -> grpc.StatusCode:
        """Call *method* of *process* with an empty request, and return how that ended."""
        service = method.partition("/")[0]
        socket = self._socket(process, service)
        if socket is None:
            return grpc.StatusCode.UNIMPLEMENTED
        async with grpc.aio.insecure_channel(f"unix:{socket}", options=_OPTIONS) as channel:
            call: Callable[..., grpc.aio.UnaryUnaryCall[bytes, bytes]] = channel.unary_unary(f"/{method}")
            try:
                await call(b"", timeout=describe(f"/{method}", unary=True).deadline_seconds or _SECONDS)
            except grpc.aio.AioRpcError as error:
                return error.code()
        return grpc.StatusCode.OK


def _load(name: str) -> None:
    """Load the contracts of the package that the method called *name* is of, and no others: this process is small."""
    package = name.rpartition(".")[0].rpartition(".")[0]
    if not package.startswith("arkalia."):
        return
    with suppress(ImportError):
        for found in pkgutil.iter_modules(import_module(package).__path__, f"{package}."):
            if found.name.endswith("_service_pb2"):
                import_module(found.name)


def _descriptor(method: str) -> MethodDescriptor | None:
    name = method.replace("/", ".")
    try:
        return descriptor_pool.Default().FindMethodByName(name)
    except KeyError:
        _load(name)
    try:
        return descriptor_pool.Default().FindMethodByName(name)
    except KeyError:
        return None
