"""The commands for a node that runs: all but ``up``."""

import typer

from luna.cli import (
    breakers,
    chaos,
    chat,
    degradation,
    guard,
    incidents,
    log,
    memories,
    memory,
    mind,
    models,
    node,
    processes,
    recoveries,
    reflect,
)


def add_to(app: typer.Typer) -> None:
    """Add them to *app*."""
    for commands in (
        *(node, processes, mind, log, memory, memories, reflect, models, chat, guard),
        *(breakers, degradation, recoveries, incidents, chaos),
    ):
        commands.add_to(app)
