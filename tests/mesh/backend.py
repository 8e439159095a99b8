"""A small server for mesh tests: the real contracts, with answers that a test can steer by the message it sends."""

# ruff: noqa: N802  the contract names the methods

import argparse
import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc.aio
from arkalia.events.v1 import event_pb2, event_service_pb2, event_service_pb2_grpc
from arkalia.helloria.v1 import helloria_pb2, helloria_service_pb2, helloria_service_pb2_grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer

from luna.kernel.errors import DomainError
from luna.transport.call import Call
from luna.transport.errors import Errors, answer
from luna.transport.request_errors import GoingAwayError, PeerUnavailableError
from luna.transport.rpc import describe
from luna.transport.sockets import urgent_sockets

Context = grpc.aio.ServicerContext[Any, Any]
CHECKED = ("arkalia.events.v1.EventService", "arkalia.helloria.v1.HelloriaService")


@dataclass(kw_only=True)
class Journal:
    """Remembers every call in a file that outlives the process."""

    path: Path

    def record(self, line: str) -> int:
        """Write *line*, and return how often it was written before."""
        before = self.path.read_text().splitlines().count(line) if self.path.exists() else 0
        with self.path.open("a") as file:
            file.write(line + "\n")
        return before


class Helloria(helloria_service_pb2_grpc.HelloriaServiceServicer):
    """Echoes, or does what a message such as ``sleep:2`` says."""

    def __init__(self, process: str, journal: Journal) -> None:
        self._process = process
        self._journal = journal

    async def Echo(
        self, request: helloria_service_pb2.EchoRequest, context: Context
    ) -> helloria_service_pb2.EchoResponse:
        verb, _, rest = request.message.partition(":")
        steer: dict[str, Callable[[str, Context], Coroutine[Any, Any, str]]] = {
            "sleep": self._sleep,
            "deadline": self._deadline,
            "flaky": self._flaky,
            "refuse": self._refuse,
            "fail": self._fail,
            "depend": self._depend,
            "leave": self._leave,
            "headers": self._headers,
        }
        message = await steer[verb](rest, context) if verb in steer else request.message
        return helloria_service_pb2.EchoResponse(message=message, process=self._process)

    async def GetStatus(
        self, request: helloria_service_pb2.GetStatusRequest, context: Context
    ) -> helloria_service_pb2.GetStatusResponse:
        return helloria_service_pb2.GetStatusResponse(status=helloria_pb2.NodeStatus(node=self._process, score=1.0))

    async def ListCapabilities(
        self, request: helloria_service_pb2.ListCapabilitiesRequest, context: Context
    ) -> helloria_service_pb2.ListCapabilitiesResponse:
        seconds = dict(context.invocation_metadata() or ()).get("x-sleep", "0")
        await asyncio.sleep(float(seconds))
        return helloria_service_pb2.ListCapabilitiesResponse()

    async def WatchStatus(
        self, request: helloria_service_pb2.WatchStatusRequest, context: Context
    ) -> AsyncIterator[helloria_service_pb2.WatchStatusResponse]:
        for number in range(3):
            status = helloria_pb2.NodeStatus(node=self._process, score=number / 2)
            yield helloria_service_pb2.WatchStatusResponse(status=status)
            await asyncio.sleep(request.interval.ToTimedelta().total_seconds())

    async def _sleep(self, rest: str, context: Context) -> str:
        await asyncio.sleep(float(rest))
        return rest

    async def _deadline(self, rest: str, context: Context) -> str:
        return str(context.time_remaining())

    async def _headers(self, rest: str, context: Context) -> str:
        return ",".join(sorted(key for key, _ in context.invocation_metadata() or ()))

    async def _flaky(self, rest: str, context: Context) -> str:
        if not self._journal.record(f"flaky:{rest}"):
            await context.abort(grpc.StatusCode.UNAVAILABLE, "not this time")
        return "at last"

    async def _refuse(self, rest: str, context: Context) -> str:
        self._journal.record(f"refuse:{rest}")
        await context.abort(grpc.StatusCode.UNAVAILABLE, "on purpose", (("x-envoy-ratelimited", "true"),))
        return ""

    async def _depend(self, rest: str, context: Context) -> str:
        self._journal.record(f"depend:{rest}")
        return await _answered(PeerUnavailableError("a peer"), context)

    async def _leave(self, rest: str, context: Context) -> str:
        return await _answered(GoingAwayError(), context) if not self._journal.record(f"leave:{rest}") else "stayed"

    async def _fail(self, rest: str, context: Context) -> str:
        detail = any_pb2.Any()
        detail.Pack(error_details_pb2.ErrorInfo(reason="A_REASON", domain="test", metadata={"id": rest}))
        status = status_pb2.Status(code=5, message="no such thing", details=[detail])
        trailers = (("grpc-status-details-bin", status.SerializeToString()),)
        await context.abort(grpc.StatusCode.NOT_FOUND, status.message, trailers)
        return ""


