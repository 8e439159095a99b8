"""A server of language models for tests, which speaks as Ollama and as OpenAI do, over real sockets.

`async with model_server(FakeModel(...)) as server` serves in this process; `python -m tests.model_servers` in one of
its own, which can be killed. `server.url` is its Ollama, `server.openai_url` its `/v1`.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tests.fake_models import Answer, Asked, FakeModel, answer, babble, echo, following, saying

__all__ = [
    "Asked",
    "FakeModel",
    "ModelServer",
    "babble",
    "echo",
    "following",
    "model_process",
    "model_server",
    "saying",
]


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    key: str
    body: Mapping[str, Any]


class ModelServer:
    """Serves models. What it was asked is kept, and so is how often somebody hung up on it."""

    def __init__(self, models: Sequence[FakeModel]) -> None:
        self.models = {model.name: model for model in models}
        self.offered: dict[str, FakeModel] = {}
        """What can be pulled."""
        self.key = ""
        """The API key of `/v1`; empty: it takes any."""
        self.raw: tuple[int, bytes] | None = None
        """What it answers whatever it is asked: a status and a body."""
        self.port = 0
        self.paths: list[str] = []
        self.asked: list[Asked] = []
        self.tokens_said = 0
        self.hangups = 0
        """Answers that nobody wanted to hear to the end."""
        self.under_way = 0
        self._changed = asyncio.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    async def hung_up(self, count: int = 1) -> None:
        """Wait until so many answers were given up by those who asked."""
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: self.hangups >= count)

    async def busy(self, count: int = 1) -> None:
        """Wait until so many answers are under way."""
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: self.under_way >= count)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while request := await _request(reader):
                self.paths.append(request.path)
                if not await self._respond(request, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _respond(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if self.raw:
            return _send(writer, *self.raw)
        if request.path.startswith("/v1") and self.key and request.key != f"Bearer {self.key}":
            return _send(writer, 401, {"error": {"message": f"incorrect API key {request.key}"}})
        if request.path in {"/api/chat", "/v1/chat/completions"}:
            return await self._chat(request, reader, writer)
        if request.path == "/api/pull":
            return await self._pull(request, writer)
        return _send(writer, *self._look(request))

    def _look(self, request: Request) -> tuple[int, Any]:
        held = self.models.values()
        lists: Mapping[str, Any] = {
            "/api/tags": {"models": [_entry(each) for each in held]},
            "/api/ps": {"models": [_entry(each) for each in held if each.is_loaded]},
            "/v1/models": {"object": "list", "data": [{"id": each.name, "object": "model"} for each in held]},
        }
        if request.path in lists:
            return 200, lists[request.path]
        model = self.models.get(request.body.get("model", ""))
        if model is None:
            return 404, {"error": f"model '{request.body.get('model')}' not found"}
        return (200, _shown(model)) if request.path == "/api/show" else self._load(model)

    def _load(self, model: FakeModel) -> tuple[int, Any]:
        model.is_loaded = model.status == 200
        done = {"model": model.name, "response": "", "done": True, "done_reason": "load"}
        return model.status, done if model.is_loaded else {"error": "model requires more system memory"}

    async def _pull(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        model = self.offered.get(request.body["model"])
        _begin(writer, "application/x-ndjson")
        _chunk(writer, _line({"status": "pulling manifest"}))
        if model is None:
            _chunk(writer, _line({"error": "pull model manifest: file does not exist"}))
            return _end(writer)
        layers = {"sha256:weights": model.size_bytes, "sha256:template": 1000}
        for digest, size in layers.items():
            for done in (0, size // 2, size):
                progress = {"status": f"pulling {digest}", "digest": digest, "total": size, "completed": done}
                _chunk(writer, _line(progress))
                await writer.drain()
                await asyncio.sleep(0)
        self.models[model.name] = model
        _chunk(writer, _line({"status": "verifying sha256 digest"}) + _line({"status": "success"}))
        return _end(writer)

    async def _chat(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        asked = _asked(request)
        self.asked.append(asked)
        model = self.models.get(asked.model)
        if model is None or not model.answers:
            return _send(writer, 404, {"error": f"model '{asked.model}' not found"})
        if asked.tools and not model.takes_tools:
            return _send(writer, 400, {"error": f"{asked.model} does not support tools"})
        if model.status != 200:
            return _send(writer, model.status, {"error": {"message": "something is wrong with the model"}})
        model.is_loaded = True
        saying = asyncio.create_task(self._say(request, model, asked, writer))
        # Whoever asked says no more on this connection, unless to hang up.
        gone = asyncio.create_task(reader.read(1))
        await self._count(under_way=1)
        await asyncio.wait({saying, gone}, return_when=asyncio.FIRST_COMPLETED)
        for task in (saying, gone):
            task.cancel()
        await asyncio.wait({saying, gone})
        hung_up = saying.cancelled() or saying.exception() is not None
        await self._count(under_way=-1, hangups=int(hung_up))
        return False

    async def _count(self, *, under_way: int = 0, hangups: int = 0) -> None:
        async with self._changed:
            self.under_way += under_way
            self.hangups += hangups
            self._changed.notify_all()

    async def _say(self, request: Request, model: FakeModel, asked: Asked, writer: asyncio.StreamWriter) -> None:
        said = answer(model, asked)
        words = OpenAiWords(said) if request.path.startswith("/v1") else OllamaWords(said)
        _begin(writer, words.content_type, "Connection: close")
        await asyncio.sleep(model.first_seconds)
        for number, token in enumerate([*said.tokens, ""]):
            if number == model.dies_after:
                writer.transport.abort()
                return
            if number == model.fails_after:
                _chunk(writer, words.failed("the model fell over"))
                break
            if number == model.stalls_after:
                await asyncio.Event().wait()
            if token:
                _chunk(writer, words.token(token))
                self.tokens_said += 1
                await writer.drain()
                await asyncio.sleep(1 / model.tokens_per_second if model.tokens_per_second else 0)
        else:
            _chunk(writer, words.finished())
        _end(writer)


class OllamaWords:
    """Says an answer as Ollama does."""

    content_type = "application/x-ndjson"

    def __init__(self, said: Answer) -> None:
        self._said = said

    def token(self, text: str) -> bytes:
        return _line({"message": {"role": "assistant", "content": text}, "done": False})

    def failed(self, why: str) -> bytes:
        return _line({"error": why})

    def finished(self) -> bytes:
        calls = [{"function": {"name": name, "arguments": dict(given)}} for name, given in self._said.calls]
        message = {"role": "assistant", "content": "", "tool_calls": calls}
        counts = {"prompt_eval_count": self._said.prompt_tokens, "eval_count": len(self._said.tokens)}
        reason = "stop" if calls else self._said.ending
        first = _line({"message": message, "done": False}) if calls else b""
        return first + _line({"message": {"content": ""}, "done": True, "done_reason": reason, **counts})


class OpenAiWords:
    """Says an answer as OpenAI does: calls of tools come in parts, and the count of tokens last."""

    content_type = "text/event-stream"

    def __init__(self, said: Answer) -> None:
        self._said = said

    def token(self, text: str) -> bytes:
        return self._choice({"content": text})

    def failed(self, why: str) -> bytes:
        return _data({"error": {"message": why, "type": "server_error"}})

    def finished(self) -> bytes:
        parts = []
        for index, (name, given) in enumerate(self._said.calls):
            text = json.dumps(given)
            first = {"index": index, "id": f"call-{index}", "function": {"name": name, "arguments": text[:3]}}
            parts.append(self._choice({"role": "assistant", "tool_calls": [first]}))
            parts.append(self._choice({"tool_calls": [{"index": index, "function": {"arguments": text[3:]}}]}))
        usage = {"prompt_tokens": self._said.prompt_tokens, "completion_tokens": len(self._said.tokens)}
        end = self._choice({}, self._said.ending) + _data({"choices": [], "usage": usage}) + b"data: [DONE]\n\n"
        return b"".join(parts) + end

    def _choice(self, delta: Mapping[str, Any], ending: str | None = None) -> bytes:
        return _data({"choices": [{"index": 0, "delta": delta, "finish_reason": ending}]})


@asynccontextmanager
async def model_server(*models: FakeModel, port: int = 0) -> AsyncIterator[ModelServer]:
    """Serve *models* on loopback, on a free port; one that echoes, if none are given."""
    behaviour = ModelServer(models or [FakeModel()])
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        connections.add(task)
        task.add_done_callback(connections.discard)
        await behaviour.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    behaviour.port = server.sockets[0].getsockname()[1]
    try:
        yield behaviour
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


@asynccontextmanager
async def model_process(*options: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Serve in a process of its own, and yield it and the URL of its Ollama. Options are those of the command."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.model_servers", *options), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        async with asyncio.timeout(60):
            url = (await process.stdout.readline()).decode().strip()
        yield process, url
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _request(reader: asyncio.StreamReader) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *rest = head.decode().rstrip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(
        method=method, path=path, key=headers.get("authorization", ""), body=json.loads(body) if body else {}
    )


def _asked(request: Request) -> Asked:
    body = request.body
    given = {**body.get("options", {}), **body}
    names = {"tokens_max": ("num_predict", "max_tokens"), "num_ctx": ("num_ctx",)}
    options = {name: given[name] for name in ("temperature", "top_p", "seed", "stop") if name in given}
    options |= {name: given[key] for name, keys in names.items() for key in keys if key in given}
    schema = body.get("format") or body.get("response_format", {}).get("json_schema", {}).get("schema")
    tools = [tool["function"]["name"] for tool in body.get("tools", ())]
    return Asked(
        model=body["model"],
        messages=body["messages"],
        tools=tools,
        options=options,
        schema=schema,
        key=request.key.removeprefix("Bearer "),
    )


def _entry(model: FakeModel) -> Mapping[str, Any]:
    digest = sha256(repr(model.name).encode()).hexdigest()
    details = {"format": "gguf", "family": "llama", "parameter_size": "1B", "quantization_level": "Q4_0"}
    return {"name": model.name, "model": model.name, "size": model.size_bytes, "digest": digest, "details": details}


def _shown(model: FakeModel) -> Mapping[str, Any]:
    about = {
        "general.architecture": "llama",
        "general.parameter_count": model.parameters,
        "llama.context_length": model.context_tokens,
        "tokenizer.ggml.tokens": None,
    }
    capabilities = ["completion", *(["tools"] if model.takes_tools else [])] if model.answers else ["embedding"]
    return {"details": _entry(model)["details"], "model_info": about, "capabilities": capabilities}


def _send(writer: asyncio.StreamWriter, status: int, body: Any) -> bool:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    writer.write(f"HTTP/1.1 {status} Said\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
    return True


def _begin(writer: asyncio.StreamWriter, content_type: str, *headers: str) -> None:
    lines = ["HTTP/1.1 200 OK", f"Content-Type: {content_type}", "Transfer-Encoding: chunked", *headers]
    writer.write("".join(f"{line}\r\n" for line in [*lines, ""]).encode())


def _chunk(writer: asyncio.StreamWriter, content: bytes) -> None:
    writer.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")


def _end(writer: asyncio.StreamWriter) -> bool:
    writer.write(b"0\r\n\r\n")
    return True


def _line(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _data(value: Any) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.model_servers", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--model", action="append", help="the name of a model; may be repeated")
    parser.add_argument("--says", help="what the models say; else what they are told")
    parser.add_argument("--calls", action="append", default=[], metavar="NAME=JSON", help="a tool they ask for")
    parser.add_argument("--tokens-per-second", type=float, default=0)
    parser.add_argument("--dies-after", type=int, help="the socket is closed after so many tokens")
    parser.add_argument("--status", type=int, default=200, help="what they answer instead")
    return parser.parse_args(arguments)


async def _main(options: argparse.Namespace) -> None:
    calls = [(name, json.loads(given)) for name, _, given in (call.partition("=") for call in options.calls)]
    models = [
        FakeModel(
            name=name,
            says=saying(options.says) if options.says else echo,
            calls=calls,
            tokens_per_second=options.tokens_per_second,
            dies_after=options.dies_after,
            status=options.status,
        )
        for name in options.model or ["echo:1b"]
    ]
    async with model_server(*models, port=options.port) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(_options()))
