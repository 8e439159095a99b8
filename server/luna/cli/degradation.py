"""The command ``degradation``: how much of its work the node does."""

from collections.abc import Awaitable, Callable
from typing import Annotated, cast

import typer
from arkalia.node.v1.health_pb2 import DegradationLevel
from arkalia.resilience.v1.degradation_pb2 import Degradation

from arkalia_client import Arkalia
from luna.cli.again import Watch, shown
from luna.cli.call import talk
from luna.cli.output import as_json, clock_time, coloured, console, percent, table
from luna.cli.policies import Changes, DryRun, Etag, changed, tell
from luna.cli.state import Json, Reason, state_of
from luna.cli.words import short, span_of

app = typer.Typer(help="How much of its work the node does: show the level, set it, let it go.")


def add_to(root: typer.Typer) -> None:
    """Add these commands to *root*."""
    root.add_typer(app, name="degradation")


@app.callback(invoke_without_command=True)
def degradation(context: typer.Context, *, watch: Watch = False, json: Json = False) -> None:
    """Show the level, and the pressure behind it."""
    if context.invoked_subcommand:
        return

    async def hold(node: Arkalia) -> None:
        async def show() -> None:
            _print(await node.degradation.get(), json=json)

        await shown(show, watch=watch, json=json)

    talk(state_of(context).target, hold)


@app.command(name="set")
def set_level(
    context: typer.Context,
    level: Annotated[str, typer.Argument(help="NORMAL, LIGHT, MODERATE, HEAVY, EMERGENCY or SURVIVAL.")],
    *,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "set by hand",
    seconds: Annotated[float | None, typer.Option(min=1, help="How long to hold it. 10 minutes, if left out.")] = None,
    at_least: Annotated[bool, typer.Option("--at-least", help="Leave a level that does less.")] = False,
    json: Json = False,
) -> None:
    """Set the level, and hold it for a while."""
    wanted = _level(level)
    _steer(
        context,
        lambda node: node.degradation.set(wanted, reason=reason, hold_seconds=seconds, at_least=at_least),
        json=json,
    )


@app.command()
def release(context: typer.Context, *, json: Json = False) -> None:
    """Let the level follow the pressure again."""
    _steer(context, lambda node: node.degradation.release(reason="released by hand"), json=json)


@app.command()
def policy(
    context: typer.Context,
    *,
    changes: Changes = None,
    dry_run: DryRun = False,
    etag: Etag = "",
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Show when the level changes, as JSON, or change it: --set calm=45s --set thresholds.HEAVY.pressure=0.7."""

    async def ask(node: Arkalia) -> None:
        before = await node.degradation.policy()
        if not changes:
            typer.echo(as_json(before))
            return
        wanted = changed(before.policy, changes)
        found = await node.degradation.update_policy(wanted, etag=etag or before.etag, reason=reason, dry_run=dry_run)
        if json:
            typer.echo(as_json(found))
            return
        tell(before.policy, found.revision.policy, revision=found.revision.revision, dry_run=dry_run)
        console().print(f"the pressure of now asks for {coloured(short(DegradationLevel.Name(found.level)))}")

    talk(state_of(context).target, ask)


def _level(name: str) -> DegradationLevel:
    try:
        return cast("DegradationLevel", DegradationLevel.Value(f"DEGRADATION_LEVEL_{name.upper()}"))
    except ValueError:
        known = ", ".join(short(name) for name in DegradationLevel.keys()[1:])
        raise typer.BadParameter(f"{name!r} is not a level; say {known}") from None


def _steer(context: typer.Context, ask: Callable[[Arkalia], Awaitable[Degradation]], *, json: bool) -> None:
    async def steer(node: Arkalia) -> None:
        _print(await ask(node), json=json)

    talk(state_of(context).target, steer)


def _print(found: Degradation, *, json: bool) -> None:
    if json:
        typer.echo(as_json(found, indent=None))
        return
    level = short(DegradationLevel.Name(found.level))
    held = f"  held until {clock_time(found.hold_until_time)}" if found.HasField("hold_until_time") else ""
    console().print(
        f"[bold]{coloured(level)}[/]  {found.capacity:.0%} of capacity  pressure {percent(found, 'pressure')}{held}"
    )
    if found.HasField("change_time"):
        console().print(f"since {clock_time(found.change_time)}: {found.reason}", markup=False)
    if found.HasField("calm_remaining"):
        console().print(f"one level up after {span_of(found, 'calm_remaining')} of calm")
    for title, services in (("suspended", found.suspended_services), ("failing", found.failing_services)):
        if services:
            console().print(f"{title}: {', '.join(services)}", markup=False)
    rows = [
        [signal.signal, f"{signal.reading:.3f}", f"{signal.pressure:.0%}", "critical" if signal.critical else ""]
        for signal in found.signals
    ]
    console().print(table(["signal", "reading", "pressure", ""], rows))
