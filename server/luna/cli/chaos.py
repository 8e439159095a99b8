"""The command ``chaos``: makes things go wrong on one's own node, to see that they come right again."""

import asyncio
import secrets
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from luna.cli.call import REFUSED
from luna.cli.output import complaints, console
from luna.cli.state import state_of
from luna.sidecar.chaos import random_run
from luna.sidecar.chaos.injecting import Injector, fault
from luna.sidecar.chaos.victims import ImpossibleError

app = typer.Typer(
    help="Make things go wrong on your own node, which was started with ARKALIA_CHAOS=true, and see it recover.",
    no_args_is_help=True,
)

Process: TypeAlias = Annotated[str, typer.Argument(help="The process, such as kernel or log.")]
Seconds: TypeAlias = Annotated[float, typer.Option(min=0.001, max=600, help="How long.")]
Home: TypeAlias = Annotated[Path | None, typer.Option(help="Where the node keeps its data.")]
Target: TypeAlias = Annotated[str, typer.Option(help="Only this service, rpc, projection, consumer or process.")]


def add_to(root: typer.Typer) -> None:
    """Add these commands to *root*."""
    root.add_typer(app, name="chaos")


@app.command()
def kill(context: typer.Context, process: Process, *, home: Home = None) -> None:
    """End a process with SIGKILL; also envoy and sidecar."""
    _do(context, home, lambda injector: injector.signal(_full(process), signal.SIGKILL))


@app.command()
def stop(context: typer.Context, process: Process, *, home: Home = None) -> None:
    """Freeze a process with SIGSTOP; also envoy and sidecar."""
    _do(context, home, lambda injector: injector.signal(_full(process), signal.SIGSTOP))


@app.command()
def slow(
    context: typer.Context,
    process: Process,
    *,
    seconds: Seconds = 5.0,
    delay: Annotated[float, typer.Option(min=0.001, max=60, help="How many seconds longer each call takes.")] = 1.0,
    ratio: Annotated[float, typer.Option(min=0, max=1, help="The share of calls.")] = 1.0,
    target: Target = "",
    home: Home = None,
) -> None:
    """Let calls take longer."""
    wanted = fault("SLOW", seconds=seconds, target=target, ratio=ratio, delay_seconds=delay)
    _do(context, home, lambda injector: injector.inject(process, wanted))


@app.command()
def error(
    context: typer.Context,
    process: Process,
    *,
    seconds: Seconds = 5.0,
    code: Annotated[int, typer.Option(help="The status: 4, 8, 13 or 14.")] = 13,
    ratio: Annotated[float, typer.Option(min=0, max=1, help="The share of calls.")] = 1.0,
    target: Target = "",
    home: Home = None,
) -> None:
    """Let calls fail."""
    wanted = fault("ERROR", seconds=seconds, target=target, ratio=ratio, code=code)
    _do(context, home, lambda injector: injector.inject(process, wanted))


@app.command()
def block(context: typer.Context, process: Process, *, seconds: Seconds = 5.0, home: Home = None) -> None:
    """Let the event loop of a process stand still."""
    _do(context, home, lambda injector: injector.inject(process, fault("LOOP_BLOCK", seconds=seconds)))


@app.command()
def memory(
    context: typer.Context,
    process: Process,
    *,
    mib: Annotated[int, typer.Option(min=1, max=2048, help="How much.")] = 512,
    seconds: Seconds = 60.0,
    home: Home = None,
) -> None:
    """Let a process take memory."""
    wanted = fault("MEMORY", seconds=seconds, size_bytes=mib * 2**20)
    _do(context, home, lambda injector: injector.inject(process, wanted))


@app.command()
def corrupt(context: typer.Context, process: Process, *, target: Target = "", home: Home = None) -> None:
    """Change a projection behind the back of whoever keeps it."""
    wanted = fault("CORRUPT_PROJECTION", seconds=1.0, target=target)
    _do(context, home, lambda injector: injector.inject(process, wanted))


@app.command()
def stuck(
    context: typer.Context, process: Process, *, seconds: Seconds = 60.0, target: Target = "", home: Home = None
) -> None:
    """Let a consumer of the event log stop in the middle of an event."""
    wanted = fault("CONSUMER_STUCK", seconds=seconds, target=target)
    _do(context, home, lambda injector: injector.inject(process, wanted))


@app.command()
def partition(
    context: typer.Context,
    process: Process,
    other: Annotated[str, typer.Argument(help="The process that it does not reach any more.")],
    *,
    seconds: Seconds = 5.0,
    home: Home = None,
) -> None:
    """Drop the connections from one process to another."""
    wanted = fault("PARTITION", seconds=seconds, target=other)
    _do(context, home, lambda injector: injector.inject(process, wanted))


@app.command()
def fill(context: typer.Context, *, seconds: Seconds = 5.0, process: Process = "log", home: Home = None) -> None:
    """Leave the event log no room on its disk."""
    _do(context, home, lambda injector: injector.inject(process, fault("DISK_QUOTA", seconds=seconds)))


@app.command()
def fatal(
    context: typer.Context,
    process: Process,
    *,
    message: Annotated[str, typer.Option(help="What the incident says.")] = "a drill: only a human can mend this",
    home: Home = None,
) -> None:
    """Report what only a human can mend, to see that it becomes an incident."""

    async def work(injector: Injector) -> None:
        console().print(f"reported; recovery {await injector.report_fatal(_full(process), message)}")

    _do(context, home, work)


@app.command()
def clear(context: typer.Context, *, home: Home = None) -> None:
    """End all faults in all processes."""

    async def work(injector: Injector) -> None:
        for process in injector.processes():
            for ended in await injector.clear(process):
                console().print(f"{process}: {ended.fault_id} ended after {ended.hits} hits")

    _do(context, home, work)


@app.command()
def run(
    context: typer.Context,
    *,
    minutes: Annotated[float, typer.Option(min=0.1, max=120, help="How long.")] = 10.0,
    seed: Annotated[int | None, typer.Option(help="The same seed does the same again. One is chosen and told.")] = None,
    record: Annotated[Path, typer.Option(help="Where each injection is written, as a line of JSON.")] = Path(
        "chaos.jsonl"
    ),
    home: Home = None,
) -> None:
    """Let random things go wrong for a while."""
    chosen = secrets.randbelow(2**31) if seed is None else seed
    console().print(f"seed {chosen}, {minutes:g} min, on record in {record}")

    async def work(injector: Injector) -> None:
        await random_run.run(
            injector, seed=chosen, seconds=60 * minutes, record=record, tell=lambda line: console().print(line)
        )

    _do(context, home, work)


def _full(process: str) -> str:
    return process if process == "sidecar" or "-" in process else f"{process}-0"


def _do(context: typer.Context, home: Path | None, work: Callable[[Injector], Awaitable[object]]) -> None:
    settings = state_of(context).settings
    if home is not None:
        settings = replace(settings, home=home.expanduser().absolute())
    try:
        asyncio.run(_done(work, Injector(settings)))
    except ImpossibleError as error:
        complaints().print(str(error), markup=False)
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


async def _done(work: Callable[[Injector], Awaitable[object]], injector: Injector) -> None:
    await work(injector)
