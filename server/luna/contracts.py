"""Loads every contract into protobuf's descriptor pool, so that any payload can be read and any service reflected."""

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final

import arkalia
from google.protobuf.descriptor import EnumDescriptor, FileDescriptor

_WELL_KNOWN: Final = ("any", "duration", "empty", "field_mask", "struct", "timestamp", "wrappers")


@cache
def load_contracts() -> tuple[str, ...]:
    """Import all generated messages, and return the full names of the services, sorted."""
    for name in _WELL_KNOWN:
        import_module(f"google.protobuf.{name}_pb2")
    return tuple(sorted(service.full_name for file in _files() for service in file.services_by_name.values()))


@cache
def error_reasons() -> tuple[EnumDescriptor, ...]:
    """Return the error enums of all contracts: what one module refuses may reach a caller through another."""
    return tuple(
        enum for file in _files() for enum in file.enum_types_by_name.values() if enum.name.endswith("ErrorReason")
    )


@cache
def _files() -> tuple[FileDescriptor, ...]:
    return tuple(
        import_module(".".join(["arkalia", *path.relative_to(folder).with_suffix("").parts])).DESCRIPTOR
        for folder in arkalia.__path__
        for path in sorted(Path(folder).rglob("*_pb2.py"))
    )
