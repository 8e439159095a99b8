"""One transaction of the log: judges appends against the tables and collects what to insert."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import apsw
import uuid_utils

from luna.adapters.sqlite_log_rows import NAMES_CACHED_MAX, insert, row_of, unpack_trace
from luna.adapters.sqlite_log_schema import BLOCK, HEAD, TAIL, Value, integers, many, number, rows, run, summarise
from luna.kernel.appends import Draft, Place, appended, compose, draft_of, judge, place_of
from luna.kernel.event_errors import UnknownConsumerError
from luna.kernel.event_ids import id_text
from luna.kernel.events import Append, Appended, Expect, Recorded, category_of

_STREAMS = """
SELECT s.name, s.id, s.category_id,
       max(s.pruned_version, ifnull((SELECT max(stream_version) FROM events WHERE stream_id = s.id), 0))
FROM carray(?) AS wanted CROSS JOIN streams AS s ON s.name = wanted.value"""
_PLACES = """
SELECT e.event_id, e.position, s.name, e.stream_version, e.time_ns, e.trace, e.leaf_hash
FROM carray(?) AS wanted CROSS JOIN events AS e ON e.event_id = wanted.value JOIN streams AS s ON s.id = e.stream_id"""
_CONSUMER = """
SELECT id, ?2 <= checkpoint OR EXISTS (SELECT 1 FROM consumer_settled WHERE consumer_id = id AND position = ?2),
       EXISTS (SELECT 1 FROM consumer_parked WHERE consumer_id = id AND position = ?2)
