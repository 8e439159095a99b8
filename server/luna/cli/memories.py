"""Commands about memories and their index: ``memories list|stats|versions|tag|restore|reindex|import``."""

from pathlib import Path
from typing import Annotated

import typer
from arkalia.memory.v1.memory_pb2 import RecallMoment
from rich.progress import Progress

from arkalia_client import Arkalia
from luna.cli.call import talk
from luna.cli.memory import NAMESPACE_DEFAULT, WORDS_SHOWN, AsOfTag, AsOfVersion, Collection, Namespace, moment
from luna.cli.output import as_json, clock_time, complaints, console, table
from luna.cli.policies import DryRun
from luna.cli.state import Json, state_of
from luna.cli.texts import line

app = typer.Typer(help="What is remembered, and the index in which it is found.", no_args_is_help=True)


def add_to(root: typer.Typer) -> None:
    """Add these commands to *root*."""
    root.add_typer(app, name="memories")


@app.command(name="list")
def list_memories(
    context: typer.Context,
    *,
    namespace: Namespace = NAMESPACE_DEFAULT,
    collection: Collection = None,
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 50,
    json: Json = False,
) -> None:
    """Show memories by their ids."""
    from arkalia.memory.v1.memory_pb2 import MemoryFilter

    async def show(node: Arkalia) -> None:
        wanted = MemoryFilter(collection=collection)
        found = [memory async for memory in node.memories.list(namespace, filter=wanted, limit=limit)]
        if json:
            for memory in found:
                typer.echo(as_json(memory, indent=None))
            return
        rows = [
            [each.id, clock_time(each.retain_time), each.collection, line(each.text, WORDS_SHOWN)] for each in found
        ]
        console().print(table(["id", "retained", "collection", "text"], rows))

    talk(state_of(context).target, show)


@app.command()
def stats(context: typer.Context, *, namespace: Namespace = NAMESPACE_DEFAULT, json: Json = False) -> None:
    """Show figures about the index, and about a namespace."""

    async def show(node: Arkalia) -> None:
        found = await node.memories.stats(namespace)
        if json:
            typer.echo(as_json(found))
            return
        size = f"{found.size_bytes / 1e6:.1f} MB" if found.HasField("size_bytes") else "of unknown size"
        index = f"{found.vector_index}, {found.unindexed_count} of them compared one by one"
        state = "is being made anew" if found.reindexing else f"has reached position {found.position}"
        console().print(f"namespace  {namespace}: {found.memory_count} memories", markup=False)
        console().print(f"index      {found.row_count} rows, {index}, {size}, {found.version_count} versions; {state}")
        console().print(f"model      {found.model_id}, {found.dimension} numbers a vector")

    talk(state_of(context).target, show)


@app.command()
def versions(context: typer.Context, *, json: Json = False) -> None:
    """Show the past states of the index that can be asked with ``recall --version`` or ``--tag``."""

    async def show(node: Arkalia) -> None:
        found = await node.memories.versions()
        if json:
            for version in found:
                typer.echo(as_json(version, indent=None))
            return
        rows = [[str(each.number), clock_time(each.create_time), " ".join(each.tags)] for each in found]
        console().print(table(["version", "time", "tags"], rows))

    talk(state_of(context).target, show)


@app.command()
def tag(context: typer.Context, name: Annotated[str, typer.Argument(help="The name.")], *, json: Json = False) -> None:
    """Keep the present state of the index under a name."""

    async def show(node: Arkalia) -> None:
        version = await node.memories.tag(name)
        typer.echo(as_json(version)) if json else console().print(f"version {version.number} is kept as {name}")

    talk(state_of(context).target, show)


@app.command()
def restore(
    context: typer.Context,
    *,
    namespace: Namespace = NAMESPACE_DEFAULT,
    version: AsOfVersion = None,
    tag: AsOfTag = "",
    missing_only: Annotated[bool, typer.Option("--missing-only", help="Take nothing away.")] = False,
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Make a namespace what it was in a past version of the index."""
    wanted = _wanted(version, tag)
    if not (yes or dry_run or missing_only):
        typer.confirm(f"Forget what namespace {namespace!r} has learned since?", abort=True)

    async def show(node: Arkalia) -> None:
        with Progress(console=complaints(), disable=json) as bar:
            task = bar.add_task("restoring", total=None)
            async for step in node.memories.restore(namespace, wanted, dry_run=dry_run, missing_only=missing_only):
                total, done = step.forget_total + step.retain_total, step.forgotten_count + step.retained_count
                bar.update(task, total=total, completed=total if step.done else done)
                if json:
                    typer.echo(as_json(step, indent=None))
                elif step.done:
                    after = "only told" if dry_run else f"what was before is version {step.previous_version}"
                    bar.console.print(f"{step.retain_total} retained again, {step.forget_total} forgotten; {after}")

    talk(state_of(context).target, show)


@app.command()
def reindex(context: typer.Context, *, json: Json = False) -> None:
    """Make the index anew from the log, with the present model."""

    async def show(node: Arkalia) -> None:
        with Progress(console=complaints(), disable=json) as bar:
            task = bar.add_task("reindexing", total=None)
            async for step in node.memories.reindex():
                bar.update(task, total=step.head, completed=min(step.position, step.head))
                if json:
                    typer.echo(as_json(step, indent=None))
                elif step.done:
                    bar.console.print(f"the index has {step.memory_count} memories of the log")

    talk(state_of(context).target, show)


@app.command(name="import")
def import_folder(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Where the texts are.")],
    *,
    namespace: Namespace = NAMESPACE_DEFAULT,
    collection: Collection = None,
    json: Json = False,
) -> None:
    """Remember the text, markdown and PDF files of a folder. What was remembered before is passed over."""
    from luna.cli.memory_import import batches, files, settled

    found = files(folder)
    unread: list[str] = []
    if not found:
        complaints().print(f"no .txt, .md, .markdown or .pdf file is in {folder}")
        raise typer.Exit(1)

    def complain(name: str, why: str) -> None:
        unread.append(name)
        complaints().print(f"{name} is left out: {why}", markup=False)

    async def show(node: Arkalia) -> None:
        with Progress(console=complaints(), disable=json) as bar:
            task = bar.add_task("remembering", total=len(found))
            wanted = batches(
                folder, found, namespace=namespace, collection=collection or folder.name, complain=complain
            )
            outcome = await settled(node, wanted, lambda done: bar.update(task, completed=done))
        if json:
            typer.echo(as_json(outcome))
        else:
            known = f", {outcome.duplicate_count} were known" if outcome.duplicate_count else ""
            console().print(f"remembered {outcome.retained_count} parts of {len(found) - len(unread)} files{known}")

    talk(state_of(context).target, show)
    if unread:
        raise typer.Exit(1)


def _wanted(version: int | None, tag: str) -> RecallMoment:
    if (wanted := moment(version, tag)) is None:
        raise typer.BadParameter("name a --version or a --tag; `arkalia memories versions` shows them")
    return wanted
