"""What the index holds of memories is what they say."""

from arkalia.memory.v1.memory_pb2 import Attribute, NewMemory
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from luna.kernel.memory_rows import Row
from luna.kernel.times import ns_of
from luna.modules.memory.facts import rows_of

TEXT = st.text(max_size=4)
MEMORIES = st.builds(
    NewMemory,
    id=TEXT,
    text=TEXT,
    collection=TEXT,
    importance=st.sampled_from([0.0, 0.5, 1.0]),
    expire_time=st.none() | st.builds(Timestamp, seconds=st.integers(0, 9), nanos=st.integers(0, 9)),
    attributes=st.lists(st.builds(Attribute, key=TEXT, value=TEXT), max_size=2),
    supersedes=TEXT,
)


@given(st.lists(MEMORIES, max_size=5))
def test_rows_are_what_memories_say(memories: list[NewMemory]) -> None:
    """
    Whichever of them says what, and nothing of one gets into another.
    """
    assert rows_of(memories, namespace="n", retain_ns=1, position=2, event_id="e") == [
        Row(
            id=memory.id,
            namespace="n",
            text=memory.text,
            retain_ns=1,
            position=2,
            event_id="e",
            collection=memory.collection,
            importance=memory.importance,
            expire_ns=ns_of(memory.expire_time) if memory.HasField("expire_time") else None,
            attributes={each.key: each.value for each in memory.attributes},
            supersedes=memory.supersedes,
        )
        for memory in memories
    ]
