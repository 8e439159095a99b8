"""Commands about decisions: ``decide`` and ``explain``."""

from typing import Annotated

import typer
from arkalia.node.v1.severity_pb2 import Severity
from arkalia.zeroia.v1.zeroia_pb2 import Decision, DecisionAction, ExplanationTerm
from arkalia.zeroia.v1.zeroia_service_pb2 import ExplainDecisionResponse
from rich.tree import Tree

from arkalia_client import Arkalia
from luna.cli.call import talk
from luna.cli.output import as_json, clock_time, coloured, complaints, console
from luna.cli.state import Json, state_of


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    for function in (decide, explain):
        app.command()(function)


def decide(context: typer.Context, *, json: Json = False) -> None:
    """Have ZeroIA decide on the newest sample, and record the decision."""

    async def show(node: Arkalia) -> None:
        decision = await node.decisions.decide()
        if json:
            typer.echo(as_json(decision))
        else:
            _print_decision(decision)

    talk(state_of(context).target, show)


def explain(
    context: typer.Context,
    decision_id: Annotated[str, typer.Argument(help="The decision's id. The newest decision, if left out.")] = "",
    *,
    json: Json = False,
) -> None:
    """Show why a decision was made: every term of its confidence, in words and numbers."""

    async def show(node: Arkalia) -> None:
        wanted = decision_id
        if not wanted:
            newest = await node.decisions.newest()
            if not newest:
                complaints().print("no decision has been made yet; make one with [bold]arkalia decide[/]")
                raise typer.Exit(1)
            wanted = newest[0].decision_id
        answer = await node.decisions.explain(wanted)
        if json:
            typer.echo(as_json(answer))
        else:
            _print_explanation(answer)

    talk(state_of(context).target, show)


def _print_decision(decision: Decision) -> None:
    action = DecisionAction.Name(decision.action).removeprefix("DECISION_ACTION_")
    severity = Severity.Name(decision.severity).removeprefix("SEVERITY_")
    console().print(
        f"{coloured(action)}  severity {severity}  confidence {decision.confidence:.3f}"
        f"  pressure {decision.pressure:.3f}  at {clock_time(decision.decide_time)}"
    )
    console().print(f"[dim]decision {decision.decision_id}, why: arkalia explain {decision.decision_id}[/]")


def _print_explanation(answer: ExplainDecisionResponse) -> None:
    _print_decision(answer.decision)
    explanation = answer.explanation
    console().print(explanation.summary, markup=False)
    for term in (explanation.confidence, explanation.pressure):
        console().print(_grown(Tree(_spelled(term)), term))
    for line in (*explanation.reasoning, *explanation.integrity):
        console().print(f"• {line}", markup=False)


def _grown(tree: Tree, term: ExplanationTerm) -> Tree:
    for child in term.terms:
        _grown(tree.add(_spelled(child)), child)
    return tree


def _spelled(term: ExplanationTerm) -> str:
    return f"[bold]{term.name}[/] {term.contribution:+.4f}  [dim]{term.text.replace('[', chr(92) + '[')}[/]"