FROM consumers WHERE name = ?1"""


@dataclass(slots=True)
class _Stream:
    id: int
    category_id: int
    version: int


@dataclass(slots=True)
class Batch:
    """What one transaction records."""

    drafts: list[Draft] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    """The rows of the drafts, one after the other."""
    settled: list[tuple[str, int]] = field(default_factory=list)
    """Consumers, and the positions that appends settled for them."""
    now_ns: int = 0
    """The time of events that did not bring their own."""
    by_id: bool = False
    """Whether any event has an id that its caller chose, so that ids must be compared."""
    places: dict[str, Place] = field(default_factory=dict)


class Ledger:
    """The writer's view of the log, kept from one transaction to the next."""

    def __init__(self, connection: apsw.Connection, now_ns: Callable[[], int]) -> None:
        self._connection = connection
        self._now_ns = now_ns
        self._names: dict[str, dict[str, int]] = {}
        self._streams: dict[str, _Stream] = {}
        self._consumers: dict[str, int] = {}
        self._batch = Batch()
        self.reload()

    def reload(self) -> None:
        """Forget everything that is not in the tables."""
        self._batch = Batch()
        self._streams.clear()
        self._consumers.clear()
        for table in ("categories", "types", "sources"):
            found = rows(self._connection, f"SELECT name, id FROM {table}")  # noqa: S608  constants only
            self._names[table] = {str(name): id for name, id in found}
        self._stream_id = number(self._connection, "SELECT max(id) FROM streams")
        self.head = number(self._connection, HEAD)
        self._block_end = number(self._connection, TAIL) + BLOCK

    def prepare(self, appends: Sequence[Append], ids: Sequence[bytes]) -> None:
        """Look up at once what judging *appends* needs, the *ids* in them included."""
        self._batch = Batch(by_id=bool(ids), now_ns=self._now_ns())
        if len(self._streams) > NAMES_CACHED_MAX:
            self._streams.clear()
        names = {write.stream for append in appends for write in append.writes}
        names |= {check.stream for append in appends for check in append.checks}
        if missing := names - self._streams.keys():
            for name, id, category, version in rows(self._connection, _STREAMS, (many(missing),)):
                self._streams[str(name)] = _Stream(id, category, version)
        if ids:
            self._load_places(ids)

    def add(self, append: Append) -> Appended:
        """Judge *append*, and take it into the transaction.

        Raises:
            EventLogError: it is refused, and leaves no trace.
            ValueError: a value cannot be recorded.

        """
        writes, checks, checkpoint = append
        batch = self._batch
        if len(writes) == 1 and not checks and checkpoint is None and not batch.by_id:
            stream, events, expected = writes[0]
            if expected is Expect.ANY and len(events) == 1:  # nothing to judge
                found = self._streams.get(stream)
                version = found.version + 1 if found else 1
                draft = draft_of(events[0], self.head + 1, stream, version, str(uuid_utils.uuid7()), batch.now_ns)
                self._enter(draft)
                return Appended([Recorded(draft.event_id, draft.position, stream, version)])
        earlier = outcome = judge(append, self)
        if outcome is None:
            drafts = compose(append, head=self.head, version=self.version, now_ns=self._batch.now_ns, new_id=_new_id)
            self._take(drafts)
            outcome = appended(drafts)
        if checkpoint and (earlier is None or not self.settled(checkpoint.consumer, checkpoint.position)):
            self._batch.settled.append((checkpoint.consumer, checkpoint.position))
        return outcome

    def write(self) -> Batch:
        """Write what was added, and return it; it is durable once committed."""
        batch = self._batch
        insert(self._connection, batch.values)
        for consumer in {consumer for consumer, _ in batch.settled}:
            self._settle(self._consumers[consumer], [p for name, p in batch.settled if name == consumer])
        if self.head >= self._block_end:
            summarise(self._connection, self.head)
            self._block_end = self.head - self.head % BLOCK + BLOCK
        return batch

    def version(self, stream: str) -> int:
        """Return the version of the stream's last event."""
        found = self._streams.get(stream)
        return found.version if found else 0

    def place(self, event_id: str) -> Place | None:
        """Return where the event of that id is, also within this transaction."""
        return self._batch.places.get(event_id)

    def settled(self, consumer: str, position: int) -> bool:
        """Tell whether *consumer* has settled *position*; parked events may be tried again."""
        found = self._connection.execute(_CONSUMER, (consumer, position)).fetchone()
        if found is None:
            raise UnknownConsumerError(consumer)
        self._consumers[consumer] = int(found[0])
        return (bool(found[1]) and not found[2]) or (consumer, position) in self._batch.settled

    def _load_places(self, ids: Sequence[bytes]) -> None:
        for id, position, stream, version, time_ns, trace, leaf in rows(self._connection, _PLACES, (many(ids),)):
            self._batch.places[id_text(id)] = Place(
                position=position,
                stream=stream,
                stream_version=version,
                time_ns=time_ns,
                trace_id=unpack_trace(trace),
                leaf_hash=leaf,
            )

    def _take(self, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            self._enter(draft)
        if self._batch.by_id:
            self._batch.places.update({draft.event_id: place_of(draft) for draft in drafts})

    def _enter(self, draft: Draft) -> None:
        new, position, name, version, _, _, _ = draft
        stream = self._streams.get(name) or self._new_stream(name)
        type_id = self._names["types"].get(new.type) or self._new_id("types", new.type)
        source_id = self._names["sources"].get(new.source) or self._new_id("sources", new.source)
        self._batch.values += row_of(draft, stream.id, stream.category_id, type_id, source_id)
        self._batch.drafts.append(draft)
        stream.version = version
        self.head = position

    def _new_stream(self, name: str) -> _Stream:
        self._stream_id += 1
        category_name = category_of(name)
        category = self._names["categories"].get(category_name) or self._new_id("categories", category_name)
        stream = self._streams[name] = _Stream(self._stream_id, category, 0)
        run(
            self._connection,
            "INSERT INTO streams (id, name, category_id) VALUES (?, ?, ?)",
            (stream.id, name, category),
        )
        return stream

    def _new_id(self, table: str, name: str) -> int:
        run(self._connection, f"INSERT INTO {table} (name) VALUES (?)", (name,))  # noqa: S608  constants only
        id = self._names[table][name] = self._connection.last_insert_rowid()
        return id

    def _settle(self, consumer_id: int, positions: Sequence[int]) -> None:
        bindings = (consumer_id, integers(positions))
        run(self._connection, "INSERT OR IGNORE INTO consumer_settled SELECT ?, value FROM carray(?)", bindings)
        for table in ("consumer_waiting", "consumer_parked"):
            settled = f"DELETE FROM {table} WHERE consumer_id = ? AND position IN carray(?)"  # noqa: S608  constants
            run(self._connection, settled, bindings)


def _new_id() -> str:
    return str(uuid_utils.uuid7())
