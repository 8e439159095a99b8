#!/usr/bin/env python3
"""Generates everything that is made from the contracts: descriptor set, Python code, OpenAPI document."""

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from google.protobuf import empty_pb2, struct_pb2, wrappers_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from imports import imports, validator_rules

PROTO: Final = Path(__file__).resolve().parent.parent
TOOLS: Final = PROTO / "tools"
GENERATED: Final = PROTO / "gen"
BUILD: Final = PROTO / "build"
"""Where the image with comments and positions goes, which linters read and nobody commits."""


class ContractError(Exception):
    """The contracts do not compile."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Generate into the tree, or say what a fresh run would change."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when generated files are stale")
    parser.add_argument("--image", action="store_true", help="only build the image that linters read")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "gen"
        try:
            image = generate(fresh)
        except ContractError as error:
            sys.stderr.write(f"{error}\nthe contracts do not compile; nothing was generated\n")
            return 1
        _write(BUILD / "arkalia.binpb", image)
        if options.image:
            return 0
        if options.check:
            return _report(stale(fresh, GENERATED))
        _synchronise(fresh, GENERATED)
    return 0


def generate(folder: Path, contracts: Path = PROTO) -> bytes:
    """Generate everything made from *contracts* into *folder*, and return the image with comments and positions.

    Raises:
        ContractError: a contract does not compile; the message has file, line and column.

    """
    files = sorted(path.relative_to(contracts).as_posix() for path in (contracts / "arkalia").rglob("*.proto"))
    python = folder / "python"
    python.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        known = Path(scratch) / "imports.binpb"
        known.write_bytes(imports().SerializeToString(deterministic=True))
        image = Path(scratch) / "image.binpb"
        protoc = partial(_protoc, f"-I{contracts}", f"--descriptor_set_in={known}", "--include_imports")
        protoc(f"--descriptor_set_out={folder / 'arkalia.binpb'}", *_plugins(folder), *files)
        protoc(f"--descriptor_set_out={image}", "--include_source_info", *files)
        # protoc types an extension as a bare descriptor; mypy-protobuf as what reading it gives.
        extending = ["buf/validate/validate.proto", *(name for name in files if name.startswith("arkalia/options/"))]
        protoc(f"--descriptor_set_out={os.devnull}", f"--mypy_out=quiet:{python}", *extending)
        _tidy(python)
        _add_well_known(folder / "arkalia.binpb")
        return image.read_bytes()


def stale(fresh: Path, committed: Path) -> list[str]:
    """Return the files that differ between two folders of generated code, relative to them."""
    return sorted(
        name.as_posix()
        for name in _files(fresh) | _files(committed)
        if not ((fresh / name).is_file() and (committed / name).is_file())
        or (fresh / name).read_bytes() != (committed / name).read_bytes()
    )


def _plugins(folder: Path) -> list[str]:
    kinds = ("python", "pyi", "grpc_python", "mypy_grpc")
    openapi = [f"--plugin=protoc-gen-openapi={TOOLS / 'protoc_gen_openapi.py'}", f"--openapi_out={folder}"]
    return [f"--{kind}_out={folder / 'python'}" for kind in kinds] + openapi


def _protoc(*options: str) -> None:
    command = [sys.executable, "-m", "grpc_tools.protoc", *options]
    # Plugins are found beside the interpreter that runs this script, whatever environment is active.
    path = os.pathsep.join(
        [sysconfig.get_path("scripts"), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    )
    done = subprocess.run(  # noqa: S603  our own arguments
        command, check=False, capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    if done.returncode != 0:
        raise ContractError(done.stderr.strip() or f"protoc ended with {done.returncode}")


def _add_well_known(path: Path) -> None:
    """Add to an image the types that a payload may have besides ours, for whoever turns payloads into JSON."""
    image = path.read_bytes()
    there = {file.name for file in FileDescriptorSet.FromString(image).file}
    more = FileDescriptorSet()
    for module in (empty_pb2, struct_pb2, wrappers_pb2):
        if module.DESCRIPTOR.name not in there:
            module.DESCRIPTOR.CopyToProto(more.file.add())
    # Behind what protoc wrote: to write that anew would order options by what happens to be imported here.
    path.write_bytes(image + more.SerializeToString(deterministic=True))


def _tidy(python: Path) -> None:
    """Add what protoc leaves out, and remove the modules that it writes for files without a service."""
    arkalia = python / "arkalia"
    for stub in [path for path in arkalia.rglob("*_pb2_grpc.py*") if not path.stem.endswith("_service_pb2_grpc")]:
        stub.unlink()
    for folder in [arkalia, *(path for path in arkalia.rglob("*") if path.is_dir())]:
        (folder / "__init__.py").touch()
    (arkalia / "py.typed").touch()
    # No package file in buf/: other distributions may add to that namespace.
    rules = python / "buf" / "validate"
    rules.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(TOOLS / "validate_shim.py", rules / "validate_pb2.py")
    (rules / "validate.binpb").write_bytes(validator_rules())


def _synchronise(fresh: Path, committed: Path) -> None:
    for name in stale(fresh, committed):
        if (fresh / name).is_file():
            _write(committed / name, (fresh / name).read_bytes())
        else:
            (committed / name).unlink()
    for folder in sorted((path for path in committed.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def _write(path: Path, content: bytes) -> None:
    """Replace *path* in one step, so that a process that imports it meanwhile sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)


def _files(folder: Path) -> set[Path]:
    return {
        path.relative_to(folder)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


def _report(names: Sequence[str]) -> int:
    for name in names:
        sys.stderr.write(f"stale: proto/gen/{name}\n")
    if names:
        sys.stderr.write("run `make gen` and commit what it changes\n")
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
