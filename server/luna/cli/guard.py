"""The command ``guard``: whether a text attacks a model, and what is private in it."""

from typing import Annotated, TypeAlias, cast

import typer

from arkalia_client import Arkalia
from luna.cli.call import talk
from luna.cli.output import as_json, console, table
from luna.cli.state import Json, state_of
from luna.cli.texts import text_of
from luna.cli.words import short

app = typer.Typer(help="Finds attacks on models in texts, and hides personal data.", no_args_is_help=True)

Text: TypeAlias = Annotated[str, typer.Argument(help="The text; - reads it from standard input.")]


def add_to(root: typer.Typer) -> None:
    """Add these commands to *root*."""
    root.add_typer(app, name="guard")


@app.command()
def check(
    context: typer.Context,
    text: Text,
    *,
    level: Annotated[str, typer.Option(help="LOW, MEDIUM, HIGH or PARANOID.")] = "MEDIUM",
    source: Annotated[str, typer.Option(help="USER, MEMORY or TOOL.")] = "USER",
    json: Json = False,
) -> None:
    """Judge a text."""
    from arkalia.assistantia.v1.prompt_guard_pb2 import AttackCategory, GuardLevel, TextSource

    if f"GUARD_LEVEL_{level.upper()}" not in GuardLevel.keys():  # noqa: SIM118  enums cannot be iterated
        raise typer.BadParameter(f"unknown level {level!r}")
    if f"TEXT_SOURCE_{source.upper()}" not in TextSource.keys():  # noqa: SIM118  enums cannot be iterated
        raise typer.BadParameter(f"unknown source {source!r}")
    said = text_of(text)

    async def ask(node: Arkalia) -> None:
        verdict = await node.guard.check(
            said,
            level=cast("GuardLevel", GuardLevel.Value(f"GUARD_LEVEL_{level.upper()}")),
            source=cast("TextSource", TextSource.Value(f"TEXT_SOURCE_{source.upper()}")),
        )
        if json:
            typer.echo(as_json(verdict))
            return
        word = "[red]refused[/]" if verdict.refused else "[green]passes[/]"
        console().print(f"{word}  score {verdict.score:.2f}, refused from {verdict.threshold:.2f}")
        rows = [[span.rule_id, f"{span.start}-{span.end}", said[span.start : span.end]] for span in verdict.spans]
        if rows:
            console().print(short(AttackCategory.Name(verdict.category)))
            console().print(table(["rule", "where", "what"], rows))

    talk(state_of(context).target, ask)


@app.command()
def mask(context: typer.Context, text: Text, *, json: Json = False) -> None:
    """Print a text without its personal data."""
    said = text_of(text)

    async def ask(node: Arkalia) -> None:
        answer = await node.guard.mask(said)
        typer.echo(as_json(answer) if json else answer.text)

    talk(state_of(context).target, ask)


@app.command()
def rules(context: typer.Context, *, json: Json = False) -> None:
    """List what is looked for."""
    from arkalia.assistantia.v1.prompt_guard_pb2 import AttackCategory

    async def ask(node: Arkalia) -> None:
        answer = await node.guard.rules()
        if json:
            typer.echo(as_json(answer))
            return
        rows = [
            [it.id, short(AttackCategory.Name(it.category)), f"{it.weight:.2f}", it.description] for it in answer.rules
        ]
        console().print(table(["rule", "category", "weight", "what it finds"], rows))

    talk(state_of(context).target, ask)
