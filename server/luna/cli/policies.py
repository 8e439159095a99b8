"""What the commands that change policies have in common."""

from typing import Annotated, TypeAlias, TypeVar

import typer
from google.protobuf.message import Message

from luna.cli.fields import assign, changes
from luna.cli.output import console

M = TypeVar("M", bound=Message)

Changes: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="What to change; may be given again. Without a value: unset it."),
]
DryRun: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Only tell what the change would do.")]
Etag: TypeAlias = Annotated[
    str, typer.Option(help="Only if the policy still has this etag. If left out, the one in force is changed.")
]


def changed(policy: M, assignments: list[str]) -> M:
    """Return *policy* with some of its fields set.

    Raises:
        typer.BadParameter: there is no such field, or it cannot hold that.

    """
    wanted = type(policy)()
    wanted.CopyFrom(policy)
    assign(wanted, assignments)
    return wanted


def tell(before: Message, after: Message, *, revision: int, dry_run: bool) -> None:
    """Say which fields differ, and in which revision."""
    console().print(f"revision {revision}, not recorded" if dry_run else f"revision {revision}")
    for line in changes(before, after) or ["nothing differs"]:
        console().print(f"  {line}", markup=False)
