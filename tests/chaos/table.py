"""Strikes a node, and tells in numbers what became of it and of its callers."""

import asyncio
import json
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc.aio

from luna.sidecar.chaos.injecting import injector_of
from tests.chaos.load import steady_load
from tests.chaos.receipts import receipt_of, receipts
from tests.chaos.scenarios import Scenario
from tests.chaos.signs import time_to_heal
from tests.node import Node, running_node

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "chaos.json"
WARM_SECONDS = 2.0
CALM_SECONDS_MAX = 30.0
HEAL_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One strike."""

    scenario: str
    strategies: Sequence[str]
    outcome: str
    as_meant: bool
    """Whether the recovery ended as it had to: by itself, or with a human for what is fatal."""
    verified: bool
    heal_seconds: float | None
    """From the strike until the sign of health held again, by the clock of whoever struck."""
    receipt_seconds: float | None
    """From the failure until it worked again, by the node's own account."""
    sent: int
    failed_critical: int
    failed_others: int
    reasons: dict[str, int]


@asynccontextmanager
async def strikable_node(**settings: str) -> AsyncIterator[Node]:
    """Start a node that lets itself be struck."""
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder), chaos="true", **settings) as node:
            yield node


async def strike_once(scenario: Scenario) -> Round:
    """Start a node and strike it."""
    async with strikable_node(**scenario.settings) as node:
        return await strike(node, scenario)


async def strike(node: Node, scenario: Scenario) -> Round:
    """Put load on a node, strike it, and watch what becomes of it."""
    async with steady_load(node.target) as tally:
        await _warm(node)
        struck_ns, struck = time.time_ns(), time.monotonic()
        await scenario.strike(injector_of(node.home))
        healed = await time_to_heal(node, scenario.heals(), struck, seconds=HEAL_SECONDS)
        await asyncio.sleep(0.5)
    receipt = await receipt_of(node, scenario.target, after_ns=struck_ns, seconds=scenario.receipt_seconds)
    return Round(
        scenario=scenario.name,
        strategies=receipt.strategies if receipt else [],
        outcome=receipt.outcome if receipt else "no receipt",
        as_meant=bool(receipt and receipt.outcome == scenario.ends),
        verified=bool(receipt and receipt.verified),
        heal_seconds=healed,
        receipt_seconds=receipt.seconds if receipt else None,
        sent=sum(tally.sent.values()),
        failed_critical=tally.failed("CRITICAL"),
        failed_others=tally.failed("HIGH", "MEDIUM", "LOW"),
        reasons=dict(tally.reasons()),
    )


async def _warm(node: Node) -> None:
    """Wait until the node is as it is most of the time: its spare process is ready, and nothing is being mended."""
    async with asyncio.timeout(CALM_SECONDS_MAX):
        while not any((node.home / "run").glob("standby-*.sock")) or await _is_mending(node):
            await asyncio.sleep(0.1)
    await asyncio.sleep(WARM_SECONDS)


async def _is_mending(node: Node) -> bool:
    try:
        return any(not receipt.outcome for receipt in await receipts(node))
    except grpc.aio.AioRpcError:
        return True


def row(rounds: Sequence[Round], within_seconds: float) -> dict[str, Any]:
    """Return the figures of the rounds of one scenario."""
    heals = [it.heal_seconds for it in rounds if it.heal_seconds is not None]
    told = [it.receipt_seconds for it in rounds if it.receipt_seconds is not None]
    return {
        "scenario": rounds[0].scenario,
        "rounds": len(rounds),
        "strategies": sorted({name for it in rounds for name in it.strategies}),
        "recovered": sum(it.as_meant for it in rounds),
        "verified": sum(it.verified for it in rounds),
        "healed": len(heals),
        "heal_p50": _share(heals, 0.5),
        "heal_p95": _share(heals, 0.95),
        "receipt_p50": _share(told, 0.5),
        "receipt_p95": _share(told, 0.95),
        "required_p95": within_seconds,
        "sent": sum(it.sent for it in rounds),
        "failed_critical": sum(it.failed_critical for it in rounds),
        "failed_others": sum(it.failed_others for it in rounds),
        "reasons": dict(sum((Counter(it.reasons) for it in rounds), Counter())),
        "outcomes": dict(Counter(it.outcome for it in rounds)),
    }


def lines(rows: Iterable[dict[str, Any]]) -> Iterable[str]:
    """Return the table for people."""
    yield (
        f"{'scenario':22} {'strategy':44} {'recovered':>9} {'verified':>8} "
        f"{'heal p50/p95 s':>15} {'receipt p50/p95':>15} {'CRITICAL':>8} {'others':>7}  of"
    )
    for it in rows:
        share = f"{it['recovered']}/{it['rounds']}"
        verified = f"{it['verified']}/{it['rounds']}"
        heal = f"{_spelled(it['heal_p50'])}/{_spelled(it['heal_p95'])}"
        told = f"{_spelled(it['receipt_p50'])}/{_spelled(it['receipt_p95'])}"
        strategies = it["strategies"]
        assert isinstance(strategies, list)
        yield (
            f"{it['scenario']:22} {', '.join(strategies)[:44]:44} {share:>9} {verified:>8} {heal:>15} {told:>15} "
            f"{it['failed_critical']:>8} {it['failed_others']:>7}  {it['sent']}"
        )


def keep(rows: Sequence[dict[str, Any]], rounds: Sequence[Round]) -> None:
    """Store the figures."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"rows": rows, "rounds": [asdict(it) for it in rounds]}, indent=2) + "\n")


def _share(values: Sequence[float], share: float) -> float | None:
    if not values:
        return None
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[round(100 * share) - 1]


def _spelled(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else "–"
