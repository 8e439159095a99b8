"""Collects the descriptors that our contracts import from the packages that carry them."""

from collections.abc import Iterable

from google.api import annotations_pb2
from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.protobuf.compiler import plugin_pb2
from google.protobuf.descriptor import FileDescriptor
from google.rpc import code_pb2, error_details_pb2, status_pb2
from protovalidate._gen.buf.validate import validate_pb

_MODULES = (
    annotations_pb2,
    any_pb2,
    code_pb2,
    descriptor_pb2,
    duration_pb2,
    empty_pb2,
    error_details_pb2,
    field_mask_pb2,
    plugin_pb2,
    status_pb2,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)


def imports() -> descriptor_pb2.FileDescriptorSet:
    """Return every file that a contract may import, dependencies first."""
    found: dict[str, descriptor_pb2.FileDescriptorProto] = {}
    _collect((module.DESCRIPTOR for module in _MODULES), found)
    validator = descriptor_pb2.FileDescriptorProto.FromString(validator_rules())
    found.setdefault(validator.name, validator)
    return descriptor_pb2.FileDescriptorSet(file=found.values())


def validator_rules() -> bytes:
    """Return the file of the validator's rules, which no package ships as a Python protobuf module."""
    rules: bytes = validate_pb._DESC.proto.to_binary()  # noqa: SLF001  its own runtime has them
    return rules


def _collect(files: Iterable[FileDescriptor], found: dict[str, descriptor_pb2.FileDescriptorProto]) -> None:
    for file in files:
        if file.name in found:
            continue
        _collect(file.dependencies, found)
        proto = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(proto)
        found[file.name] = proto
