"""The command ``breakers``: what calls are refused, and why."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias, cast

import typer
from arkalia.options.v1.method_pb2 import Priority
from arkalia.resilience.v1.circuit_breaker_pb2 import CircuitBreaker, CircuitSelector, CircuitState

from arkalia_client import Arkalia
from luna.cli.again import Watch, shown
from luna.cli.call import talk
from luna.cli.output import as_json, clock_time, complaints, console, table
from luna.cli.state import Json, state_of
from luna.cli.words import short, span_of

app = typer.Typer(help="Circuit breakers of all processes: show, open, close and disable them.")

Which: TypeAlias = Annotated[
    str, typer.Argument(help="Part of their names, as PROCESS/SIDE/PEER/METHOD with * for any. All, if left out.")
]
Reason: TypeAlias = Annotated[str, typer.Option(help="Why, for the record.")]


def add_to(root: typer.Typer) -> None:
    """Add these commands to *root*."""
    root.add_typer(app, name="breakers")


@app.callback(invoke_without_command=True)
def breakers(
    context: typer.Context,
    *,
    state: Annotated[str, typer.Option(help="Only those in this state, such as OPEN.")] = "",
    watch: Watch = False,
    json: Json = False,
) -> None:
    """Show the circuit breakers, as their processes reported them last."""
    if context.invoked_subcommand:
        return
    wanted = _state(state)

    async def hold(node: Arkalia) -> None:
        async def show() -> None:
            _print(await node.breakers.list(state=wanted), json=json)

        await shown(show, watch=watch, json=json)

    talk(state_of(context).target, hold)


@app.command()
def trip(
    context: typer.Context,
    which: Which,
    *,
    seconds: Annotated[float | None, typer.Option(min=0.001, help="How long. Until reset, if left out.")] = None,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Open circuit breakers: their calls are refused."""
    _steer(context, lambda node: node.breakers.trip(selector(which), seconds=seconds, reason=reason), json=json)


@app.command()
def reset(context: typer.Context, which: Which = "", *, reason: Reason = "", json: Json = False) -> None:
    """Close circuit breakers, whatever state they are in."""
    _steer(context, lambda node: node.breakers.reset(selector(which), reason=reason), json=json)


@app.command()
def disable(context: typer.Context, which: Which, *, reason: Reason = "", json: Json = False) -> None:
    """Let all calls through circuit breakers, until they are reset."""
    _steer(context, lambda node: node.breakers.disable(selector(which), reason=reason), json=json)


@app.command()
def policy(context: typer.Context) -> None:
    """Show when breakers open and close, as JSON."""

    async def show(node: Arkalia) -> None:
        typer.echo(as_json(await node.breakers.policy()))

    talk(state_of(context).target, show)


@dataclass(frozen=True, slots=True)
class _Parts:
    process: str = ""
    side: str = ""
    peer: str = ""
    method: str = ""


def selector(which: str) -> CircuitSelector:
    """Return the selector that ``PROCESS/SIDE/PEER/METHOD`` spells; parts that are left out or ``*`` match all.

    Raises:
        typer.BadParameter: the side is neither client nor server.

    """
    words = ["" if word == "*" else word for word in which.split("/", 3)]
    parts = _Parts(*words)
    if parts.side and parts.side not in {"client", "server"}:
        raise typer.BadParameter(f"{parts.side!r} is not a side; say client, server or *")
    side = f"CIRCUIT_SIDE_{parts.side.upper() or 'UNSPECIFIED'}"
    return CircuitSelector(process=parts.process, side=side, peer=parts.peer, method=parts.method)


def _state(name: str) -> CircuitState:
    try:
        return cast("CircuitState", CircuitState.Value(f"CIRCUIT_STATE_{name.upper() or 'UNSPECIFIED'}"))
    except ValueError:
        known = ", ".join(short(name) for name in CircuitState.keys()[1:])
        raise typer.BadParameter(f"{name!r} is not a state; say {known}") from None


def _steer(
    context: typer.Context, ask: Callable[[Arkalia], Awaitable[Sequence[CircuitBreaker]]], *, json: bool
) -> None:
    async def steer(node: Arkalia) -> None:
        _print(await ask(node), json=json)

    talk(state_of(context).target, steer)


def _print(found: Sequence[CircuitBreaker], *, json: bool) -> None:
    if json:
        for breaker in found:
            typer.echo(as_json(breaker, indent=None))
        return
    if not found:
        complaints().print("no circuit breaker; each appears with the first call that passes it")
        return
    columns = ["state", "since", "calls", "failed", "slow", "refused", "again in", "priority", "breaker"]
    console().print(table(columns, [_row(breaker) for breaker in found]))


def _row(breaker: CircuitBreaker) -> list[str]:
    window = breaker.window
    return [
        short(CircuitState.Name(breaker.state)),
        clock_time(breaker.state_time) if breaker.HasField("state_time") else "–",
        *(str(count) for count in (window.calls, window.failures, window.slow, breaker.refused_calls)),
        span_of(breaker, "retry_after"),
        short(Priority.Name(cast("Priority.ValueType", breaker.key.priority))),
        breaker.name,
    ]
