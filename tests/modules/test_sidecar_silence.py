"""When a process that does not answer is frozen."""

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from luna.sidecar.probing import Pace
from luna.sidecar.process_stat import memory_bytes, process_stat, rss_bytes
from luna.sidecar.silence import Look, Silence, Verdict
from luna.transport.heartbeat import Heartbeat, beat_age_seconds, beat_path
from luna.transport.schedule import Schedule, schedule

PACE = Pace(frozen_seconds=1.5, starved_seconds=10.0, busy_seconds=30.0)


def look(*, state: str = "S", ran: float = 0.0, waited: float = 0.0, beat: float | None = None) -> Look:
    return Look(state=state, schedule=Schedule(ran_seconds=ran, waited_seconds=waited), beat_age_seconds=beat)


def judge(after: float, seen: Look) -> Verdict:
    return Silence(100.0, look(), PACE).judge(100.0 + after, seen)


def test_a_silence_within_the_limit_is_none() -> None:
    """
    Whatever else can be seen.
    """
    assert judge(1.5, look(state="T")) is Verdict.WELL


def test_who_is_silent_without_an_excuse_is_frozen() -> None:
    """
    Idle, or busy with something that is not its event loop.
    """
    assert judge(1.6, look()) is Verdict.FROZEN
    assert judge(1.6, look(state="R", ran=1.6)) is Verdict.FROZEN
    assert judge(1.6, look(beat=1.6)) is Verdict.FROZEN
    assert judge(1.6, Look(state="S", schedule=None, beat_age_seconds=None)) is Verdict.FROZEN


@pytest.mark.parametrize("state", ["T", "t"])
def test_who_is_stopped_has_no_excuse(state: str) -> None:
    """
    It may have waited for a processor, and shown a heartbeat, until just before.
    """
    assert judge(1.6, look(state=state, waited=1.6, beat=0.1)) is Verdict.FROZEN


def test_who_got_no_processor_is_starved_for_a_while() -> None:
    """
    Not one that had enough of it to answer, and not for ever.
    """
    assert judge(1.6, look(state="R", ran=0.1, waited=1.4)) is Verdict.STARVED
    assert judge(9.9, look(state="R", ran=0.4, waited=9.0)) is Verdict.STARVED
    assert judge(1.6, look(state="R", ran=0.6, waited=1.0)) is Verdict.FROZEN
    assert judge(10.1, look(state="R", ran=0.1, waited=10.0)) is Verdict.FROZEN


def test_who_waits_for_a_disk_is_starved_too() -> None:
    """
    A signal would not reach it anyway.
    """
    assert judge(1.6, look(state="D")) is Verdict.STARVED


def test_whose_loop_turns_is_busy() -> None:
    """
    For longer than one that starves, since that is what an overrun process looks like.
    """
    assert judge(1.6, look(ran=1.5, beat=0.3)) is Verdict.BUSY
    assert judge(29.9, look(ran=29.0, beat=1.4)) is Verdict.BUSY
    assert judge(30.1, look(ran=29.0, beat=0.1)) is Verdict.FROZEN


def test_only_what_happened_since_the_last_answer_counts() -> None:
    """
    To have waited before it is no excuse.
    """
    silence = Silence(100.0, look(), PACE)
    silence.heard(110.0, look(waited=9.0))

    assert silence.judge(111.0, look(waited=9.0)) is Verdict.WELL
    assert silence.judge(111.6, look(waited=9.0)) is Verdict.FROZEN


def test_time_in_which_nobody_listened_does_not_count() -> None:
    """
    And never more than there was.
    """
    silence = Silence(100.0, look(), PACE)
    silence.excuse(105.0, 4.5)
    early, late = silence.judge(105.5, look()), silence.judge(106.1, look())
    silence.excuse(106.1, 1000.0)

    assert (early, late) == (Verdict.WELL, Verdict.FROZEN)
    assert silence.seconds(106.1) == 0.0


def test_the_kernel_is_asked_about_processes(tmp_path: Path) -> None:
    """
    A stopped one is known to be stopped, and one that is gone is not made up.
    """
    program = tmp_path / "a) b (c"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([str(program), "60"]) as process:
        process.send_signal(signal.SIGSTOP)
        until = time.monotonic() + 5
        while (found := process_stat(process.pid)) and found.state != "T" and time.monotonic() < until:
            time.sleep(0.01)
        process.kill()
    ours, scheduled = process_stat(os.getpid()), schedule(os.getpid())

    assert found is not None
    assert found.state == "T"
    assert ours is not None
    assert 2**20 < ours.rss_bytes < memory_bytes()
    assert scheduled is not None
    assert 0 < scheduled.ran_seconds <= ours.cpu_seconds + 1
    assert (process_stat(process.pid), rss_bytes(process.pid), schedule(process.pid)) == (None, None, None)


async def test_a_heart_beats_as_long_as_the_loop_turns(tmp_path: Path) -> None:
    """
    Others see how long ago the last beat was; where there was none, nothing.
    """
    path = beat_path(tmp_path / "kernel-0.1.sock")
    before = beat_age_seconds(path)
    beating = asyncio.create_task(Heartbeat(path).run())
    await asyncio.sleep(0.05)
    fresh = beat_age_seconds(path)
    time.sleep(0.5)  # noqa: ASYNC251  the loop stands still
    stale = beat_age_seconds(path)
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)

    assert (path.name, before) == ("kernel-0.1.beat", None)
    assert fresh is not None
    assert stale is not None
    assert fresh < 0.4 < stale
    assert not path.exists()
    path.write_bytes(b"cut")
    assert beat_age_seconds(path) is None
