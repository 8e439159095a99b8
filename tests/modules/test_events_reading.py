"""How pages of the log are cut into messages, and what may be a payload."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from google.protobuf.wrappers_pb2 import Int64Value
from hypothesis import given
from hypothesis import strategies as st

from luna.kernel.events import Event, Page
from luna.kernel.streams import pipelined
from luna.modules.events import payloads
from luna.modules.events.errors import PayloadError
from luna.modules.events.reading import BATCH_BYTES_MAX, batches


def event(position: int, size: int) -> Event:
    return Event(
        position=position,
        stream="a/b",
        stream_version=position,
        event_id="",
        type="x",
        payload=bytes(size),
        source="",
        time_ns=0,
        correlation_id="",
        causation_id="",
        trace_id="",
        schema_version=1,
        leaf_hash=b"",
    )


@given(sizes=st.lists(st.integers(0, 2 * BATCH_BYTES_MAX), max_size=30), size=st.integers(1, 10))
def test_messages_carry_all_events_within_limits(sizes: list[int], size: int) -> None:
    """
    In order, each position once; a message is small, or holds just one event.
    """
    events = [event(n, each) for n, each in enumerate(sizes, start=1)]
    parts = list(batches(Page(events=events, position=99, done=True), size))

    assert [it for part, _, _ in parts for it in part] == events
    assert all(len(part) <= size for part, _, _ in parts)
    assert all(len(part) == 1 or sum(len(it.payload) for it in part) <= BATCH_BYTES_MAX for part, _, _ in parts if part)
    assert [position for _, position, _ in parts] == [part[-1].position for part, _, _ in parts[:-1]] + [99]
    assert [last for _, _, last in parts] == [False] * (len(parts) - 1) + [True]


def test_a_payload_is_parsed_as_its_type() -> None:
    """
    Whatever cannot be read later is refused now.
    """
    payloads.check("google.protobuf.Int64Value", Int64Value(value=3).SerializeToString())
    for type, payload in (
        ("google.protobuf.Int64Value", b"\x08"),
        ("google.protobuf.Unheard", b""),
        ("buf.validate.Rule", b""),
        ("", b""),
        ("google.protobuf.BytesValue", bytes(payloads.BYTES_MAX + 1)),
    ):
        with pytest.raises(PayloadError):
            payloads.check(type, payload)


async def _numbers(upto: int, *, fail: bool = False) -> AsyncIterator[int]:
    for n in range(upto):
        yield n
    if fail:
        raise LookupError("the source broke")


async def test_work_runs_at_once_and_answers_in_order() -> None:
    """
    The first item is the slowest, and still the first answer.
    """
    running = peak = 0

    async def work(n: int) -> int:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0.01 * (3 - n % 3))
        running -= 1
        return n

    async def start(n: int) -> asyncio.Task[int]:
        return asyncio.create_task(work(n))

    answers = [answer async for answer in pipelined(_numbers(20), start, ahead=4)]

    assert answers == list(range(20))
    assert 3 <= peak <= 6


async def test_a_broken_source_ends_the_answers_with_its_error() -> None:
    """
    After the answers to all that came before.
    """

    async def start(n: int) -> asyncio.Future[int]:
        done = asyncio.get_running_loop().create_future()
        done.set_result(n)
        return done

    answers: list[int] = []

    async def collect() -> None:
        async for answer in pipelined(_numbers(3, fail=True), start, ahead=4):
            answers.append(answer)  # noqa: PERF401  what came before the error counts

    with pytest.raises(LookupError):
        await collect()

    assert answers == [0, 1, 2]
