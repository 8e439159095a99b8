"""Keeps consumers in the tables beside the events: an adapter of `ConsumerStorage`."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Protocol, TypeVar

import apsw

from luna.adapters.sqlite_log_reader import LogReader
from luna.adapters.sqlite_log_schema import integers, number, rows, run
from luna.kernel.consumers import ConsumerPolicy
from luna.kernel.event_errors import UnknownConsumerError
from luna.kernel.events import EventFilter
from luna.kernel.log_admin import CheckpointListener, ConsumerChanges, ParkedEntry, StoredConsumer, Waiting

T = TypeVar("T")


class Ask(Protocol):
    """Asks a reader of the log."""

    def __call__(self, question: Callable[[LogReader], T]) -> Awaitable[T]:
        """Return the answer."""
        ...


class Change(Protocol):
    """Changes the tables in a transaction of the writer."""

    def __call__(self, job: Callable[[apsw.Connection], T]) -> Awaitable[T]:
        """Return what the job returns, once it is durable."""
        ...


class SqliteConsumers:
    """The consumers of one log."""

    def __init__(self, ask: Ask, change: Change) -> None:
        self._ask = ask
        self._change = change
        self._listeners: list[CheckpointListener] = []

    async def create(self, name: str, policy: ConsumerPolicy) -> StoredConsumer:
        """Store a new consumer, or return it as it is."""

        def job(connection: apsw.Connection) -> StoredConsumer:
            run(
                connection,
                "INSERT OR IGNORE INTO consumers (name, policy, checkpoint) VALUES (?, ?, ?)",
                (name, _dump(policy), policy.after),
            )
            return _load(connection, name)

        return await self._change(job)

    async def load(self, name: str) -> StoredConsumer:
        """Return a consumer."""
        return await self._ask(lambda reader: _load(reader.connection, name))

    async def names(self) -> Sequence[str]:
        """Return the names of all consumers, sorted."""
        return await self._ask(
            lambda reader: [
                str(name) for (name,) in rows(reader.connection, "SELECT name FROM consumers ORDER BY name")
            ]
        )

    async def update(self, name: str, policy: ConsumerPolicy) -> None:
        """Replace the policy of a consumer."""

        def job(connection: apsw.Connection) -> None:
            run(connection, "UPDATE consumers SET policy = ? WHERE id = ?", (_dump(policy), _id(connection, name)))

        await self._change(job)

    async def delete(self, name: str) -> None:
        """Forget a consumer."""

        def job(connection: apsw.Connection) -> None:
            id = _id(connection, name)
            for table in ("consumer_settled", "consumer_waiting", "consumer_parked"):
                run(connection, f"DELETE FROM {table} WHERE consumer_id = ?", (id,))  # noqa: S608  constants only
            run(connection, "DELETE FROM consumers WHERE id = ?", (id,))

        await self._change(job)

    async def save(self, name: str, changes: ConsumerChanges) -> None:
        """Store *changes*, all or none."""
        await self._change(lambda connection: _save(connection, _id(connection, name), changes))

    async def parked(self, name: str, *, after: int = 0, limit: int = 100) -> Sequence[ParkedEntry]:
        """Return parked events beyond *after*."""
        return await self._ask(lambda reader: _parked(reader.connection, name, after, limit))

    def listen(self, listener: CheckpointListener) -> Callable[[], None]:
        """Call *listener* about checkpoints of appends from now on; return what stops that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def settled(self, settled: Sequence[tuple[str, int]]) -> None:
        """Tell everyone who listens that appends settled these positions."""
        for name in {name for name, _ in settled}:
            for listener in self._listeners:
                listener(name, [position for consumer, position in settled if consumer == name])


def _load(connection: apsw.Connection, name: str) -> StoredConsumer:
    id = _id(connection, name)
    policy, checkpoint = next(iter(rows(connection, "SELECT policy, checkpoint FROM consumers WHERE id = ?", (id,))))
    settled = rows(connection, "SELECT position FROM consumer_settled WHERE consumer_id = ?", (id,))
    waiting = rows(connection, "SELECT position, attempts, due_ns FROM consumer_waiting WHERE consumer_id = ?", (id,))
    return StoredConsumer(
        name=name,
        policy=_parse(str(policy)),
        checkpoint=checkpoint,
        settled=frozenset(position for (position,) in settled),
        waiting={p: Waiting(attempts=a, due_ns=d) for p, a, d in waiting},
        parked=number(connection, "SELECT count(*) FROM consumer_parked WHERE consumer_id = ?", (id,)),
    )


def _save(connection: apsw.Connection, id: int, changes: ConsumerChanges) -> None:
    if changes.checkpoint is not None:
        run(connection, "UPDATE consumers SET checkpoint = ? WHERE id = ?", (changes.checkpoint, id))
        for table in ("consumer_settled", "consumer_waiting"):
            passed = f"DELETE FROM {table} WHERE consumer_id = ? AND position <= ?"  # noqa: S608  constants only
            run(connection, passed, (id, changes.checkpoint))
    _save_settled(connection, id, changes.settled)
    for position, waiting in changes.waiting.items():
        row = (id, position, waiting.attempts, waiting.due_ns)
        run(connection, "INSERT OR REPLACE INTO consumer_waiting VALUES (?, ?, ?, ?)", row)
    for entry in changes.parked.values():
        parked = (id, entry.position, entry.attempts, entry.reason, entry.parked_ns)
        run(connection, "INSERT OR REPLACE INTO consumer_parked VALUES (?, ?, ?, ?, ?)", parked)
    if changes.unparked:
        unparked = (id, integers(changes.unparked))
        run(connection, "DELETE FROM consumer_parked WHERE consumer_id = ? AND position IN carray(?)", unparked)


def _save_settled(connection: apsw.Connection, id: int, positions: frozenset[int]) -> None:
    if positions:
        settled = (id, integers(positions))
        run(connection, "INSERT OR IGNORE INTO consumer_settled SELECT ?, value FROM carray(?)", settled)
        run(connection, "DELETE FROM consumer_waiting WHERE consumer_id = ? AND position IN carray(?)", settled)


def _parked(connection: apsw.Connection, name: str, after: int, limit: int) -> Sequence[ParkedEntry]:
    found = rows(
        connection,
        "SELECT position, attempts, reason, parked_ns FROM consumer_parked"
        " WHERE consumer_id = ? AND position > ? ORDER BY position LIMIT ?",
        (_id(connection, name), after, limit),
    )
    return [ParkedEntry(position=p, attempts=a, reason=str(r), parked_ns=ns) for p, a, r, ns in found]


def _id(connection: apsw.Connection, name: str) -> int:
    found = number(connection, "SELECT id FROM consumers WHERE name = ?", (name,))
    if not found:
        raise UnknownConsumerError(name)
    return found


def _dump(policy: ConsumerPolicy) -> str:
    values = asdict(policy)
    for name in ("types", "sources"):
        values["filter"][name] = sorted(values["filter"][name])
    return json.dumps(values | {"backoff_seconds": list(policy.backoff_seconds)}, sort_keys=True)


def _parse(text: str) -> ConsumerPolicy:
    values = json.loads(text)
    wanted = values.pop("filter")
    for name in ("types", "sources"):
        wanted[name] = frozenset(wanted[name])
    values["backoff_seconds"] = tuple(values["backoff_seconds"])
    return ConsumerPolicy(filter=EventFilter(**wanted), **values)
