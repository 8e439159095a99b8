from arkalia.options.v1 import error_pb2 as _error_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class ReflexiaErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REFLEXIA_ERROR_REASON_UNSPECIFIED: _ClassVar[ReflexiaErrorReason]
    REFLEXIA_ERROR_REASON_NO_SAMPLE: _ClassVar[ReflexiaErrorReason]
    REFLEXIA_ERROR_REASON_PAGE_TOKEN: _ClassVar[ReflexiaErrorReason]
    REFLEXIA_ERROR_REASON_TIME_RANGE: _ClassVar[ReflexiaErrorReason]
    REFLEXIA_ERROR_REASON_OWN_NODE: _ClassVar[ReflexiaErrorReason]
    REFLEXIA_ERROR_REASON_FUTURE_SAMPLE: _ClassVar[ReflexiaErrorReason]
    REFLEXIA_ERROR_REASON_SAMPLE_ID_REUSED: _ClassVar[ReflexiaErrorReason]
    REFLEXIA_ERROR_REASON_FOREIGN_PROCESS: _ClassVar[ReflexiaErrorReason]
REFLEXIA_ERROR_REASON_UNSPECIFIED: ReflexiaErrorReason
REFLEXIA_ERROR_REASON_NO_SAMPLE: ReflexiaErrorReason
REFLEXIA_ERROR_REASON_PAGE_TOKEN: ReflexiaErrorReason
REFLEXIA_ERROR_REASON_TIME_RANGE: ReflexiaErrorReason
REFLEXIA_ERROR_REASON_OWN_NODE: ReflexiaErrorReason
REFLEXIA_ERROR_REASON_FUTURE_SAMPLE: ReflexiaErrorReason
REFLEXIA_ERROR_REASON_SAMPLE_ID_REUSED: ReflexiaErrorReason
REFLEXIA_ERROR_REASON_FOREIGN_PROCESS: ReflexiaErrorReason
