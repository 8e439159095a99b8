"""Attaches to processes that somebody else starts, and starts again: the kubelet, systemd, whoever supervises.

::

                 listens on its socket                ends
    AWAITED ────────────────────────────▶ ATTACHED ─────────▶ AWAITED
            held by pidfd, its owner sure          told to the runner

Rule 1: a process is who listens on the socket of its role. Only through the hold of that very process is it signalled.
Rule 2: whoever listens there and is not ours is left alone, and said to be there.
Rule 3: to start a process is to wait for it. Whoever supervises decides when.
"""

import asyncio
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from luna.sidecar.child import Child, exit_of
from luna.sidecar.exit_info import exit_status
from luna.sidecar.facts import NodeStopping, Record
from luna.sidecar.notebook import Notebook
from luna.sidecar.parent import Inheritance, Parent
from luna.sidecar.peer import NobodyError, Peer, StrangerError, listener
from luna.sidecar.process_stat import age_seconds
from luna.sidecar.spawner import Found, Order, SpawnError
from luna.sidecar.waiting import first_of

LOOK_SECONDS: Final = 0.03
"""Between two looks whether a process has come."""
_BEAT_SECONDS: Final = 1.0
_HEAR_SECONDS: Final = 0.25

_log = logging.getLogger(__name__)


class Attached:
    """Stands where a keeper does, and starts nothing. What must be remembered is in a file beside the sockets."""

    attached = True

    def __init__(self, run: Path) -> None:
        self._run = run
        self._notebook = Notebook(run / "sidecar.json")
        self._marker = stopping_marker(run)
        self._page: dict[str, Any] = {}
        self._dropped: dict[str, asyncio.Event] = {}
        self._strangers: dict[str, str] = {}
        self._ends: set[asyncio.Task[None]] = set()

    @property
    def ending(self) -> bool:
        """Whether whoever supervises has said that it ends everything."""
        return self._marker.exists()

    async def hello(self) -> Inheritance:
        """Take charge of what an earlier sidecar was attached to, and still runs."""
        page, outage = self._notebook.read()
        notes = page.get("notes", {})
        now, now_ns = time.monotonic(), time.time_ns()
        self._marker.unlink(missing_ok=True)
        self._page = {
            "life": int(page.get("life", 0)) + 1,
            "began": page.get("began", now),
            "began_ns": page.get("began_ns", now_ns),
            "memo": page.get("memo", {}),
            "notes": notes,
            "goodbye": False,
        }
        found = [self._found(key, note, outage) for key, note in notes.items()]
        self._save()
        return Inheritance(
            keeper_pid=os.getpid(),
            life=self._page["life"],
            began=self._page["began"],
            began_ns=self._page["began_ns"],
            outage_seconds=outage,
            exit=None,
            memo=self._page["memo"],
            found=found,
            on_purpose=page.get("goodbye") is True,
        )

    async def start(self, order: Order) -> Child:
        """Wait until the process is there.

        Raises:
            SpawnError: nobody wants it any more.

        """
        dropped = self._dropped[order.key] = asyncio.Event()
        while (child := self._attach(order.key, order.log)) is None:
            await first_of(dropped, seconds=LOOK_SECONDS)
            if dropped.is_set():
                raise SpawnError("it is not waited for any more")
        self._page.setdefault("notes", {})[order.key] = {**order.note, "pid": child.pid, "log": str(order.log)}
        self._save()
        return child

    async def assign(self, key: str, child: Child, order: Order) -> None:
        """Refuse: a process is what whoever started it had it be.

        Raises:
            SpawnError: always.

        """
        raise SpawnError(f"{key} was started as what it is, and not to be {order.key}; pid {child.pid} stays as it is")

    def let_go(self, key: str) -> None:
        """Do not wait for it any more."""
        if dropped := self._dropped.get(key):
            dropped.set()

    def remember(self, memo: Mapping[str, object]) -> None:
        """Keep *memo* for a later sidecar."""
        self._page["memo"] = dict(memo)
        self._save()

    def say_goodbye(self, code: int) -> None:
        """Write down that this sidecar did not fall."""
        del code
        self._page["goodbye"] = True
        self._save()

    async def beat(self) -> None:
        """Show again and again that this process is well, forever."""
        while True:
            self._notebook.touch()
            await asyncio.sleep(_BEAT_SECONDS)

    def _save(self) -> None:
        self._notebook.write(self._page)

    def _found(self, key: str, note: Mapping[str, Any], outage: float) -> Found:
        """Compare what was with what is. What ended meanwhile did so somewhere in the *outage*: then at its begin."""
        child, before = self._attach(key, Path(str(note.get("log", "")))), int(note.get("pid", 0))
        exits = []
        if child is None or child.pid != before:
            time_ns = time.time_ns() - round(outage * 1e9)
            exits = [(before, exit_of(None, time_ns=time_ns, ran_seconds=0.0))]
        again = int(child is not None and child.pid != before)
        return Found(key=key, child=child, keep=True, restarts=again, exits=exits, note=note)

    def _attach(self, key: str, log: Path) -> Child | None:
        try:
            peer = listener(self._run / f"{key}.sock")
        except NobodyError:
            return None
        except StrangerError as error:
            if self._strangers.get(key) != str(error):
                self._strangers[key] = str(error)
                _log.warning("whoever listens is left alone", extra={"key": key, "why": str(error)})
            return None
        age = age_seconds(peer.pid)
        child = Child(
            pid=peer.pid,
            pidfd=peer.pidfd,
            log=log,
            log_begin=0,
            started_ns=time.time_ns() - round(age * 1e9),
        )
        asyncio.get_running_loop().add_reader(peer.pidfd, self._ended, child, peer, time.monotonic() - age)
        return child

    def _ended(self, child: Child, peer: Peer, began: float) -> None:
        asyncio.get_running_loop().remove_reader(peer.pidfd)
        now_ns, ran = time.time_ns(), time.monotonic() - began

        async def tell() -> None:
            status = await exit_status(peer.pidfd)
            child.ended(status=status, time_ns=now_ns, ran_seconds=ran)

        task = asyncio.ensure_future(tell())
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)


async def hear_the_end(parent: Parent, record: Record) -> None:
    """Take note when whoever supervises stops the node, while there is a log to write it to. Goes on forever."""
    said = False
    while True:
        ending = parent.ending
        if ending and not said:
            record(NodeStopping(reason="whoever supervises stops it"))
        said = ending
        await asyncio.sleep(_HEAR_SECONDS)


def stopping_marker(run: Path) -> Path:
    """Return the file whose existence says that whoever supervises ends everything."""
    return run / "stopping"
