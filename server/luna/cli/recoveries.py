"""The command ``recoveries``: what failed, and how it was mended."""

from typing import Annotated

import typer
from arkalia.node.v1.severity_pb2 import Severity
from arkalia.recovery.v1.recovery_pb2 import (
    ErrorTarget,
    ErrorType,
    Recovery,
    RecoveryReport,
    RecoveryState,
    RecoveryStep,
    RecoveryStrategy,
    Verification,
)

from arkalia_client import Arkalia
from luna.cli.again import Watch, shown
from luna.cli.call import talk
from luna.cli.output import as_json, clock_time, console, percent, table
from luna.cli.policies import Changes, DryRun, Etag, changed, tell
from luna.cli.state import Json, Reason, state_of
from luna.cli.words import short, span_of

app = typer.Typer(help="What failed on the node, how it was mended, and what proves it.")


def add_to(root: typer.Typer) -> None:
    """Add these commands to *root*."""
    root.add_typer(app, name="recoveries")


@app.callback(invoke_without_command=True)
def recoveries(
    context: typer.Context,
    *,
    process: Annotated[str, typer.Option(help="Only those about this process.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many to show.")] = 20,
    watch: Watch = False,
    json: Json = False,
) -> None:
    """Show recoveries, the newest first."""
    if context.invoked_subcommand:
        return

    async def hold(node: Arkalia) -> None:
        async def show() -> None:
            found = await node.recoveries.list(process=process, limit=limit)
            if json:
                for recovery in found:
                    typer.echo(as_json(recovery, indent=None))
            else:
                columns = ["began", "type", "severity", "target", "state", "strategy", "steps", "took", "recovery"]
                console().print(table(columns, [_row(recovery) for recovery in found]))

        await shown(show, watch=watch, json=json)

    talk(state_of(context).target, hold)


@app.command()
def show(context: typer.Context, recovery_id: str, *, json: Json = False) -> None:
    """Show the receipts of one recovery."""

    async def ask(node: Arkalia) -> None:
        _print(await node.recoveries.get(recovery_id), json=json)

    talk(state_of(context).target, ask)


@app.command()
def approve(context: typer.Context, recovery_id: str, *, json: Json = False) -> None:
    """Let a recovery take the step that it waits to be allowed."""

    async def ask(node: Arkalia) -> None:
        _print(await node.recoveries.approve(recovery_id), json=json)

    talk(state_of(context).target, ask)


@app.command()
def cancel(
    context: typer.Context,
    recovery_id: str,
    *,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Stop a recovery after the step under way."""

    async def ask(node: Arkalia) -> None:
        _print(await node.recoveries.cancel(recovery_id, reason=reason), json=json)

    talk(state_of(context).target, ask)


@app.command()
def report(context: typer.Context, *, json: Json = False) -> None:
    """Show rates and times of all recoveries, computed from the event log."""

    async def ask(node: Arkalia) -> None:
        found = await node.recoveries.report()
        if json:
            typer.echo(as_json(found))
        else:
            _print_report(found)

    talk(state_of(context).target, ask)


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
    """Show what is tried for which failure, as JSON, or change it: --set rules.TIMEOUT.attempts_max=5."""

    async def ask(node: Arkalia) -> None:
        before = await node.recoveries.policy()
        if not changes:
            typer.echo(as_json(before))
            return
        wanted = changed(before.policy, changes)
        after = await node.recoveries.update_policy(wanted, etag=etag or before.etag, reason=reason, dry_run=dry_run)
        if json:
            typer.echo(as_json(after))
        else:
            tell(before.policy, after.policy, revision=after.revision, dry_run=dry_run)

    talk(state_of(context).target, ask)


def spelled(target: ErrorTarget) -> str:
    """Return what is wrong, and where, in one word or two."""
    what = target.method or target.service or target.resource
    return " ".join(word for word in (target.process, what) if word) or "node"


def _row(recovery: Recovery) -> list[str]:
    return [
        clock_time(recovery.detect_time),
        short(ErrorType.Name(recovery.type)),
        short(Severity.Name(recovery.severity)),
        spelled(recovery.target),
        short(RecoveryState.Name(recovery.state)),
        short(RecoveryStrategy.Name(recovery.strategy)),
        str(len(recovery.steps)),
        span_of(recovery, "time_to_recover"),
        recovery.recovery_id,
    ]


def _print(recovery: Recovery, *, json: bool) -> None:
    if json:
        typer.echo(as_json(recovery))
        return
    columns = ["began", "type", "severity", "target", "state", "strategy", "steps", "took", "recovery"]
    console().print(table(columns, [_row(recovery)]))
    for line in (recovery.error.message, recovery.outcome, recovery.incident_id):
        if line:
            console().print(line, markup=False)
    steps = [_step(step) for step in recovery.steps]
    console().print(table(["step", "strategy", "what was done", "verified by", "", "evidence"], steps))


def _step(step: RecoveryStep) -> list[str]:
    evidence = "  ".join(f"{it.name}={it.text}" for it in step.evidence)
    return [
        str(step.step),
        f"{short(RecoveryStrategy.Name(step.strategy))} {step.attempt}",
        step.action,
        short(Verification.Name(step.verification)),
        "yes" if step.verified else "no",
        evidence if step.verified else f"{step.failure}  {evidence}",
    ]


def _print_report(found: RecoveryReport) -> None:
    console().print(
        f"{found.recoveries} recoveries: {found.succeeded} succeeded, {found.escalated} escalated, "
        f"{found.failed} failed, {found.cancelled} cancelled; {found.under_way} under way; "
        f"{found.recurrences} recurrences; {found.open_incidents} open incidents"
    )
    console().print(
        f"recovery rate {percent(found, 'recovery_rate')}, time to recover "
        f"p50 {span_of(found, 'time_to_recover_p50')}, p95 {span_of(found, 'time_to_recover_p95')}"
    )
    rows = [
        [
            short(RecoveryStrategy.Name(it.strategy)),
            str(it.attempts),
            str(it.successes),
            span_of(it, "time_to_recover_p50"),
            span_of(it, "time_to_recover_p95"),
        ]
        for it in found.strategies
    ]
    console().print(table(["strategy", "attempts", "successes", "p50", "p95"], rows))
