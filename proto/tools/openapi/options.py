"""Reads our own options, from the contracts that are being compiled."""

from collections.abc import Iterable
from typing import Any, Final

from google.api import annotations_pb2  # noqa: F401  loads what contracts import into the pool
from google.protobuf import (  # noqa: F401  likewise
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    wrappers_pb2,
)
from google.protobuf.descriptor import EnumValueDescriptor, FileDescriptor, MethodDescriptor
from google.rpc import error_details_pb2, status_pb2  # noqa: F401  likewise

import validate_shim  # noqa: F401  likewise

_POOL: Final = descriptor_pool.Default()
_OWN: Final = "arkalia/"


def load(files: Iterable[descriptor_pb2.FileDescriptorProto]) -> list[FileDescriptor]:
    """Add our files to the pool, dependencies first, and return them. Only then are their options readable."""
    own = [file for file in files if file.name.startswith(_OWN)]
    for file in own:
        bare = descriptor_pb2.FileDescriptorProto()
        bare.CopyFrom(file)
        bare.ClearField("source_code_info")
        _POOL.AddSerializedFile(bare.SerializeToString())
    return [_POOL.FindFileByName(file.name) for file in own]


def method_options(method: MethodDescriptor) -> Any:
    """Return what the mesh needs to know about *method*."""
    return _option(method.GetOptions(), "arkalia.options.v1.method")


def error_options(value: EnumValueDescriptor) -> Any:
    """Return how the error reason *value* travels."""
    return _option(value.GetOptions(), "arkalia.options.v1.error")


def _option(options: Any, name: str) -> Any:
    return options.Extensions[_POOL.FindExtensionByName(name)]
