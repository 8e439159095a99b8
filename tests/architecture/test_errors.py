"""The error classes and the error contract match one to one."""

from importlib import import_module
from pkgutil import walk_packages

import arkalia
from google.protobuf.descriptor import EnumDescriptor

import luna
from luna.kernel.errors import DomainError

LEFT_TO_THE_MESH = {"MESH_ERROR_REASON"}
"""Enums whose reasons Envoy answers with, so no class raises them."""


def _enums() -> list[EnumDescriptor]:
    files = [
        import_module(module.name).DESCRIPTOR
        for module in walk_packages(arkalia.__path__, "arkalia.")
        if module.name.endswith("_error_pb2")
    ]
    return [enum for file in files for enum in file.enum_types_by_name.values() if enum.name.endswith("ErrorReason")]


def _raised() -> set[str]:
    for module in walk_packages(luna.__path__, "luna."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    found: set[str] = set()
    todo: list[type[DomainError]] = [DomainError]
    while todo:
        cls = todo.pop()
        todo += cls.__subclasses__()
        if "reason" in vars(cls) and cls.__module__.startswith("luna."):
            found.add(cls.reason)
    return found


def test_every_reason_has_a_class_and_every_class_a_reason() -> None:
    """
    A reason nobody raises, or a class the contract does not know, is a mistake.
    """
    declared = {
        value.name
        for enum in _enums()
        for value in enum.values
        if value.number and value.name.split("_ERROR_REASON_")[0] + "_ERROR_REASON" not in LEFT_TO_THE_MESH
    }

    assert declared == _raised()
