"""A small real server of `/v1/embeddings`, in a thread, whose behaviour a test chooses."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from zlib import crc32

import numpy as np


class EmbeddingServer:
    """Embeds by counting words. What it was asked is kept."""

    def __init__(self) -> None:
        self.dimension = 96
        self.knows_base64 = True
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.answer: tuple[int, bytes] | None = None
        """What it answers whatever it is asked: a status and a body."""
        self.url = ""

    def respond(self, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        self.requests.append(body)
        if self.answer:
            return self.answer
        if path != "/v1/embeddings" or body["model"] != "words":
            return 404, b'{"error": {"message": "no such model"}}'
        if "" in body["input"]:
            return 400, b'{"error": {"message": "the input is empty"}}'
        base64 = self.knows_base64 and body.get("encoding_format") == "base64"
        data = [
            {"object": "embedding", "index": index, "embedding": self._embedding(text, base64=base64)}
            for index, text in enumerate(body["input"])
        ]
        # In no order: the index counts.
        return 200, json.dumps({"object": "list", "data": data[::-1], "model": "words"}).encode()

    def _embedding(self, text: str, *, base64: bool) -> str | list[float]:
        counts = np.zeros(self.dimension, dtype="<f4")
        for word in re.findall(r"\w+", text) or [""]:
            counts[crc32(word.encode()) % self.dimension] += 1
        return b64encode(counts.tobytes()).decode() if base64 else counts.tolist()


@contextmanager
def embedding_server() -> Iterator[EmbeddingServer]:
    """Serve on a free port of loopback."""
    behaviour = EmbeddingServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            behaviour.keys.append(self.headers.get("Authorization"))
            status, content = behaviour.respond(self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Be silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    behaviour.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield behaviour
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
