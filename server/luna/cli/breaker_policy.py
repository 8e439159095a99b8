"""The commands ``breakers policy`` and ``breakers update``: when circuit breakers open and close."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, TypeAlias

import typer
from arkalia.resilience.v1.circuit_breaker_pb2 import CircuitBreakerPolicy, CircuitPolicyRevision, CircuitSelector
from arkalia.resilience.v1.circuit_breaker_service_pb2 import UpdateCircuitBreakerResponse

from arkalia_client import Arkalia
from luna.cli.call import talk
from luna.cli.output import as_json, console
from luna.cli.policies import DryRun, Etag, changed, tell
from luna.cli.selectors import selector
from luna.cli.state import Json, Reason, state_of

Number: TypeAlias = int | None
Ratio: TypeAlias = float | None
Seconds: TypeAlias = float | None

_FIELDS: Final = {
    "window_seconds": "window",
    "slow_seconds": "slow_call",
    "open_seconds": "open",
    "open_seconds_max": "open_max",
}
"""What the contract calls the fields that hold a time."""
_MAY_BE_UNSET: Final = frozenset({"window_calls", "slow_seconds"})


def policy(context: typer.Context) -> None:
    """Show when breakers open and close, as JSON."""

    async def show(node: Arkalia) -> None:
        typer.echo(as_json(await node.breakers.policy()))

    talk(state_of(context).target, show)


def update(
    context: typer.Context,
    which: Annotated[
        str,
        typer.Argument(
            metavar="NAME_OR_PATTERN",
            help="Those to set the policy of, as PROCESS/SIDE/PEER/METHOD with * for any. *: all that no rule is for.",
        ),
    ],
    *,
    calls_min: Annotated[Number, typer.Option(help="Calls below which shares mean nothing.")] = None,
    window_seconds: Annotated[Seconds, typer.Option(help="How far back calls count.")] = None,
    window_calls: Annotated[
        Number, typer.Option(help="How many calls count, the newest. 0: all in the window.")
    ] = None,
    failure_ratio: Annotated[Ratio, typer.Option(help="The share of failures that opens.")] = None,
    slow_ratio: Annotated[Ratio, typer.Option(help="The share of slow calls that opens.")] = None,
    slow_seconds: Annotated[Seconds, typer.Option(help="From when a call is slow. 0: half of its deadline.")] = None,
    consecutive_failures: Annotated[Number, typer.Option(help="Failures in a row that open.")] = None,
    open_seconds: Annotated[Seconds, typer.Option(help="How long to stay open at first.")] = None,
    open_seconds_max: Annotated[Seconds, typer.Option(help="How long at most, after openings in a row.")] = None,
    open_jitter: Annotated[Ratio, typer.Option(help="By what share of it the time open varies.")] = None,
    probes_max: Annotated[Number, typer.Option(help="Calls let through at once while half open.")] = None,
    probe_successes: Annotated[Number, typer.Option(help="Successes that close.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the rule of these very breakers.")] = False,
    dry_run: DryRun = False,
    etag: Etag = "",
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Set when breakers open and close. What is not given stays as their rule, or the policy of all, has it."""
    chosen = None if which == "*" else selector(which)
    assignments = list(
        _assignments(
            {
                "calls_min": calls_min,
                "window_seconds": window_seconds,
                "window_calls": window_calls,
                "failure_ratio": failure_ratio,
                "slow_ratio": slow_ratio,
                "slow_seconds": slow_seconds,
                "consecutive_failures": consecutive_failures,
                "open_seconds": open_seconds,
                "open_seconds_max": open_seconds_max,
                "open_jitter": open_jitter,
                "probes_max": probes_max,
                "probe_successes": probe_successes,
            }
        )
    )
    if remove == bool(assignments):
        raise typer.BadParameter("say what to change, or --remove alone; --help lists what there is")

    async def ask(node: Arkalia) -> None:
        revision = await node.breakers.policy()
        wanted = None if remove else changed(_policy_of(chosen, revision), assignments)
        found = await node.breakers.update(
            wanted, etag=etag or revision.etag, selector=chosen, reason=reason, dry_run=dry_run
        )
        if json:
            typer.echo(as_json(found))
            return
        before, after = (_policy_of(chosen, one) for one in (revision, found.revision))
        tell(before, after, revision=found.revision.revision, dry_run=dry_run)
        _print(found)

    talk(state_of(context).target, ask)


def _assignments(given: Mapping[str, float | None]) -> Iterator[str]:
    for name, value in given.items():
        if value is None:
            continue
        text = f"{value:.9f}" if name in _FIELDS else str(value)
        yield f"{_FIELDS.get(name, name)}={'' if name in _MAY_BE_UNSET and not value else text}"


def _policy_of(chosen: CircuitSelector | None, revision: CircuitPolicyRevision) -> CircuitBreakerPolicy:
    """Return what the rule of these very breakers says, or else the policy of all that have none."""
    return next((rule.policy for rule in revision.rules if rule.selector == chosen), revision.policy)


def _print(found: UpdateCircuitBreakerResponse) -> None:
    for title, names in (("the policy changes of", found.affected), ("of these would open at once", found.opening)):
        if names:
            console().print(f"{title}:")
            for name in names:
                console().print(f"  {name}", markup=False)
