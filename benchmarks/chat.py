"""Measures what the node adds to a language model: the time to the first token, and the rate of many answers at once.

A server of models that says its tokens at a fixed rate is asked directly, over
its own protocol, and through the whole node: Envoy, guard, memory, log. Sides
take turns. The server, the node and Envoy are processes of their own.
"""

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import uvloop
from arkalia.node.v1.health_pb2 import DEGRADATION_LEVEL_NORMAL

from arkalia_client import Arkalia, ArkaliaError, connect
from tests.model_servers import model_process
from tests.node import running_node

MODEL: Final = "bench:1b"
TOKENS: Final = 60
RATE: Final = 20
ALONE: Final = 16
STREAMS: Final = 64
ROUNDS: Final = 3
START_SECONDS_MAX: Final = 400.0
HOLD_SECONDS: Final = 1800.0
OVERHEAD_SECONDS_MAX: Final = 0.015
RATIO_MIN: Final = 0.97
QUESTION: Final = "How many words do you know?"


def main() -> Mapping[str, object]:
    """Print and return the figures."""
    return uvloop.run(_main())


class Heard(NamedTuple):
    """An answer, as whoever asked heard it."""

    first_seconds: float
    rate: float
    node_seconds: float = 0.0
    """What the node says of the time to the first token, and how much of that was recall."""
    recall_seconds: float = 0.0


Side = Callable[[], Awaitable[Heard]]


async def _main() -> Mapping[str, object]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="luna")))
        says = " ".join(f"word{number}" for number in range(TOKENS))
        options = ("--model", MODEL, "--says", says, "--tokens-per-second", str(RATE))
        _, url = await stack.enter_async_context(model_process(*options))
        client = await stack.enter_async_context(_node(folder, url))
        sides: Mapping[str, Side] = {"direct": lambda: _direct(url), "node": lambda: _through(client)}
        names = list(sides)
        alone: dict[str, list[Heard]] = {name: [] for name in sides}
        crowd: dict[str, list[Heard]] = {name: [] for name in sides}
        for _ in range(3):
            await _through(client)
        for turn in range(ALONE):
            for name in names if turn % 2 else reversed(names):
                alone[name].append(await sides[name]())
        for turn in range(ROUNDS):
            for name in names if turn % 2 else reversed(names):
                crowd[name] += await asyncio.gather(*(sides[name]() for _ in range(STREAMS)))
    return _report(alone, crowd)


@asynccontextmanager
async def _node(folder: Path, url: str) -> AsyncIterator[Arkalia]:
    # The spare process would only compete for the processor.
    settings = {"ollama_url": url, "models": f"ollama/{MODEL}", "standby": "false"}
    async with running_node(folder / "home", **settings) as node, connect(node.target) as client:
        async with asyncio.timeout(START_SECONDS_MAX):
            while not await _serves(client):
                await asyncio.sleep(0.2)
        # Under pressure no model is asked, and that is not what is measured.
        await client.degradation.set(DEGRADATION_LEVEL_NORMAL, reason="a benchmark", hold_seconds=HOLD_SECONDS)
        yield client


async def _serves(client: Arkalia) -> bool:
    try:
        await client.memories.stats()
        return any(model.name == f"ollama/{MODEL}" for model in (await client.models.list()).models)
    except ArkaliaError:
        return False


async def _direct(url: str) -> Heard:
    place = urlsplit(url)
    started = time.perf_counter()
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        body = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": QUESTION}]}).encode()
        writer.write(f"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        times = list[float]()
        async for line in reader:
            if b'"content": "' in line and b'"done": false' in line:
                times.append(time.perf_counter())
            if b'"done": true' in line:
                break
    finally:
        writer.close()
    return Heard(times[0] - started, _rate(times))


async def _through(client: Arkalia) -> Heard:
    started, times = time.perf_counter(), list[float]()
    node = recall = 0.0
    async with aclosing(client.assistant.chat(QUESTION, model=f"ollama/{MODEL}")) as parts:
        async for part in parts:
            if part.delta:
                # Words that came while those before were dealt with are one delta.
                times += [time.perf_counter()] * part.delta.count("word")
            if part.HasField("usage"):
                node = part.usage.time_to_first_token.ToNanoseconds() / 1e9
                recall = part.usage.recall_time.ToNanoseconds() / 1e9
    return Heard(times[0] - started, _rate(times), node, recall)


def _rate(times: Sequence[float]) -> float:
    if len(times) != TOKENS:
        raise RuntimeError(f"heard {len(times)} tokens of {TOKENS}")
    # The first tokens are there when the time begins.
    return (len(times) - times.count(times[0])) / (times[-1] - times[0])


def _report(alone: Mapping[str, Sequence[Heard]], crowd: Mapping[str, Sequence[Heard]]) -> Mapping[str, object]:
    overheads = [ours.first_seconds - theirs.first_seconds for ours, theirs in zip(*_pair(alone), strict=True)]
    overhead = statistics.median(overheads)
    ratio = _median(crowd["node"], "rate") / _median(crowd["direct"], "rate")
    print(f"an answer of {TOKENS} tokens at {RATE} a second, medians:")
    print(f"  {'':<24}  first token, ms  tokens/s")
    for what, heard in (("alone", alone), (f"{STREAMS} at once", crowd)):
        for side, all_of_them in heard.items():
            first, rate = 1000 * _median(all_of_them, "first_seconds"), _median(all_of_them, "rate")
            print(f"  {what + ', ' + side:<24}  {first:>15.1f}  {rate:>8.2f}")
    node, recall = 1000 * _median(alone["node"], "node_seconds"), 1000 * _median(alone["node"], "recall_seconds")
    print(f"  alone, as the node says: {node:.1f} ms to the first token, {recall:.1f} ms of them for recall")
    quarters = [1000 * each for each in statistics.quantiles(overheads)]
    print(f"  first token later by {1000 * overhead:.1f} ms (quartiles {quarters[0]:.1f}…{quarters[2]:.1f}), ", end="")
    print(f"wanted: at most {1000 * OVERHEAD_SECONDS_MAX:g} ms")
    print(f"  rate {ratio:.3f} of the direct one, wanted: at least {RATIO_MIN:g}\n")
    return {
        "overhead_seconds": overhead,
        "overhead_seconds_wanted": OVERHEAD_SECONDS_MAX,
        "rate_ratio": ratio,
        "rate_ratio_wanted": RATIO_MIN,
        "alone": {side: [tuple(it) for it in heard] for side, heard in alone.items()},
        "crowd": {side: [tuple(it) for it in heard] for side, heard in crowd.items()},
    }


def _pair(heard: Mapping[str, Sequence[Heard]]) -> tuple[Sequence[Heard], Sequence[Heard]]:
    return heard["node"], heard["direct"]


def _median(heard: Sequence[Heard], figure: str) -> float:
    return statistics.median(getattr(each, figure) for each in heard)


if __name__ == "__main__":
    main()
