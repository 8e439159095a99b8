"""A tethered process does not outlive its parent."""

import os
import subprocess
import sys
from pathlib import Path

from luna.sidecar import tether

TETHER = str(Path(tether.__file__))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-S", "-I", TETHER, *arguments], capture_output=True, text=True, check=False, timeout=20
    )


def test_the_command_takes_the_place_of_the_tether() -> None:
    """
    Its output and its exit code are those of the command, which leads a session of its own.
    """
    done = run(str(os.getpid()), "sh", "-c", 'echo "$$ $(cut -d" " -f6 /proc/$$/stat)"; exit 7')

    pid, session = done.stdout.split()
    assert pid == session
    assert done.returncode == 7


def test_nothing_runs_for_a_parent_that_is_gone() -> None:
    """
    A parent that ended before the tether was tied will never be missed, so the command is not even started.
    """
    done = run("1", "sh", "-c", "echo started")

    assert done.stdout == ""
    assert done.returncode == 75


def test_a_command_that_is_not_there_is_named() -> None:
    """
    With the exit code that shells use.
    """
    done = run(str(os.getpid()), "/no/such/command")

    assert done.returncode == 127
    assert "/no/such/command" in done.stderr
