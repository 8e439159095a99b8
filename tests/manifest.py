"""What is deployed on Kubernetes, read as the kubelet reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "deploy" / "kubernetes"
POD_NAME: Final = "arkalia-0"


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container of the pod."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    startup: Sequence[str] | None
    """The command of its startup probe."""
    pre_stop: Sequence[str] | None
    native_sidecar: bool
    spec: Mapping[str, Any]

    @property
    def commands(self) -> list[Sequence[str]]:
        """Every command that is run in it."""
        liveness = self.spec.get("livenessProbe", {}).get("exec", {}).get("command")
        return [each for each in (self.command, self.startup, liveness, self.pre_stop) if each]


def load(name: str) -> Any:
    """Return the only document of a file of the manifest."""
    (document,) = yaml.safe_load_all((FOLDER / name).read_text())
    return document


def pod_spec() -> Any:
    """Return the pod of the node."""
    return load("node.yaml")["spec"]["template"]["spec"]


def settings() -> dict[str, str]:
    """Return what the generated ConfigMap holds."""
    (generator,) = load("kustomization.yaml")["configMapGenerator"]
    return dict(literal.split("=", 1) for literal in generator["literals"])


def containers() -> list[Container]:
    """Return the containers, in the order in which they are started."""
    pod = pod_spec()
    sidecars, others = pod["initContainers"], pod["containers"]
    return [_container(spec, sidecar=spec in sidecars) for spec in (*sidecars, *others)]


def _container(spec: Any, *, sidecar: bool) -> Container:
    environ: dict[str, str] = {}
    for source in spec.get("envFrom", []):
        assert source == {"configMapRef": {"name": "arkalia-settings"}}
        environ |= settings()
    for variable in spec.get("env", []):
        assert variable["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}
        environ[variable["name"]] = POD_NAME
    return Container(
        name=spec["name"],
        command=spec["command"],
        environ=environ,
        startup=spec.get("startupProbe", {}).get("exec", {}).get("command"),
        pre_stop=spec.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command"),
        native_sidecar=sidecar and spec["restartPolicy"] == "Always",
        spec=spec,
    )
