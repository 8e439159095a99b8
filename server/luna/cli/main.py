"""The commands that people type."""

from collections.abc import Sequence
from typing import Annotated

import typer

from luna.cli import (
    USAGE,
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
from luna.cli.state import State, state_of
from luna.cli.up import up
from luna.settings import Settings

app = typer.Typer(
    name="arkalia",
    help="A sovereign cognitive kernel: senses its machine, decides, and keeps a record of everything it did.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command("up", context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def _up(context: typer.Context) -> None:
    """Start a node, and keep it running until Ctrl-C."""
    # It reads its arguments itself, because it is there before all this is loaded.
    raise typer.Exit(up(context.args, state_of(context).settings))


for commands in (
    *(node, processes, mind, log, memory, memories, reflect, models, chat, guard),
    *(breakers, degradation, recoveries, incidents, chaos),
):
    commands.add_to(app)


@app.callback()
def _main(
    context: typer.Context,
    target: Annotated[str, typer.Option(help="The node's address, if it is not on this machine.")] = "",
) -> None:
    state = context.ensure_object(dict)
    settings: Settings = state["settings"]
    address = target.removeprefix("http://").rstrip("/")
    context.obj = State(settings=settings, target=address or f"{settings.host}:{settings.port}")


def command(arguments: Sequence[str], settings: Settings) -> int:
    """Run the command that *arguments* name, and return its exit code."""
    try:
        code = typer.main.get_command(app).main(
            list(arguments), prog_name="arkalia", standalone_mode=False, obj={"settings": settings}
        )
    except typer.Abort:
        return 130
    except Exception as error:
        # Typer raises the errors of the library that it carries within it.
        if not hasattr(error, "show"):
            raise
        error.show()
        return USAGE
    return code if isinstance(code, int) else 0
