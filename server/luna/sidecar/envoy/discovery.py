"""Replaces the files that Envoy watches."""

import json
from hashlib import sha256
from pathlib import Path

from luna.sidecar.envoy.template import Json


def discover(target: Path, resource: Json, *, label: str = "") -> str:
    """Make *resource* the whole content of *target*, and return its version, which begins with *label*.

    Envoy reads the file when it is renamed into place, and never half of it. What it has already is left alone.
    """
    body = json.dumps(resource)
    version = f"{label}{sha256(body.encode()).hexdigest()[:12]}"
    text = f'{{"version_info": "{version}", "resources": [{body}]}}\n'
    if target.exists() and target.read_text() == text:
        return version
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    draft.write_text(text)
    draft.rename(target)
    return version


def file_source(path: Path) -> Json:
    """Return how Envoy is told to follow the file *path*."""
    return {"resource_api_version": "V3", "initial_fetch_timeout": "2s", "path_config_source": {"path": str(path)}}
