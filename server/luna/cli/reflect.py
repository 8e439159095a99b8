"""The command ``reflect``: what memories say as a whole."""

from collections.abc import Sequence
from contextlib import aclosing
from typing import Annotated

import typer
from arkalia.memory.v1.memory_pb2 import MemoryFilter, RecalledMemory
from arkalia.memory.v1.memory_service_pb2 import ReflectDone, ReflectRung

from arkalia_client import Arkalia
from luna.cli.call import talk
from luna.cli.memory import NAMESPACE_DEFAULT, WORDS_SHOWN, Collection, Namespace
from luna.cli.output import as_json, console
from luna.cli.state import Json, state_of
from luna.cli.texts import line
from luna.cli.words import short


def add_to(app: typer.Typer) -> None:
    """Add this command to *app*."""
    app.command()(reflect)


def reflect(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="What to sum up.")],
    *,
    namespace: Namespace = NAMESPACE_DEFAULT,
    collection: Collection = None,
    limit: Annotated[int, typer.Option(min=1, max=50, help="How many memories to look at.")] = 10,
    model: Annotated[str, typer.Option(help="The language model, such as ollama/mistral:7b.")] = "",
    json: Json = False,
) -> None:
    """Sum up what memories say about a question, with the numbers of those that it rests on."""

    async def show(node: Arkalia) -> None:
        wanted, memories = MemoryFilter(collection=collection), list[RecalledMemory]()
        parts = node.memories.reflect(namespace, question, limit=limit, filter=wanted, model=model)
        async with aclosing(parts):
            async for part in parts:
                if json:
                    typer.echo(as_json(part, indent=None))
                    continue
                memories.extend(part.begun.memories)
                typer.echo(part.delta, nl=False)
                if part.HasField("done"):
                    _print_end(part.done, memories)

    talk(state_of(context).target, show)


def _print_end(done: ReflectDone, memories: Sequence[RecalledMemory]) -> None:
    typer.echo()
    for number in done.cited_numbers:
        memory = memories[number - 1].memory
        source = f"memory {memory.id}, event {memory.event_id}"
        console().print(f"  [{number}] {source}: {line(memory.text, WORDS_SHOWN)}", markup=False, style="dim")
    for note in done.notes:
        console().print(f"  {note}", markup=False, style="yellow")
    rung = short(ReflectRung.Name(done.rung)).lower()
    console().print(f"  {rung}{done.model and f' · {done.model}'}", markup=False, style="dim")
