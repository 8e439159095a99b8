"""The command that talks with the node: ``arkalia chat``."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing, nullcontext
from typing import Annotated, Any, Final

import typer
from arkalia.assistantia.v1.assistant_service_pb2 import ChatDone, ChatResponse
from arkalia.assistantia.v1.conversation_pb2 import SPEAKER_USER, AnswerRung, Citation, Usage
from rich.live import Live
from rich.markdown import Markdown

from arkalia_client import Arkalia, ArkaliaError
from luna.cli.call import talk
from luna.cli.output import as_json, complaints, console
from luna.cli.state import Json, state_of
from luna.cli.texts import line
from luna.cli.words import short

HELP: Final = (
    "/new: another conversation  /history: what was said  /model [NAME]: who answers  /quit\n"
    "Ctrl-C: enough of this answer"
)
CITED_SHOWN: Final = 120
TURNS_SHOWN: Final = 20
LADDER: Final = "ladder"
"""What the models of the ladder are called together."""


def add_to(app: typer.Typer) -> None:
    """Add this command to *app*."""
    app.command()(chat)


def chat(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="What to ask; without it, a conversation begins.")] = "",
    *,
    namespace: Annotated[
        str,
        typer.Option(
            "--namespace", "-n", help="Whose memories to answer from; if left out, those of the conversation."
        ),
    ] = "",
    conversation: Annotated[str, typer.Option(help="The id of the conversation to continue.")] = "",
    model: Annotated[
        str, typer.Option("--model", "-m", help="Which model is to answer; extractive: none, quotes instead.")
    ] = "",
    json: Json = False,
) -> None:
    """Ask the node, and read the answer with what it rests on."""

    async def run(node: Arkalia) -> None:
        session = _Session(node, namespace, conversation, model)
        if question:
            await (session.print_json if json else session.show)(question)
        else:
            await session.converse()

    talk(state_of(context).target, run)


class _Session:
    """A conversation, as somebody at a terminal has it."""

    def __init__(self, node: Arkalia, namespace: str, conversation_id: str, model: str) -> None:
        self._node = node
        self._namespace = namespace
        self._id = conversation_id
        self._model = model
        self._commands: Mapping[str, Callable[[str], Awaitable[None]]] = {
            "/new": self._new,
            "/history": self._history,
            "/model": self._choose,
        }

    async def converse(self) -> None:
        """Answer line by line until /quit or the end of the input."""
        await self._help("")
        while (line := await asyncio.to_thread(_read)) not in {None, "/quit"}:
            try:
                await self._obey(line or "")
            except ArkaliaError as error:
                # The next question may fare better.
                complaints().print(f"{error.reason}: {error}", markup=False)

    async def _obey(self, line: str) -> None:
        command, _, rest = line.partition(" ")
        if line.startswith("/"):
            await self._commands.get(command, self._help)(rest.strip())
        elif line:
            await _until_interrupted(self.show(line))

    async def show(self, question: str) -> None:
        """Show the answer as it comes, then what it rests on. What is not a window gets it as it was written."""
        text, others = "", list[ChatResponse]()
        try:
            with Live(console=console(), refresh_per_second=12) if console().is_terminal else nullcontext() as live:
                async with aclosing(self._ask(question)) as parts:
                    async for part in parts:
                        text += part.delta
                        if live and part.delta:
                            live.update(Markdown(text))
                        if not part.delta:
                            others.append(part)
        finally:
            if not console().is_terminal:
                console().print(text, markup=False)
        self._rests_on([each.citation for each in others if each.HasField("citation")])
        self._ended([each for each in others if each.HasField("usage") or each.HasField("done")])

    def _rests_on(self, citations: Sequence[Citation]) -> None:
        for cited in citations:
            console().print(f"  {_cited(cited)}", markup=False, style="dim")

    def _ended(self, last: Sequence[ChatResponse]) -> None:
        done, usage = ChatDone(), Usage()
        for part in last:
            done.MergeFrom(part.done)
            usage.MergeFrom(part.usage)
        for note in done.notes:
            console().print(f"  {note}", markup=False, style="yellow")
        wrote = done.model or short(AnswerRung.Name(done.rung)).lower()
        speed = f" · {usage.tokens_per_second:.1f} tokens/s" if usage.tokens_per_second else ""
        console().print(f"  {wrote}{speed} · {self._id}", markup=False, style="dim")

    async def print_json(self, question: str) -> None:
        """Print every part of the answer as one line of JSON."""
        async with aclosing(self._ask(question)) as parts:
            async for part in parts:
                typer.echo(as_json(part, indent=None))

    async def _ask(self, question: str) -> AsyncGenerator[ChatResponse, None]:
        answer = self._node.assistant.chat(
            question, conversation_id=self._id, namespace=self._namespace, model=self._model
        )
        async with aclosing(answer) as parts:
            async for part in parts:
                self._id = part.begun.conversation_id or self._id
                yield part

    async def _help(self, _: str) -> None:
        console().print(HELP, markup=False, style="dim")

    async def _new(self, _: str) -> None:
        self._id = ""

    async def _history(self, _: str) -> None:
        if not self._id:
            return
        for turn in (await self._node.assistant.conversation(self._id, limit=TURNS_SHOWN)).turns:
            speaker = "you " if turn.speaker == SPEAKER_USER else "node"
            console().print(f"{speaker}  {turn.text}", markup=False)

    async def _choose(self, name: str) -> None:
        """Have the model *name* answer from now on; ``ladder`` for whoever can, nothing to be told who does."""
        if name:
            self._model = "" if name == LADDER else name
        models = [LADDER, *(model.name for model in (await self._node.models.list()).models)]
        for each in models:
            mark = "*" if each == (self._model or LADDER) else " "
            console().print(f"{mark} {each}", markup=False)
        if self._model and self._model not in models:
            console().print(f"* {self._model}: not there", markup=False, style="yellow")


async def _until_interrupted(work: Coroutine[Any, Any, None]) -> None:
    """Await *work*, which Ctrl-C ends, and nothing else with it."""
    loop, task, before = asyncio.get_running_loop(), asyncio.ensure_future(work), signal.getsignal(signal.SIGINT)
    loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        await asyncio.wait({task})
    finally:
        task.cancel()
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)
    if task.cancelled():
        console().print("  interrupted", style="dim")
    else:
        task.result()


def _read() -> str | None:
    try:
        return input("> ").strip()
    except EOFError:
        return None


def _cited(cited: Citation) -> str:
    source = f"memory {cited.memory_id}, event {cited.event_id}" if cited.memory_id else f"event {cited.event_id}"
    return f"[{cited.number}] {source}: {line(cited.text, CITED_SHOWN)}"
