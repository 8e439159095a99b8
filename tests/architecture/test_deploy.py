"""What is deployed fits what is built: names, paths, commands, settings, and spans of time that go together."""

import re
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any, Final

import pytest
import yaml

from luna import __version__
from luna.cli.attach import sidecar_parser
from luna.cli.envoy import envoy_parser
from luna.cli.probe import probe_parser
from luna.cli.serve import serve_parser
from luna.settings import Settings
from luna.sidecar.attached import stopping_marker
from luna.sidecar.launch import STOP_MARGIN_SECONDS
from luna.sidecar.places import log_directory, run_directory, socket_path
from luna.sidecar.supervisor import ENVOY
from luna.topology import SIDECAR, SPLIT
from tests.manifest import FOLDER, ROOT, Container, containers, load, pod_spec, settings

CONTAINERS: Final = {each.name: each for each in containers()}
SERVERS: Final = [process.name for process in SPLIT.processes]
UNITS: Final = {"Mi": 2**20, "Gi": 2**30}

# What the kubelet knows and these manifests use. A typing error is no field.
POD_FIELDS: Final = {
    *("automountServiceAccountToken", "containers", "enableServiceLinks", "initContainers", "securityContext"),
    *("shareProcessNamespace", "terminationGracePeriodSeconds", "volumes"),
}
CONTAINER_FIELDS: Final = {
    *("command", "env", "envFrom", "image", "lifecycle", "livenessProbe", "name", "ports", "readinessProbe"),
    *("resources", "restartPolicy", "securityContext", "startupProbe", "volumeMounts"),
}
PROBE_FIELDS: Final = {"exec", "failureThreshold", "grpc", "periodSeconds", "timeoutSeconds"}


def deployed(name: str = SIDECAR) -> Settings:
    return Settings.from_env(CONTAINERS[name].environ)


def parsers(settings: Settings) -> Mapping[str, ArgumentParser]:
    return {
        "sidecar": sidecar_parser(),
        "serve": serve_parser(SERVERS),
        "envoy": envoy_parser(),
        "probe": probe_parser(settings),
    }


def memory(container: Container) -> int:
    quantity = container.spec["resources"]["limits"]["memory"]
    return int(quantity[:-2]) * UNITS[quantity[-2:]]


def test_every_file_is_read_by_kustomize() -> None:
    """
    One that nobody names is not deployed, and one that does not exist stops everything.
    """
    assert {*load("kustomization.yaml")["resources"], "kustomization.yaml"} == {path.name for path in FOLDER.iterdir()}
    for path in FOLDER.iterdir():
        assert list(yaml.safe_load_all(path.read_text()))


def test_every_field_is_one_that_the_kubelet_knows() -> None:
    """
    It refuses, or worse, ignores any other.
    """
    assert pod_spec().keys() <= POD_FIELDS
    for container in CONTAINERS.values():
        assert container.spec.keys() <= CONTAINER_FIELDS
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert container.spec.get(probe, {}).keys() <= PROBE_FIELDS


def test_the_processes_are_those_of_the_topology_in_the_order_of_their_needs() -> None:
    """
    The sidecar first, Envoy last, and whoever owns the log before who writes to it. All but Envoy are native sidecars.
    """
    ordered = sorted(SPLIT.processes, key=lambda process: not process.single_writer)

    assert list(CONTAINERS) == [SIDECAR, *(process.name for process in ordered), ENVOY]
    assert [each.native_sidecar for each in CONTAINERS.values()] == [True] * (1 + len(SERVERS)) + [False]
    assert all(process.replicas == 1 for process in SPLIT.processes)


@pytest.mark.parametrize("name", CONTAINERS)
def test_the_settings_are_known_and_the_same_everywhere(name: str) -> None:
    """
    An unknown variable would stop the start. Kubernetes itself must not make any up, see `enableServiceLinks`.
    """
    assert deployed(name) == deployed()
    assert pod_spec()["enableServiceLinks"] is False


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_command_is_one_that_the_program_takes(name: str) -> None:
    """
    In probes and hooks too. Only the program itself is run, and what marks the end of the pod.
    """
    known = parsers(deployed())
    for program, *rest in CONTAINERS[name].commands:
        if program == "touch":
            assert rest == [str(stopping_marker(run_directory(deployed())))]
            continue
        assert program == "arkalia"
        known[rest[0]].parse_args(rest[1:])


