"""The commands that people type."""

from collections.abc import Sequence
from typing import Annotated

import typer

from luna.cli import USAGE, up
from luna.cli.state import State
from luna.settings import Settings


def command(arguments: Sequence[str], settings: Settings) -> int:
    """Run the command that *arguments* name, and return its exit code."""
    try:
        code = typer.main.get_command(_app(arguments)).main(
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


def _app(arguments: Sequence[str]) -> typer.Typer:
    """Return the commands, as far as *arguments* may need them."""
    app = typer.Typer(
        name="arkalia",
        help="A sovereign cognitive kernel: senses its machine, decides, and keeps a record of everything it did.",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_show_locals=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_main)
    up.add_to(app)
    if arguments[:1] != ["up"]:
        # A third of a second, in which a node could be on its way.
        from luna.cli import others

        others.add_to(app)
    return app


def _main(
    context: typer.Context,
    target: Annotated[str, typer.Option(help="The node's address, if it is not on this machine.")] = "",
) -> None:
    state = context.ensure_object(dict)
    settings: Settings = state["settings"]
    address = target.removeprefix("http://").rstrip("/")
    context.obj = State(settings=settings, target=address or f"{settings.host}:{settings.port}")
