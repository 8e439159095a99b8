"""Everything an operator can change, read once at start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

_PREFIX: Final = "ARKALIA_"


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
    channelz: bool = False
    all_in_one: bool = False
    cors_origins: str = "http://localhost(:[0-9]+)?|http://127\\.0\\.0\\.1(:[0-9]+)?"
    """A regular expression of the web origins that browsers may call from."""

    @property
    def log_path(self) -> Path:
        """The file of the event log."""
        return self.home / "events.db"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read settings from *environ*, leaving defaults where it is silent.

        Raises:
            ValueError: an ``ARKALIA_`` variable is unknown or malformed.

        """
        known = {field.name: field.type for field in fields(cls)}
        given = {key.removeprefix(_PREFIX).lower(): key for key in environ if key.startswith(_PREFIX)}
        if unknown := sorted(given[name] for name in given.keys() - known.keys()):
            names = ", ".join(sorted(_PREFIX + name.upper() for name in known))
            raise ValueError(f"unknown settings {', '.join(unknown)}; known are {names}")
        values = {name: _parse(variable, environ[variable], known[name]) for name, variable in given.items()}
        return cls(**{"home": _default_home(environ), **values})


def _default_home(environ: Mapping[str, str]) -> Path:
    data = environ.get("XDG_DATA_HOME") or Path(environ.get("HOME", "/var/lib")) / ".local" / "share"
    return Path(data) / "arkalia"


def _flag(text: str) -> bool:
    if text.lower() not in {"true", "false", "1", "0"}:
        raise ValueError("not true or false")
    return text.lower() in {"true", "1"}


_PARSERS: Final[Mapping[object, Callable[[str], Any]]] = {
    str: str,
    int: int,
    float: float,
    bool: _flag,
    Path: lambda text: Path(text).expanduser().absolute(),
}


def _parse(variable: str, text: str, kind: object) -> Any:  # noqa: ANN401  the kind is only known at run time
    try:
        return _PARSERS[kind](text)
    except ValueError as error:
        raise ValueError(f"{variable}={text!r} is malformed: {error}") from None
