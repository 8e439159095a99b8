"""The command ``up``."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from luna.cli.state import state_of
from luna.sidecar.commands import luna_command


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
    # The supervisor stays for as long as the node runs, so it does without what a command line takes.
    command = luna_command(settings, "supervise", *(["--verbose"] if verbose else []))
    os.execvp(command[0], command)  # noqa: S606  there is nothing in it that a shell would read
