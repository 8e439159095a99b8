"""What is spelled by hand is what the library spells."""

from arkalia.events.v1 import event_pb2 as pb
from arkalia.events.v1 import event_service_pb2 as rpc
from arkalia.memory.v1.memory_event_pb2 import MemoriesRetained
from google.protobuf.any_pb2 import Any
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from luna.kernel.events import Append, Checkpoint, Expect, NewEvent, StreamCheck, StreamWrite
from luna.kernel.wire import field
from luna.transport.remote_log_messages import append_to

TEXT = st.text(max_size=6)
EVENTS = st.builds(
    NewEvent,
    type=TEXT,
    payload=st.binary(max_size=200),
    event_id=st.uuids().map(str),
    source=TEXT,
    time_ns=st.integers(1, 2**62),
    correlation_id=TEXT,
    causation_id=TEXT,
    trace_id=TEXT,
    schema_version=st.integers(0, 9),
)
WRITES = st.builds(StreamWrite, TEXT, st.lists(EVENTS, min_size=1, max_size=3), st.sampled_from([Expect.EXISTS, 7]))


@given(st.integers(3, 2**29 - 1), st.lists(st.sampled_from([b"", b"a", bytes(126), bytes(127), bytes(16_383)])))
def test_a_field_is_its_number_its_length_and_its_parts(number: int, parts: list[bytes]) -> None:
    """
    Whatever number it has: the library reads what it does not know, and spells it again.
    """
    spelled = b"".join(field(number, *parts))

    assert Any.FromString(spelled).SerializeToString() == spelled


@given(st.lists(st.binary(max_size=300)))
def test_fields_of_bytes_are_those_of_the_library(sealed: list[bytes]) -> None:
    spelled = b"".join(part for each in sealed for part in field(MemoriesRetained.SEALED_FIELD_NUMBER, each))

    assert spelled == MemoriesRetained(sealed=sealed).SerializeToString()


@given(st.lists(WRITES, max_size=3))
def test_an_append_is_that_of_the_library(writes: list[StreamWrite]) -> None:
    """
    With everything that it may say.
    """
    append = Append(writes, [StreamCheck(stream="s", expected=3)], Checkpoint(consumer="c", position=5))
    found = rpc.AppendRequest.FromString(b"".join(append_to(append, source="src", trace_id="trace")))

    assert found == rpc.AppendRequest(
        appends=[
            pb.StreamAppend(stream=write.stream, expected=_expected(write), events=[*map(_event, write.events)])
            for write in writes
        ],
        checks=[pb.StreamCheck(stream="s", expected=pb.ExpectedVersion(version=3))],
        checkpoint=pb.ConsumerCheckpoint(consumer="c", position=5),
    )


def _expected(write: StreamWrite) -> pb.ExpectedVersion:
    if write.expected is Expect.EXISTS:
        return pb.ExpectedVersion(state=pb.STREAM_STATE_EXISTS)
    return pb.ExpectedVersion(version=7)


def _event(event: NewEvent) -> pb.NewEvent:
    return pb.NewEvent(
        event_id=event.event_id,
        payload=Any(type_url=f"type.googleapis.com/{event.type}", value=event.payload),
        source=event.source or "src",
        time=Timestamp(seconds=event.time_ns // 10**9, nanos=event.time_ns % 10**9),
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        trace_id=event.trace_id or "trace",
        schema_version=event.schema_version,
    )
