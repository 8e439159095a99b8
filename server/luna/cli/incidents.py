"""The command ``incidents``: what a human has to look after."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import typer
from arkalia.node.v1.severity_pb2 import Severity
from arkalia.recovery.v1.recovery_pb2 import INCIDENT_STATE_UNSPECIFIED, Incident, IncidentState

from arkalia_client import Arkalia
from luna.cli.again import Watch, shown
from luna.cli.call import talk
from luna.cli.output import as_json, clock_time, console, table
from luna.cli.recoveries import spelled
from luna.cli.state import Json, state_of
from luna.cli.words import short

app = typer.Typer(help="What the node could not mend by itself, and a human has to look after.")


def add_to(root: typer.Typer) -> None:
    """Add these commands to *root*."""
    root.add_typer(app, name="incidents")


@app.callback(invoke_without_command=True)
def incidents(
    context: typer.Context,
    *,
    all: Annotated[bool, typer.Option("--all", help="Those that are resolved, too.")] = False,
    watch: Watch = False,
    json: Json = False,
) -> None:
    """Show the incidents that are not resolved, the newest first."""
    if context.invoked_subcommand:
        return

    async def hold(node: Arkalia) -> None:
        async def show() -> None:
            found = await node.recoveries.incidents(state=INCIDENT_STATE_UNSPECIFIED, limit=500)
            over = IncidentState.Value("INCIDENT_STATE_RESOLVED")
            _print([incident for incident in found if all or incident.state != over], json=json)

        await shown(show, watch=watch, json=json)

    talk(state_of(context).target, hold)


@app.command()
def acknowledge(context: typer.Context, incident_id: str, *, json: Json = False) -> None:
    """Say that you look after an incident."""
    _settle(context, lambda node: node.recoveries.acknowledge(incident_id), json=json)


@app.command()
def resolve(
    context: typer.Context,
    incident_id: str,
    resolution: Annotated[str, typer.Argument(help="What was done about it.")],
    *,
    json: Json = False,
) -> None:
    """Close an incident, with what was done about it."""
    _settle(context, lambda node: node.recoveries.resolve(incident_id, resolution=resolution), json=json)


def _settle(context: typer.Context, ask: Callable[[Arkalia], Awaitable[Incident]], *, json: bool) -> None:
    async def settle(node: Arkalia) -> None:
        _print([await ask(node)], json=json)

    talk(state_of(context).target, settle)


def _print(found: Sequence[Incident], *, json: bool) -> None:
    if json:
        for incident in found:
            typer.echo(as_json(incident, indent=None))
        return
    rows = [
        [
            incident.incident_id,
            short(IncidentState.Name(incident.state)),
            short(Severity.Name(incident.severity)),
            clock_time(incident.open_time),
            str(incident.count),
            spelled(incident.target),
            incident.resolution or incident.title,
        ]
        for incident in found
    ]
    console().print(table(["incident", "state", "severity", "opened", "times", "target", "what"], rows))
