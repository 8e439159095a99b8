"""Commands about the node as a whole: ``status``, ``echo``, ``doctor`` and ``version``."""

from contextlib import aclosing
from typing import Annotated

import typer
from arkalia.helloria.v1.helloria_pb2 import NodeStatus
from arkalia.node.v1.health_pb2 import DegradationLevel, HealthState

from arkalia_client import Arkalia
from luna import __version__
from luna.cli.call import talk
from luna.cli.output import as_json, clock_time, coloured, console, percent, table
from luna.cli.state import Json, state_of


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    for function in (status, echo, doctor, version):
        app.command()(function)


def status(
    context: typer.Context,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again and again, until Ctrl-C.")] = False,
    json: Json = False,
) -> None:
    """Show how the node is, asked of every service now."""

    async def show(node: Arkalia) -> None:
        if not watch:
            _print_status(await node.status(), json=json)
            return
        async with aclosing(node.watch_status()) as states:
            async for state in states:
                if not json:
                    console().clear()
                _print_status(state, json=json)

    talk(state_of(context).target, show)


def echo(
    context: typer.Context,
    message: Annotated[str, typer.Argument(help="What to send.")] = "hello",
    *,
    json: Json = False,
) -> None:
    """Send a message there and back."""

    async def show(node: Arkalia) -> None:
        answer = await node.echo(message)
        typer.echo(as_json(answer) if json else answer.message)

    talk(state_of(context).target, show)


def doctor(context: typer.Context, *, json: Json = False) -> None:
    """Say what is missing on this machine, and how to get it."""
    from luna.cli.doctor import examine

    findings = examine(state_of(context).settings)
    if json:
        typer.echo(findings.as_json())
    else:
        console().print(table(["", "what", "found", "what to do"], findings.rows()))
    raise typer.Exit(0 if findings.healthy else 1)


def version(*, json: Json = False) -> None:
    """Show the version."""
    typer.echo(f'{{"version": "{__version__}"}}' if json else f"arkalia {__version__}")


def _print_status(state: NodeStatus, *, json: bool) -> None:
    if json:
        typer.echo(as_json(state))
        return
    health = HealthState.Name(state.state).removeprefix("HEALTH_STATE_")
    console().print(
        f"[bold]{state.node}[/] {coloured(health)}  version {state.version}  up {state.uptime.seconds} s"
        f"  score {state.score:.2f}"
    )
    if state.degradation_level:
        level = DegradationLevel.Name(state.degradation_level).removeprefix("DEGRADATION_LEVEL_")
        known = state.HasField("open_circuit_breakers")
        breakers = str(state.open_circuit_breakers) if known else "?"
        console().print(f"level     {coloured(level)}  open breakers {breakers}")
    if state.HasField("log"):
        console().print(f"log       {state.log.head_position} events{'' if state.log.writable else ', not writable'}")
    if state.HasField("sample"):
        sample = state.sample
        console().print(
            f"machine   cpu {percent(sample, 'cpu_ratio')}  memory {percent(sample, 'memory_ratio')}"
            f"  disk {percent(sample, 'disk_ratio')}  at {clock_time(sample.time)}"
        )
    if state.HasField("decision"):
        decision = state.decision
        console().print(
            f"decision  {coloured(decision.action)}  confidence {decision.confidence:.2f}"
            f"  at {clock_time(decision.time)}  {decision.decision_id}"
        )
    console().print(
        table(
            ["service", "process", "state", "probe", "why"],
            [
                [
                    service.service,
                    service.process,
                    HealthState.Name(service.state).removeprefix("HEALTH_STATE_"),
                    f"{service.probe_latency.ToNanoseconds() / 1e6:.1f} ms",
                    service.reason,
                ]
                for service in state.services
            ],
        )
    )
