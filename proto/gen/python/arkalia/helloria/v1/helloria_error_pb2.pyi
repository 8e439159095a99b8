from arkalia.options.v1 import error_pb2 as _error_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class HelloriaErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HELLORIA_ERROR_REASON_UNSPECIFIED: _ClassVar[HelloriaErrorReason]
    HELLORIA_ERROR_REASON_PAGE_TOKEN: _ClassVar[HelloriaErrorReason]
HELLORIA_ERROR_REASON_UNSPECIFIED: HelloriaErrorReason
HELLORIA_ERROR_REASON_PAGE_TOKEN: HelloriaErrorReason
