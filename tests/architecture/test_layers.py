"""Imports point one way, files stay small, and only the translator of errors speaks status codes."""

import ast
from pathlib import Path

import pytest

SERVER = Path(__file__).parents[2] / "server" / "luna"

# Each room, and the rooms it may look into.
ROOMS: dict[str, set[str]] = {
    "kernel": set(),
    "settings": set(),
    "topology": set(),
    "contracts": set(),
    "resilience": {"kernel"},
    "manifest": {"kernel", "resilience"},
    "transport": {"kernel", "resilience", "manifest", "settings"},
    "adapters": {"kernel", "resilience"},
    "models": set(),
    "modules": {"kernel", "resilience", "manifest"},
    "sidecar": {"kernel", "resilience", "transport", "manifest", "topology", "settings", "contracts"},
    "app": {
        *("kernel", "settings", "topology", "contracts", "resilience", "transport"),
        *("adapters", "manifest", "modules", "sidecar"),
    },
    "cli": {"app", "kernel", "settings", "topology", "contracts", "sidecar"},
    "__main__": {"cli"},
}

# Technologies, and the only places that know them.
HOMES: dict[str, set[str]] = {
    "aiobreaker": {"adapters"},
    "grpc": {"transport", "app", "manifest", "sidecar", "modules/*/servicer", "modules/*/__init__"},
    "apsw": {"adapters"},
    "cryptography": {"adapters"},
    "psutil": {"adapters", "sidecar"},
    "lancedb": {"adapters"},
    "pyarrow": {"adapters"},
    "pypdf": {"cli"},
    "prometheus_client": {"transport"},
    "opentelemetry": {"transport"},
    "structlog": {"transport", "sidecar"},
    "envoy": {"sidecar"},
    "httpx": {"adapters"},
    "llama_cpp": {"adapters"},
    "onnxruntime": {"adapters", "models"},
    "sentence_transformers": {"adapters"},
    "tokenizers": {"adapters"},
    "typer": {"cli"},
    "sqlite3": set(),
}

LINES_MAX = 250

FILES = sorted(path for path in SERVER.rglob("*.py") if path != SERVER / "__init__.py")
NAMES = [str(path.relative_to(SERVER)) for path in FILES]


def _imported(path: Path) -> set[tuple[str, ...]]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {tuple(name.split(".")) for name in names}


def _home(path: Path) -> str:
    room, *rest = path.relative_to(SERVER).with_suffix("").parts
    if room != "modules" or len(rest) < 2:
        return room
    return "modules/*/servicer" if rest[-1].startswith("servicer") else f"modules/*/{rest[-1]}"


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_import_is_allowed(path: Path) -> None:
    """
    Rooms look only where they may, and a module never at another.
    """
    room, *rest = path.relative_to(SERVER).with_suffix("").parts
    for name in _imported(path):
        package, *inner = name
        if package == "luna" and inner[0] in ROOMS and inner[0] != room:
            assert inner[0] in ROOMS[room], f"{room} must not import {'.'.join(name)}"
        if package == "luna" and inner[0] == "modules" and room == "modules" and len(rest) > 1:
            assert inner[1] == rest[0], f"module {rest[0]} must not import module {inner[1]}"


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_technologies_stay_at_home(path: Path) -> None:
    """
    A library can be replaced where it lives.
    """
    for package, *_ in _imported(path):
        if package in HOMES:
            assert _home(path) in HOMES[package], f"{_home(path)} must not know {package}"


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_the_core_of_a_module_is_pure(path: Path) -> None:
    """
    What is called domain neither awaits nor imports what does.
    """
    if path.name != "domain.py":
        return
    tree = ast.parse(path.read_text())

    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Await | ast.AsyncFunctionDef)]
    assert not {name[0] for name in _imported(path)} & {"asyncio", "grpc", "time", "random"}


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_file_fits_in_the_head(path: Path) -> None:
    """
    A longer file has two ideas in it.
    """
    assert len(path.read_text().splitlines()) <= LINES_MAX


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_only_the_error_translator_speaks_status_codes(path: Path) -> None:
    """
    Everyone else raises.
    """
    if path.is_relative_to(SERVER / "transport") or path.is_relative_to(SERVER / "sidecar"):
        # Their clients have to read the codes that others answer.
        banned = {"abort", "set_code"}
    else:
        banned = {"abort", "set_code", "StatusCode"}
    names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}

    assert path == SERVER / "transport" / "errors.py" or not names & banned


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_only_main_reads_the_environment(path: Path) -> None:
    """
    Whatever an operator may change is a setting.
    """
    names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}

    assert path == SERVER / "__main__.py" or not names & {"environ", "getenv"}


def test_every_room_is_on_the_map() -> None:
    """
    A new room is a decision, not an accident.
    """
    assert {path.relative_to(SERVER).parts[0].removesuffix(".py") for path in FILES} == set(ROOMS)
