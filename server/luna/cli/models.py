"""Commands about language models: ``models list|pull|load|ask``."""

from collections.abc import Sequence
from contextlib import aclosing
from typing import Annotated, Final

import typer
from arkalia.assistantia.v1.model_pb2 import Model, Sampling
from arkalia.assistantia.v1.model_service_pb2 import GenerateBegun, GenerateDone, PullModelResponse
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from arkalia_client import Arkalia
from luna.cli.call import talk
from luna.cli.output import as_json, complaints, console, table
from luna.cli.state import Json, state_of
from luna.cli.texts import text_of
from luna.cli.words import span_of

STOPPED: Final = 130
"""The exit code of what somebody ended with Ctrl-C."""

app = typer.Typer(help="The language models of the node: show, fetch, load and ask them.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The model, such as ollama/mistral:7b.")]


def add_to(root: typer.Typer) -> None:
    """Add these commands to *root*."""
    root.add_typer(app, name="models")


@app.command(name="list")
def list_models(context: typer.Context, *, json: Json = False) -> None:
    """Show the models in the order in which they answer chats, and the servers that do not answer."""

    async def show(node: Arkalia) -> None:
        found = await node.models.list()
        if json:
            typer.echo(as_json(found))
            return
        columns = ["rank", "size", "parameters", "context", "quantization", "loaded", "model"]
        console().print(table(columns, [_row(model) for model in found.models]))
        for server in found.silent_servers:
            complaints().print(f"{server.name} does not answer: {server.reason}", markup=False)

    talk(state_of(context).target, show)


@app.command()
def pull(context: typer.Context, model: Name, *, json: Json = False) -> None:
    """Fetch a model. Ctrl-C stops it; what was fetched is kept for the next time, as far as the server does that."""
    last = PullModelResponse()

    async def show(node: Arkalia) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, console=complaints(), disable=json) as bar:
            task = bar.add_task("asking", total=None)
            async with aclosing(node.models.pull(model)) as steps:
                async for step in steps:
                    last.CopyFrom(step)
                    bar.update(task, description=step.status, total=step.total_bytes or None, completed=step.done_bytes)
                    if json:
                        typer.echo(as_json(step, indent=None))

    talk(state_of(context).target, show)
    if not last.HasField("model"):
        complaints().print("stopped")
        raise typer.Exit(STOPPED)
    if not json:
        console().print(f"{last.model.name} is there", markup=False)


@app.command()
def load(context: typer.Context, model: Name, *, json: Json = False) -> None:
    """Bring a model into memory, so that its next answer begins sooner."""

    async def show(node: Arkalia) -> None:
        loaded = await node.models.load(model)
        typer.echo(as_json(loaded)) if json else console().print(f"{loaded.name} is in memory", markup=False)

    talk(state_of(context).target, show)


@app.command()
def ask(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="The model; any: the first that begins to answer.")],
    prompt: Annotated[str, typer.Argument(help="What to ask; - reads it from the standard input.")],
    *,
    temperature: Annotated[float | None, typer.Option(min=0, max=2, help="How much chance there is in it.")] = None,
    tokens: Annotated[int, typer.Option(min=0, help="The most tokens of the answer; 0: as the model has it.")] = 0,
    json: Json = False,
) -> None:
    """Ask a model, without memory, guard or record. Ctrl-C stops it."""
    sampling = Sampling(temperature=temperature, tokens_max=tokens)
    said = text_of(prompt)

    async def show(node: Arkalia) -> None:
        begun = GenerateBegun()
        async with aclosing(node.models.generate(said, model=_named(model), sampling=sampling)) as parts:
            async for part in parts:
                if json:
                    typer.echo(as_json(part, indent=None))
                elif part.HasField("begun"):
                    begun = part.begun
                elif part.HasField("done"):
                    _print_end(begun, part.done)
                else:
                    typer.echo(part.delta, nl=False)

    talk(state_of(context).target, show)


def _named(model: str) -> str:
    return "" if model == "any" else model


def _row(model: Model) -> Sequence[str]:
    loaded = ("yes" if model.loaded else "no") if model.HasField("loaded") else "–"
    return [
        str(model.rank or "–"),
        f"{model.size_bytes / 1e9:.1f} GB" if model.size_bytes else "–",
        f"{model.parameters / 1e9:.1f} B" if model.parameters else "–",
        str(model.context_tokens or "–"),
        model.quantization or "–",
        loaded,
        model.name,
    ]


def _print_end(begun: GenerateBegun, done: GenerateDone) -> None:
    typer.echo()
    for passed in begun.passed_over:
        complaints().print(passed, markup=False, style="yellow")
    figures = [begun.model, f"first words after {span_of(done, 'time_to_first_token')}"]
    if done.HasField("answer_tokens"):
        figures.append(f"{done.answer_tokens} tokens")
    if done.HasField("tokens_per_second"):
        figures.append(f"{done.tokens_per_second:.1f} tokens/s")
    complaints().print(" · ".join(figures), markup=False, style="dim")
