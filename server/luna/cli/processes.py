"""The command ``node``: the processes that the node is made of."""

from collections.abc import Sequence

import typer
from arkalia.node.v1.health_pb2 import HealthState
from arkalia.node.v1.node_pb2 import Node, ProcessStatus

from arkalia_client import Arkalia
from luna.cli.again import Watch, shown
from luna.cli.call import talk
from luna.cli.output import as_json, clock_time, coloured, console, table
from luna.cli.state import Json, state_of
from luna.cli.words import short

app = typer.Typer(help="The processes of the node: show and restart them.")


def add_to(root: typer.Typer) -> None:
    """Add these commands to *root*."""
    root.add_typer(app, name="node")


@app.callback(invoke_without_command=True)
def node(context: typer.Context, *, watch: Watch = False, json: Json = False) -> None:
    """Show the processes of the node."""
    if context.invoked_subcommand:
        return

    async def hold(node: Arkalia) -> None:
        async def show() -> None:
            found = await node.node.get()
            if json:
                typer.echo(as_json(found, indent=None))
            else:
                _print(found)

        await shown(show, watch=watch, json=json)

    talk(state_of(context).target, hold)


@app.command()
def restart(context: typer.Context, process: str, *, json: Json = False) -> None:
    """Replace the replicas of a process, one after the other and without a gap."""

    async def ask(node: Arkalia) -> None:
        found = await node.node.restart(process)
        if json:
            for status in found:
                typer.echo(as_json(status, indent=None))
        else:
            console().print(_processes(found))

    talk(state_of(context).target, ask)


def _print(found: Node) -> None:
    state = coloured(short(HealthState.Name(found.state)))
    console().print(f"[bold]{found.node}[/] {state}  version {found.version}  {found.endpoint}")
    console().print(_processes(found.processes))


def _processes(found: Sequence[ProcessStatus]) -> object:
    return table(
        ["process", "state", "pid", "restarts", "memory", "since", "modules", "why"], [_row(it) for it in found]
    )


def _row(status: ProcessStatus) -> list[str]:
    memory = f"{status.rss_bytes / 2**20:.0f} MiB" if status.HasField("rss_bytes") else "–"
    return [
        f"{status.process}-{status.replica}",
        short(HealthState.Name(status.state)),
        str(status.pid) if status.HasField("pid") else "–",
        str(status.restarts),
        memory,
        clock_time(status.state_time),
        " ".join(status.modules),
        status.reason
        or (
            f"last ended with {status.last_exit.signal or status.last_exit.code}"
            if status.HasField("last_exit")
            else ""
        ),
    ]
