"""The leaf hash is what its description says, for any text, and tells any two events apart."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from luna.kernel.events import Event
from luna.kernel.leaf import leaf_hash

TEXT = st.text(max_size=6)
EVENTS = st.builds(
    Event,
    position=st.integers(1, 99),
    stream=TEXT,
    stream_version=st.integers(1, 99),
    event_id=st.uuids().map(str),
    type=TEXT,
    payload=st.binary(max_size=6),
    source=TEXT,
    time_ns=st.integers(-9, 9),
    correlation_id=TEXT,
    causation_id=TEXT,
    trace_id=TEXT,
    schema_version=st.integers(0, 9),
    leaf_hash=st.just(b""),
)


def described(event: Event) -> bytes:
    """Follow the description word by word."""
    given = (event.stream, event.type, event.source, event.correlation_id, event.causation_id, event.trace_id)
    texts = [text.encode() for text in given]
    numbers = [event.position, event.stream_version, event.event_id, event.time_ns, event.schema_version]
    header = "".join(f"{field} " for field in [*numbers, *map(len, texts)]).encode() + b"".join(texts)
    return sha256(b"\x00" + header + sha256(event.payload).digest()).digest()


@given(EVENTS)
def test_the_hash_is_what_is_described(event: Event) -> None:
    """
    Anyone can compute it, in any language.
    """
    assert leaf_hash(event) == described(event)


@given(EVENTS, EVENTS)
def test_different_events_have_different_hashes(one: Event, other: Event) -> None:
    """
    No field can borrow characters from its neighbour.
    """
    assert (leaf_hash(one) == leaf_hash(other)) == (one == other)
