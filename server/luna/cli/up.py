"""The command ``up``."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from luna.cli.state import state_of
from luna.sidecar.launch import launch
from luna.sidecar.program import luna_command


def add_to(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(up)


def up(
    context: typer.Context,
    *,
    all_in_one: Annotated[bool, typer.Option("--all-in-one", help="One server process, for small machines.")] = False,
    home: Annotated[Path | None, typer.Option(help="Where the node keeps its data.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port that Envoy listens on.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show what the processes write.")] = False,
) -> None:
    """Start a node, and keep it running until Ctrl-C."""
    settings = state_of(context).settings
    if home is not None:
        settings = replace(settings, home=home.expanduser().absolute())
    if port is not None:
        settings = replace(settings, port=port)
    if all_in_one:
        settings = replace(settings, all_in_one=True)
    # Both stay for as long as the node runs, so they do without what a command line takes.
    sidecar = luna_command(settings, "supervise", *(["--verbose"] if verbose else []))
    raise typer.Exit(launch(settings, sidecar, endpoint=settings.endpoint))
