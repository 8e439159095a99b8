"""The commands that change policies, as they are typed, against real servers."""

import asyncio
import json
import os
import sys
from typing import NamedTuple

from luna.adapters.memory_log import MemoryEventLog
from luna.kernel.clock import SystemClock
from tests.integration import recovery_server
from tests.integration.resilience_server import Reporter, name_of, running
from tests.integration.zeroia_server import Node

REFUSED, USAGE = 1, 64


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    complaint: str

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.out.splitlines()]


async def arkalia(address: str, *words: str) -> Done:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "luna", "--target", address, *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "250"},
    )
    out, complaint = await process.communicate()
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), complaint.decode())


async def test_breakers_are_told_to_open_for_longer() -> None:
    """
    First only as an experiment; then for good, with what was not named left as it was.
    """
    node = Node()
    async with running(node) as server:
        reporter = Reporter(node=node, stub=server.circuits)
        reporter.fail(reporter.breaker(), 3)
        await reporter.report()
        words = ("breakers", "update", "log/client", "--open-seconds", "90", "--consecutive-failures", "3")
        tried = await arkalia(server.address, *words, "--dry-run")
        shown = await arkalia(server.address, "breakers", "policy")
        await arkalia(server.address, *words, "--reason", "patience")
        again = await arkalia(server.address, "breakers", "update", "log/client", "--open-jitter", "0", "--json")

    affected = name_of("log-0")
    assert tried.lines == [
        "revision 1, not recorded",
        "consecutive_failures: 5 → 3",
        "open: 60s → 90s",
        "the policy changes of:",
        affected,
        "of these would open at once:",
        affected,
    ]
    assert "rules" not in json.loads(shown.out)
    answer = json.loads(again.out)
    assert answer["revision"]["revision"] == 2
    (rule,) = answer["revision"]["rules"]
    assert (rule["policy"]["open"], rule["policy"]["consecutiveFailures"]) == ("90s", 3)


async def test_a_rule_is_removed_and_the_policy_of_all_is_set() -> None:
    """
    A star means those that no rule is for, and makes no rule of its own.
    """
    async with running(Node()) as server:
        await arkalia(server.address, "breakers", "update", "log", "--probes-max", "4")
        removed = await arkalia(server.address, "breakers", "update", "log", "--remove")
        everywhere = await arkalia(server.address, "breakers", "update", "*", "--window-calls", "50", "--json")
        nothing = await arkalia(server.address, "breakers", "update", "log")

    assert removed.lines == ["revision 2", "probes_max: 4 → 1"]
    revision = json.loads(everywhere.out)["revision"]
    assert "rules" not in revision
    assert revision["policy"]["windowCalls"] == 50
    assert nothing.code == USAGE
    assert "say what to change" in nothing.complaint


async def test_a_policy_that_breaks_rules_is_refused_with_all_of_them() -> None:
    """
    Each on a line of its own, by the name that sets the field.
    """
    async with running(Node()) as server:
        done = await arkalia(
            server.address,
            *(
                "degradation",
                "policy",
                "--set",
                "thresholds.HEAVY.pressure=0.01",
                "--set",
                "scales.cpu.low=3",
                "--dry-run",
            ),
        )

    assert done.code == REFUSED
    assert "RESILIENCE_ERROR_REASON_POLICY_INVALID" in done.complaint
    named = [line.split(":")[0].strip() for line in done.complaint.splitlines() if line.startswith("  ")]
    assert sorted(named) == ["policy.scales.cpu.high", "policy.thresholds"]


async def test_the_level_is_told_to_stay_down_for_longer() -> None:
    """
    The answer says what the pressure of now asks for under it.
    """
    async with running(Node()) as server:
        done = await arkalia(server.address, "degradation", "policy", "--set", "calm=45s", "--reason", "patience")
        shown = json.loads((await arkalia(server.address, "degradation", "policy")).out)

    assert done.lines == ["revision 1", "calm: 30s → 45s", "the pressure of now asks for NORMAL"]
    assert (shown["policy"]["calm"], shown["reason"]) == ("45s", "patience")


async def test_a_policy_that_has_changed_since_it_was_looked_at_stays() -> None:
    """
    With the etag of the revision that was looked at, a change is made to that one or not at all.
    """
    async with running(Node()) as server:
        looked_at = json.loads((await arkalia(server.address, "degradation", "policy")).out)["etag"]
        await arkalia(server.address, "degradation", "policy", "--set", "calm=45s")
        late = await arkalia(server.address, "degradation", "policy", "--set", "calm=50s", "--etag", looked_at)

    assert late.code == REFUSED
    assert "RESILIENCE_ERROR_REASON_POLICY_CHANGED" in late.complaint


async def test_what_is_tried_for_a_failure_is_changed() -> None:
    """
    As an experiment, then for good; what breaks rules, or is no field, changes nothing.
    """
    async with recovery_server.running(MemoryEventLog(SystemClock())) as server:
        words = ("recoveries", "policy", "--set", "rules.TIMEOUT.attempts_max=9", "--set", "recoveries_max=7")
        tried = await arkalia(server.address, *words, "--dry-run")
        kept = await arkalia(server.address, *words, "--json")
        wrong = await arkalia(
            server.address,
            *(
                "recoveries",
                "policy",
                "--set",
                "rules.TIMEOUT.wait=50",
                "--set",
                "rules.MEMORY.approvals=CIRCUIT_BREAK",
            ),
        )
        typo = await arkalia(server.address, "recoveries", "policy", "--set", "rules.TIMEOUT.attempts=9")
        shown = json.loads((await arkalia(server.address, "recoveries", "policy")).out)

    assert tried.lines[0] == "revision 1, not recorded"
    assert tried.lines[1].startswith("rules.TIMEOUT.attempts_max: ")
    assert tried.lines[1].endswith(" → 9")
    assert json.loads(kept.out) == shown
    assert (shown["revision"], shown["policy"]["recoveriesMax"]) == (1, 7)
    assert (wrong.code, typo.code) == (REFUSED, USAGE)
    assert "rules.TIMEOUT." in wrong.complaint
    assert "rules.MEMORY.approvals" in wrong.complaint
    assert "say one of type, severity, strategies, attempts_max" in typo.complaint
