"""The recovery policy is changed whole or not at all, and kept as revisions."""

import pytest
from arkalia.recovery.v1 import recovery_pb2 as pb

from luna.adapters.memory_log import MemoryEventLog
from luna.kernel.clock import SystemClock
from luna.kernel.error_reports import ErrorType
from luna.resilience.recovery_policy import RecoveryPolicy
from luna.sidecar.recovery.errors import RecoveryPolicyChangedError, RecoveryPolicyInvalidError
from luna.sidecar.recovery.policies import PolicyBook, policy_from, policy_to
from tests.recovery import IDENTITY


def book(log: MemoryEventLog) -> tuple[PolicyBook, list[tuple[RecoveryPolicy, int]]]:
    adopted: list[tuple[RecoveryPolicy, int]] = []
    made = PolicyBook(
        log, IDENTITY, clock=SystemClock(), adopt=lambda policy, revision: adopted.append((policy, revision))
    )
    return made, adopted


def changed(attempts: int = 7) -> pb.RecoveryPolicy:
    policy = policy_to(RecoveryPolicy())
    policy.rules[0].attempts_max = attempts
    return policy


async def test_a_change_is_a_revision_that_the_next_life_reads() -> None:
    """
    It comes into force at once, and again after a restart.
    """
    log = MemoryEventLog(SystemClock())
    made, adopted = book(log)
    first = made.current
    second = await made.update(changed(), etag=first.etag, reason="patience", dry_run=False)
    later, read = book(log)
    await later.load()

    assert (first.revision, second.revision, second.reason) == (0, 1, "patience")
    assert adopted == read
    assert read[0][1] == 1
    assert read[0][0].rules[ErrorType.TIMEOUT].attempts_max == 7
    assert later.current == second


async def test_what_is_built_in_reads_back_as_it_is() -> None:
    """
    Nothing is lost on the way through the contract.
    """
    assert policy_from(policy_to(RecoveryPolicy())) == RecoveryPolicy()


async def test_a_stale_change_is_refused_and_the_same_one_twice_is_one() -> None:
    """
    An answer that was lost can be asked for again.
    """
    made, _ = book(MemoryEventLog(SystemClock()))
    etag = made.current.etag
    second = await made.update(changed(), etag=etag, reason="", dry_run=False)
    again = await made.update(changed(), etag=etag, reason="", dry_run=False)

    assert again == second
    with pytest.raises(RecoveryPolicyChangedError) as caught:
        await made.update(changed(9), etag=etag, reason="", dry_run=False)
    assert caught.value.metadata == {"etag": second.etag, "revision": "1"}


async def test_a_dry_run_changes_nothing() -> None:
    """
    It answers what the change would be.
    """
    made, adopted = book(MemoryEventLog(SystemClock()))
    would = await made.update(changed(), etag=made.current.etag, reason="", dry_run=True)

    assert (would.revision, made.current.revision, adopted) == (1, 0, [])


async def test_a_policy_that_breaks_rules_is_refused_with_all_of_them() -> None:
    """
    Not only the first.
    """
    policy = policy_to(RecoveryPolicy())
    policy.rules[3].wait.FromMilliseconds(5000)
    policy.rules[3].wait_max.FromMilliseconds(10)
    policy.rules[1].strategies[:] = [
        pb.RECOVERY_STRATEGY_MANUAL_INTERVENTION,
        pb.RECOVERY_STRATEGY_SYSTEM_RESTART,
    ]
    policy.rules[2].approvals[:] = [pb.RECOVERY_STRATEGY_SYSTEM_RESTART]
    policy.rules[6].type = pb.ERROR_TYPE_TIMEOUT
    made, _ = book(MemoryEventLog(SystemClock()))
    with pytest.raises(RecoveryPolicyInvalidError) as caught:
        await made.update(policy, etag=made.current.etag, reason="", dry_run=False)

    wanted = {"MEMORY.strategies", "CONTRADICTION.approvals", "UNKNOWN", "TIMEOUT", "CONNECTION_LOST.wait_max"}
    assert {f"violation/rules.{field}" for field in wanted} <= caught.value.metadata.keys()
    assert made.current.revision == 0