@pytest.mark.parametrize("name", SERVERS)
def test_servers_listen_where_the_sidecar_looks_for_them(name: str) -> None:
    """
    On the socket of their first and only generation.
    """
    given = serve_parser(SERVERS).parse_args(CONTAINERS[name].command[2:])

    assert (given.process, given.replica) == (name, 0)
    assert given.socket == socket_path(run_directory(deployed()), name, 0, 1)


def test_they_see_each_other_and_nobody_else_does() -> None:
    """
    One pid namespace, one user, one folder of sockets that is in memory and theirs alone.
    """
    pod, run = pod_spec(), str(run_directory(deployed()))
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = {
        name: {each["mountPath"]: each["name"] for each in it.spec["volumeMounts"]} for name, it in CONTAINERS.items()
    }

    assert pod["shareProcessNamespace"] is True
    assert {each.spec["securityContext"].get("runAsUser") for each in CONTAINERS.values()} == {None}
    assert {found[run] for found in mounts.values()} == {"run"}
    assert volumes["run"]["emptyDir"]["medium"] == "Memory"
    assert str(deployed().home) not in mounts[ENVOY]


@pytest.mark.parametrize("name", CONTAINERS)
def test_nobody_may_do_more_than_needed(name: str) -> None:
    """
    No root, no capabilities, nothing to write to but what is mounted.
    """
    context, mounts = CONTAINERS[name].spec["securityContext"], CONTAINERS[name].spec["volumeMounts"]
    written = {str(run_directory(deployed())), str(log_directory(deployed())), "/tmp"}  # noqa: S108  of the container

    assert pod_spec()["securityContext"]["runAsNonRoot"] is True
    assert context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert written <= {mount["mountPath"] for mount in mounts}


def test_there_is_one_writer_of_the_log() -> None:
    """
    One replica, on a volume that one machine mounts.
    """
    spec = load("node.yaml")["spec"]
    (claim,) = spec["volumeClaimTemplates"]

    assert spec["replicas"] == 1
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert {each["name"] for each in CONTAINERS["log"].spec["volumeMounts"]} >= {claim["metadata"]["name"]}


def test_there_is_time_for_everybody_to_end_in_turn() -> None:
    """
    Envoy drains, then one server after the other does, and each may take its grace.
    """
    drain = deployed().drain_seconds
    needed = drain + len(SERVERS) * (drain + STOP_MARGIN_SECONDS) + STOP_MARGIN_SECONDS

    assert pod_spec()["terminationGracePeriodSeconds"] > needed


def test_the_sidecar_notices_too_much_memory_before_the_kernel_kills() -> None:
    """
    Without the setting it would take half of what its own container has for the limit of all.
    """
    limit = deployed().process_memory_bytes_max

    assert limit
    assert all(limit < memory(CONTAINERS[name]) for name in (*SERVERS, ENVOY))


def test_calls_arrive_where_envoy_listens() -> None:
    """
    The service, the port of the container, the probe and the setting name one port, which is not of loopback alone.
    """
    (port,) = load("service.yaml")["spec"]["ports"]
    (there,) = CONTAINERS[ENVOY].spec["ports"]

    assert port["targetPort"] == there["name"]
    assert {port["port"], there["containerPort"], CONTAINERS[ENVOY].spec["readinessProbe"]["grpc"]["port"]} == {
        deployed().port
    }
    assert deployed().host == "0.0.0.0"  # noqa: S104  of the pod


def test_the_image_is_built_from_the_lock_and_runs_as_the_user_of_the_pod() -> None:
    """
    With hashes; under the name and version that the manifest asks for; with settings that are known.
    """
    text = (ROOT / "deploy" / "container" / "Containerfile").read_text()
    (image,) = load("kustomization.yaml")["images"]
    user = pod_spec()["securityContext"]
    environ: dict[str, Any] = dict(re.findall(r"(ARKALIA_\w+)=(\S+)", text))

    assert "--require-hashes --no-deps -r requirements.lock" in text
    assert f"USER {user['runAsUser']}:{user['runAsGroup']}" in text
    assert {each.spec["image"] for each in CONTAINERS.values()} == {image["name"]}
    assert image["newTag"] == __version__
    assert f"{image['name']}:{__version__}" in text
    assert Settings.from_env(environ).home == deployed().home
    for source in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE):
        assert all((ROOT / name).exists() for name in source.split())
    assert settings()["ARKALIA_HOME"] == environ["ARKALIA_HOME"]
