from arkalia.options.v1 import error_pb2 as _error_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class ChaosErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHAOS_ERROR_REASON_UNSPECIFIED: _ClassVar[ChaosErrorReason]
    CHAOS_ERROR_REASON_TARGET_UNKNOWN: _ClassVar[ChaosErrorReason]
    CHAOS_ERROR_REASON_TOO_MANY: _ClassVar[ChaosErrorReason]
    CHAOS_ERROR_REASON_INCOMPLETE: _ClassVar[ChaosErrorReason]
CHAOS_ERROR_REASON_UNSPECIFIED: ChaosErrorReason
CHAOS_ERROR_REASON_TARGET_UNKNOWN: ChaosErrorReason
CHAOS_ERROR_REASON_TOO_MANY: ChaosErrorReason
CHAOS_ERROR_REASON_INCOMPLETE: ChaosErrorReason
