"""What every command is given."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

import typer

from luna.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The settings, and the node to talk to."""

    settings: Settings
    target: str


Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
Reason: TypeAlias = Annotated[str, typer.Option(help="Why, for the record.")]


def state_of(context: typer.Context) -> State:
    """Return what the command was given."""
    state: State = context.find_root().obj
    return state