async def _answered(error: DomainError, context: Context) -> str:
    """Answer with *error* as the servers of the node do."""
    call = Call(describe("/arkalia.helloria.v1.HelloriaService/Echo"), context, ())
    await answer(call, Errors(()).refusal(call, error))
    return ""


class Events(event_service_pb2_grpc.EventServiceServicer):
    """Takes appends, slowly if asked to, and remembers that it began them."""

    def __init__(self, process: str, journal: Journal) -> None:
        self._process = process
        self._journal = journal

    async def Append(
        self, request: event_service_pb2.AppendRequest, context: Context
    ) -> event_service_pb2.AppendResponse:
        stream = request.appends[0].stream if request.appends else "none"
        self._journal.record(f"append:{stream}")
        if stream.startswith("slow/"):
            await asyncio.sleep(1.0)
        if stream.startswith("flaky/"):
            await context.abort(grpc.StatusCode.UNAVAILABLE, "perhaps it was written")
        return event_service_pb2.AppendResponse(events=[event_pb2.RecordedEvent(stream=stream, position=1)])

    async def CreateConsumer(
        self, request: event_service_pb2.CreateConsumerRequest, context: Context
    ) -> event_service_pb2.CreateConsumerResponse:
        answer = event_service_pb2.CreateConsumerResponse()
        answer.consumer.name = request.name
        answer.consumer.policy.CopyFrom(request.policy)
        return answer

    async def GetConsumer(
        self, request: event_service_pb2.GetConsumerRequest, context: Context
    ) -> event_service_pb2.GetConsumerResponse:
        answer = event_service_pb2.GetConsumerResponse()
        answer.consumer.name = request.name
        return answer

    async def ListConsumers(
        self, request: event_service_pb2.ListConsumersRequest, context: Context
    ) -> event_service_pb2.ListConsumersResponse:
        return event_service_pb2.ListConsumersResponse()

    async def GetStats(
        self, request: event_service_pb2.GetStatsRequest, context: Context
    ) -> event_service_pb2.GetStatsResponse:
        self._journal.record("stats")
        return event_service_pb2.GetStatsResponse(log_id=self._process, writable=True)


async def serve(socket: Path, process: str, journal: Journal) -> None:
    """Serve on *socket* until terminated. SIGUSR1 makes the process unhealthy, SIGUSR2 healthy again."""
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", 4 * 1024 * 1024)])
    health = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    helloria_service_pb2_grpc.add_HelloriaServiceServicer_to_server(Helloria(process, journal), server)
    event_service_pb2_grpc.add_EventServiceServicer_to_server(
        Events(process, journal),  # type: ignore[abstract]  # the other methods are not called
        server,
    )
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    tasks = set()

    async def become(status: health_pb2.HealthCheckResponse.ServingStatus.ValueType) -> None:
        for service in ("", *CHECKED):
            await health.set(service, status)

    def turn(status: health_pb2.HealthCheckResponse.ServingStatus.ValueType) -> None:
        tasks.add(asyncio.ensure_future(become(status)))

    loop.add_signal_handler(signal.SIGUSR1, turn, health_pb2.HealthCheckResponse.NOT_SERVING)
    loop.add_signal_handler(signal.SIGUSR2, turn, health_pb2.HealthCheckResponse.SERVING)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await become(health_pb2.HealthCheckResponse.SERVING)
    for path in (*urgent_sockets(socket), socket):
        path.unlink(missing_ok=True)
        server.add_insecure_port(f"unix:{path}")
    await server.start()
    await stop.wait()
    await server.stop(None)


def main() -> None:
    """Read the command line, and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--process", required=True)
    parser.add_argument("--journal", type=Path, required=True)
    given = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(given.socket, given.process, Journal(path=given.journal)))


if __name__ == "__main__":
    main()
