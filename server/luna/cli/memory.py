"""Commands that remember: ``remember``, ``recall`` and ``forget``."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, TypeAlias

import typer
from arkalia.memory.v1.memory_pb2 import (
    RECALL_MODE_HYBRID,
    RECALL_MODE_MEANING,
    RECALL_MODE_WORDS,
    MemoryFilter,
    RecallMoment,
    Rung,
    ScoreParts,
)
from arkalia.memory.v1.memory_service_pb2 import RecallRequest, RecallResponse

from arkalia_client import Arkalia, new_memory
from luna.cli.call import talk
from luna.cli.output import as_json, complaints, console, table
from luna.cli.state import Json, state_of
from luna.cli.texts import line, text_of
from luna.cli.words import short

NAMESPACE_DEFAULT: Final = "default"
WORDS_SHOWN: Final = 300

Namespace: TypeAlias = Annotated[
    str, typer.Option("--namespace", "-n", help="Whose memories. Namespaces do not see each other.")
]
Collection: TypeAlias = Annotated[str | None, typer.Option(help="What it belongs to, such as a document.")]
Attributes: TypeAlias = Annotated[
    list[str] | None, typer.Option("--attribute", "-a", metavar="KEY=VALUE", help="What else is known; repeatable.")
]

AsOfVersion: TypeAlias = Annotated[int | None, typer.Option("--version", min=1, help="As the index was in this one.")]
AsOfTag: TypeAlias = Annotated[str, typer.Option("--tag", help="As the index was when it got this tag.")]


class Mode(StrEnum):
    """How to look for memories."""

    HYBRID = "hybrid"
    MEANING = "meaning"
    WORDS = "words"


_MODES: Final = {
    Mode.HYBRID: RECALL_MODE_HYBRID,
    Mode.MEANING: RECALL_MODE_MEANING,
    Mode.WORDS: RECALL_MODE_WORDS,
}


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    for function in (remember, recall, forget):
        app.command()(function)


def remember(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="What to remember; - reads it from the standard input.")],
    *,
    namespace: Namespace = NAMESPACE_DEFAULT,
    id: Annotated[str, typer.Option(help="Its id. If left out, it follows from the text.")] = "",
    collection: Collection = None,
    importance: Annotated[float, typer.Option(min=0, max=1, help="How much it matters.")] = 0.0,
    days: Annotated[float | None, typer.Option(min=0, help="Forget it after so many days.")] = None,
    attributes: Attributes = None,
    supersedes: Annotated[str, typer.Option(help="The id of the memory whose place it takes.")] = "",
    json: Json = False,
) -> None:
    """Remember a text, and show what says nearly the same."""
    memory = new_memory(
        text_of(text),
        id=id,
        collection=collection or "",
        importance=importance,
        expire_time=datetime.now(UTC) + timedelta(days=days) if days is not None else None,
        attributes=dict(_pair(each) for each in attributes or []),
        supersedes=supersedes,
    )

    async def show(node: Arkalia) -> None:
        done = await node.memories.retain(namespace, memory, visible=True, similar_max=5)
        if json:
            typer.echo(as_json(done))
            return
        console().print(f"{'was known' if done.duplicate else 'remembered'}  {done.id}", markup=False)
        for similar in done.similar:
            said = line(similar.memory.text, WORDS_SHOWN)
            text = f"  nearly the same ({similar.similarity:.2f}): {similar.memory.id}  {said}"
            console().print(text, markup=False)

    talk(state_of(context).target, show)


def recall(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="What to look for.")],
    *,
    namespace: Namespace = NAMESPACE_DEFAULT,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to show.")] = 5,
    mode: Annotated[Mode, typer.Option(help="By meaning, by words, or both.")] = Mode.HYBRID,
    collection: Collection = None,
    attributes: Attributes = None,
    score_min: Annotated[float, typer.Option(min=0, max=1, help="The least score.")] = 0.0,
    version: AsOfVersion = None,
    tag: AsOfTag = "",
    why: Annotated[bool, typer.Option("--why", help="Show the parts of each score.")] = False,
    json: Json = False,
) -> None:
    """Find memories by meaning and by words, with the events to cite."""
    request = RecallRequest(
        namespace=namespace,
        text=question,
        limit=limit,
        mode=_MODES[mode],
        filter=_filter(collection, attributes),
        score_min=score_min,
        as_of=moment(version, tag),
    )

    async def show(node: Arkalia) -> None:
        answer = await node.memories.ask(request)
        if json:
            typer.echo(as_json(answer))
        else:
            _print_answer(answer, why=why)

    talk(state_of(context).target, show)


def forget(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(help="The ids of memories.")] = None,
    *,
    namespace: Namespace = NAMESPACE_DEFAULT,
    everything: Annotated[bool, typer.Option("--everything", help="All that the namespace has.")] = False,
    purge: Annotated[bool, typer.Option("--purge", help="In past states of the index too; tags go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Forget memories."""
    if everything and not yes:
        typer.confirm(f"Forget everything in namespace {namespace!r}?", abort=True)

    async def show(node: Arkalia) -> None:
        done = await node.memories.forget(namespace, ids or (), everything=everything, purge=purge)
        if json:
            typer.echo(as_json(done))
        else:
            console().print(f"forgotten  {done.forgotten_count}")

    talk(state_of(context).target, show)


def moment(version: int | None, tag: str) -> RecallMoment | None:
    """Return the past state of the index that was named."""
    if version is not None and tag:
        raise typer.BadParameter("name a version or a tag, not both")
    if version is not None:
        return RecallMoment(version=version)
    return RecallMoment(tag=tag) if tag else None


def _filter(collection: str | None, attributes: list[str] | None) -> MemoryFilter:
    wanted = MemoryFilter(collection=collection)
    for key, value in (_pair(each) for each in attributes or []):
        wanted.attributes.add(key=key, values=[value])
    return wanted


def _pair(attribute: str) -> tuple[str, str]:
    key, separator, value = attribute.partition("=")
    if not (key and separator):
        raise typer.BadParameter(f"{attribute!r} is not KEY=VALUE")
    return key, value


def _print_answer(answer: RecallResponse, *, why: bool) -> None:
    if not answer.memories:
        complaints().print("nothing is remembered about that")
    rows = [
        [f"{found.score.total:.3f}", found.memory.id, found.memory.event_id, line(found.memory.text, WORDS_SHOWN)]
        for found in answer.memories
    ]
    console().print(table(["score", "id", "event", "text"], rows))
    if why:
        for found in answer.memories:
            console().print(f"{found.memory.id}: {_spelled(found.score)}", markup=False)
    rung = short(Rung.Name(answer.rung)).lower().replace("_", " ")
    console().print(f"[dim]found: {rung}, index version {answer.version}[/]")


def _spelled(score: ScoreParts) -> str:
    ways = []
    if score.similarity_rank:
        ways.append(f"meaning {score.similarity:.3f} (place {score.similarity_rank})")
    if score.words_rank:
        ways.append(f"words {score.words:.3f} (place {score.words_rank})")
    parts = f"rank {score.rank:.3f} × recency {score.recency:.3f} × importance {score.importance:.3f}"
    return f"{score.total:.3f} = {parts}; {', '.join(ways)}"
