"""The command ``breakers``: what calls are refused, and why."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, cast

import typer
from arkalia.options.v1.method_pb2 import Priority
from arkalia.resilience.v1.circuit_breaker_pb2 import CircuitBreaker, CircuitState

from arkalia_client import Arkalia
from luna.cli.again import Watch, shown
from luna.cli.breaker_policy import policy, update
from luna.cli.call import talk
from luna.cli.output import as_json, clock_time, complaints, console, table
from luna.cli.selectors import Which, selector
from luna.cli.state import Json, Reason, state_of
from luna.cli.words import short, span_of

app = typer.Typer(help="Circuit breakers of all processes: show, open, close and disable them, and say when they open.")
app.command()(policy)
app.command()(update)


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
