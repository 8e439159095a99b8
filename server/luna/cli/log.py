"""Commands about the event log: ``events``, ``watch`` and ``recover``."""

from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from arkalia.events.v1.event_pb2 import Event, EventFilter

from arkalia_client import Arkalia
from luna.cli.call import talk
from luna.cli.headline import headline
from luna.cli.output import as_json, clock_time, coloured, complaints, console, table
from luna.cli.state import Json, state_of
from luna.kernel.event_errors import EventLogError

Types: TypeAlias = Annotated[
    list[str] | None, typer.Option("--type", help="Only this type of event, such as arkalia.zeroia.v1.DecisionMade.")
]
Stream: TypeAlias = Annotated[str, typer.Option(help="Only this stream, such as zeroia/decisions.")]
Category: TypeAlias = Annotated[str, typer.Option(help="Only streams that begin so, such as reflexia.")]
Correlation: TypeAlias = Annotated[str, typer.Option(help="Only the events of one story.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    for function in (events, watch, recover):
        app.command()(function)


def events(
    context: typer.Context,
    *,
    types: Types = None,
    stream: Stream = "",
    category: Category = "",
    correlation: Correlation = "",
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 20,
    after: Annotated[int | None, typer.Option(min=0, help="Begin behind this position, oldest first.")] = None,
    json: Json = False,
) -> None:
    """Show recorded events, the newest unless told where to begin."""
    wanted = _filter(types, stream, category, correlation)

    async def show(node: Arkalia) -> None:
        newest = after is None
        found = [e async for e in node.events.read(filter=wanted, after=after or 0, limit=limit, backward=newest)]
        if newest:
            found.reverse()
        if json:
            _print_json(found)
        else:
            console().print(table(["position", "time", "type", "stream", "what"], [_row(event) for event in found]))

    talk(state_of(context).target, show)


def watch(
    context: typer.Context,
    *,
    types: Types = None,
    stream: Stream = "",
    category: Category = "",
    correlation: Correlation = "",
    resume_token: Annotated[str, typer.Option(help="Carry on behind this place.")] = "",
    count: Annotated[int, typer.Option(min=0, help="Stop after so many events; 0 never stops.")] = 0,
    json: Json = False,
) -> None:
    """Show events as they happen, until Ctrl-C."""
    wanted = _filter(types, stream, category, correlation)

    async def show(node: Arkalia) -> None:
        shown = 0
        async with aclosing(node.events.watch(filter=wanted, resume_token=resume_token, live=True)) as batches:
            async for batch, _ in batches:
                for event in batch:
                    _print_line(event, json=json)
                    shown += 1
                    if shown == count:
                        return

    talk(state_of(context).target, show)


def recover(
    context: typer.Context,
    path: Annotated[Path | None, typer.Argument(help="The log's file. The node's own, if left out.")] = None,
) -> None:
    """Save what can be read of a damaged log into a new file, and set the old one aside."""
    from luna.app import recover_log

    file = path or state_of(context).settings.log_path
    if not file.exists():
        complaints().print(f"[red]there is no file {file}[/]")
        raise typer.Exit(1)
    try:
        console().print(str(recover_log(file)), markup=False)
    except EventLogError as error:
        complaints().print(str(error), markup=False)
        raise typer.Exit(1) from None


def _filter(types: list[str] | None, stream: str, category: str, correlation: str) -> EventFilter:
    return EventFilter(types=types or [], stream=stream, category=category, correlation_id=correlation)


def _row(event: Event) -> list[str]:
    short = event.type.rpartition(".")[2]
    return [str(event.position), clock_time(event.time), short, event.stream, headline(event.payload)]


def _print_json(found: Iterable[Event]) -> None:
    for event in found:
        typer.echo(as_json(event, indent=None))


def _print_line(event: Event, *, json: bool) -> None:
    if json:
        typer.echo(as_json(event, indent=None))
        return
    position, time, short, stream, what = _row(event)
    line = f"[dim]{position:>8} {time}[/] [bold]{short}[/] {stream}  {coloured(what)}"
    console().print(line, no_wrap=True, overflow="ellipsis", crop=True)
