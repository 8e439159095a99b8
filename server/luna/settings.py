"""Everything an operator can change, read once at start."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

_PREFIX: Final = "ARKALIA_"


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


_Rule: TypeAlias = tuple[Callable[[Any], bool], str]
_PORT: Final[_Rule] = (lambda port: 0 < port < 65536, "a port, 1 to 65535")
_API: Final[_Rule] = (
    lambda url: not url or re.fullmatch(r"https?://[^\s]+", url) is not None,
    "http://HOST:PORT/v1",
)
_RULES: Final[Mapping[str, _Rule]] = {
    "node_name": (
        lambda name: not name or re.fullmatch("[A-Za-z0-9][A-Za-z0-9._-]{0,127}", name) is not None,
        "letters, digits, dots, dashes and underscores",
    ),
    "port": _PORT,
    "metrics_port": (lambda port: 0 <= port < 65536, "a port, or 0 for none"),
    "admin_port": _PORT,
    "sample_seconds": (lambda seconds: 0.05 <= seconds <= 3600, "0.05 to 3600"),
    "drain_seconds": (lambda seconds: 0 <= seconds <= 600, "0 to 600"),
    "process_memory_bytes_max": (lambda size: size == 0 or size >= 64 * 2**20, "64 MiB or more, or 0"),
    "message_bytes_max": (lambda size: 1024 <= size <= 64 * 2**20, "1 KiB to 64 MiB"),
    "log_level": (lambda level: level in {"debug", "info", "warning", "error"}, "debug, info, warning or error"),
    "log_format": (lambda kind: kind in {"json", "console"}, "json or console"),
    "otlp_endpoint": (lambda url: not url or re.fullmatch(r"https?://[^/\s]+/?", url) is not None, "http://HOST:PORT"),
    "incident_webhook": (lambda url: not url or re.fullmatch(r"https?://[^\s]+", url) is not None, "http://HOST/PATH"),
    "trace_ratio": (lambda ratio: 0 <= ratio <= 1, "0 to 1"),
    "cors_origins": (_compiles, "a regular expression"),
    "embedder": (lambda kind: kind in _EMBEDDERS, "minilm, onnx, sentence-transformers or openai"),
    "embedder_url": _API,
    "ollama_url": (lambda url: not url or re.fullmatch(r"https?://[^\s]+", url) is not None, "http://HOST:PORT"),
    "openai_url": _API,
    "models": (
        lambda names: all(re.fullmatch(_MODEL, name) for name in _names(names)),
        "names such as ollama/mistral:7b, with commas between",
    ),
    "chat_tokens_daily": (lambda tokens: tokens >= 0, "0 or more"),
    "model_context_tokens": (lambda tokens: 512 <= tokens <= 2**20, "512 to 1048576"),
}
_MODEL: Final = "(ollama|openai|llama)/[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}"
_EMBEDDERS: Final[Mapping[str, Sequence[str]]] = {
    "minilm": (),
    "onnx": ("embedder_path",),
    "sentence-transformers": ("embedder_path",),
    "openai": ("embedder_url", "embedder_model"),
}
"""Each embedder, and what else has to be set for it."""
_SERVERS: Final[Mapping[str, str]] = {"ollama": "ollama_url", "openai": "openai_url", "llama": "llama_path"}
"""Each server of language models, and what says where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The node's configuration. Field ``x`` is read from ``ARKALIA_X``."""

    home: Path
    """Where the node keeps its data."""
    node_name: str = ""
    """Empty: the host's name."""
    host: str = "127.0.0.1"
    """The address on which Envoy listens."""
    port: int = 8080
    metrics_port: int = 9464
    """The loopback port of Prometheus metrics. 0: none."""
    admin_port: int = 9901
    """The loopback port of Envoy's admin interface."""
    sample_seconds: float = 1.0
    drain_seconds: float = 5.0
    """How long calls may take to finish when a server stops."""
    message_bytes_max: int = 4 * 1024 * 1024
    log_level: str = "info"
    log_format: str = "json"
    otlp_endpoint: str = ""
    """Where traces and metrics go, such as ``http://127.0.0.1:4317``. Empty: nowhere."""
    trace_ratio: float = 0.1
    """The share of requests without a parent that are traced, once ``otlp_endpoint`` is set."""
    incident_webhook: str = ""
    """Where incidents are posted to. Empty: nowhere."""
    channelz: bool = False
    process_memory_bytes_max: int = 0
    """The memory that a process of the node may hold. 0: half of what the machine, or its container, has."""
    chaos: bool = False
    """Whether faults can be injected into the processes of this node, for tests of it."""
    all_in_one: bool = False
    standby: bool = True
    """Whether a spare server process waits to take the place of one that falls. Never with ``all_in_one``."""
    cors_origins: str = "http://localhost(:[0-9]+)?|http://127\\.0\\.0\\.1(:[0-9]+)?"
    """A regular expression of the web origins that browsers may call from."""
    memory_path: str = ""
    """The folder of the index of memories, or an address such as ``s3://bucket/memory``. Empty: beside the log."""
    embedder: str = "minilm"
    """What makes vectors of texts: ``minilm``, ``onnx``, ``sentence-transformers`` or ``openai``."""
    embedder_path: Path | None = None
    """The model of ``onnx``, a file, or of ``sentence-transformers``, a folder."""
    embedder_url: str = ""
    """Where ``openai`` is served, such as ``http://127.0.0.1:11434/v1``."""
    embedder_model: str = ""
    """What ``openai`` calls the model."""
    embedder_key: str = field(default="", repr=False)
    """The API key of ``openai``. Never shown."""
    ollama_url: str = "http://127.0.0.1:11434"
    """Where an Ollama generates answers. Empty: there is none."""
    openai_url: str = ""
    """Where a server of ``/v1/chat/completions`` does, such as ``http://127.0.0.1:8000/v1``. Empty: there is none."""
    openai_key: str = field(default="", repr=False)
    """The API key of that server. Never shown."""
    llama_path: Path | None = None
    """A GGUF file, or a folder of them, whose models generate answers in the node itself."""
    models: str = ""
    """The models that answer chats, such as ``ollama/mistral:7b, llama/phi-3.gguf``. Empty: all, the largest first."""
    chat_tokens_daily: int = 0
    """How many tokens of prompts and answers each caller may use a day in chats. 0: as many as they want."""
    model_context_tokens: int = 8192
    """The longest prompt and answer together that Ollama and ``llama_path`` make room for."""

    @property
    def endpoint(self) -> str:
        """The address of the node's front door."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def log_path(self) -> Path:
        """The file of the event log."""
        return self.home / "events.db"

    @property
    def keys_path(self) -> Path:
        """The file of the keys that memories are sealed with in the log."""
        return self.home / "memory-keys.db"

    @property
    def memory_place(self) -> str:
        """The folder or the address of the index of memories."""
        return self.memory_path or str(self.home / "memory")

    @property
    def ladder(self) -> Sequence[str]:
        """The names of the models that answer chats, the first asked first."""
        return _names(self.models)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read settings from *environ*, leaving defaults where it is silent.

        Raises:
            ValueError: an ``ARKALIA_`` variable is unknown, malformed or out of range.

        """
        known = {each.name: each.type for each in fields(cls)}
        given = {key.removeprefix(_PREFIX).lower(): key for key in environ if key.startswith(_PREFIX)}
        if unknown := sorted(given[name] for name in given.keys() - known.keys()):
            names = ", ".join(sorted(_PREFIX + name.upper() for name in known))
            raise ValueError(f"unknown settings {', '.join(unknown)}; known are {names}")
        values = {name: _parse(variable, environ[variable], known[name]) for name, variable in given.items()}
        settings = cls(**{"home": _default_home(environ), **values})
        settings._check()
        return settings

    def _check(self) -> None:
        for name, (good, meant) in _RULES.items():
            value = getattr(self, name)
            if not good(value):
                raise ValueError(f"{_PREFIX}{name.upper()}={value} is out of range: it must be {meant}")
        needs = {f"EMBEDDER={self.embedder}": _EMBEDDERS[self.embedder]}
        needs |= {f"MODELS={name}": [_SERVERS[name.partition("/")[0]]] for name in self.ladder}
        for what, names in needs.items():
            if missing := [name for name in names if not getattr(self, name)]:
                raise ValueError(f"{_PREFIX}{what} needs {_PREFIX}{missing[0].upper()}")
        self._check_ports()

    def _check_ports(self) -> None:
        ports = [port for port in (self.port, self.metrics_port, self.admin_port) if port]
        if len(set(ports)) < len(ports):
            raise ValueError(
                f"{_PREFIX}PORT, {_PREFIX}METRICS_PORT and {_PREFIX}ADMIN_PORT must differ, they are {ports}"
            )


def _default_home(environ: Mapping[str, str]) -> Path:
    data = environ.get("XDG_DATA_HOME") or Path(environ.get("HOME", "/var/lib")) / ".local" / "share"
    return Path(data) / "arkalia"


def _names(text: str) -> Sequence[str]:
    return [name.strip() for name in text.split(",")] if text.strip() else []


def _flag(text: str) -> bool:
    if text.lower() not in {"true", "false", "1", "0"}:
        raise ValueError("not true or false")
    return text.lower() in {"true", "1"}


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


_PARSERS: Final[Mapping[object, Callable[[str], Any]]] = {
    str: str,
    int: int,
    float: float,
    bool: _flag,
    Path: _path,
    Path | None: lambda text: _path(text) if text else None,
}


def _parse(variable: str, text: str, kind: object) -> Any:  # noqa: ANN401  the kind is only known at run time
    try:
        return _PARSERS[kind](text)
    except ValueError as error:
        raise ValueError(f"{variable}={text!r} is malformed: {error}") from None
