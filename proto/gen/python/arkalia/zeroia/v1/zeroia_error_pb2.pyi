from arkalia.options.v1 import error_pb2 as _error_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class ZeroiaErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ZEROIA_ERROR_REASON_UNSPECIFIED: _ClassVar[ZeroiaErrorReason]
    ZEROIA_ERROR_REASON_NO_SAMPLE: _ClassVar[ZeroiaErrorReason]
    ZEROIA_ERROR_REASON_SIGNALS: _ClassVar[ZeroiaErrorReason]
    ZEROIA_ERROR_REASON_DECISION_UNKNOWN: _ClassVar[ZeroiaErrorReason]
    ZEROIA_ERROR_REASON_ID_TAKEN: _ClassVar[ZeroiaErrorReason]
    ZEROIA_ERROR_REASON_OUTCOME_EXISTS: _ClassVar[ZeroiaErrorReason]
    ZEROIA_ERROR_REASON_POLICY_INVALID: _ClassVar[ZeroiaErrorReason]
    ZEROIA_ERROR_REASON_POLICY_CHANGED: _ClassVar[ZeroiaErrorReason]
    ZEROIA_ERROR_REASON_REVISION_UNKNOWN: _ClassVar[ZeroiaErrorReason]
    ZEROIA_ERROR_REASON_PAGE_TOKEN: _ClassVar[ZeroiaErrorReason]
    ZEROIA_ERROR_REASON_TIME_RANGE: _ClassVar[ZeroiaErrorReason]
    ZEROIA_ERROR_REASON_TOO_MANY_BUCKETS: _ClassVar[ZeroiaErrorReason]
ZEROIA_ERROR_REASON_UNSPECIFIED: ZeroiaErrorReason
ZEROIA_ERROR_REASON_NO_SAMPLE: ZeroiaErrorReason
ZEROIA_ERROR_REASON_SIGNALS: ZeroiaErrorReason
ZEROIA_ERROR_REASON_DECISION_UNKNOWN: ZeroiaErrorReason
ZEROIA_ERROR_REASON_ID_TAKEN: ZeroiaErrorReason
ZEROIA_ERROR_REASON_OUTCOME_EXISTS: ZeroiaErrorReason
ZEROIA_ERROR_REASON_POLICY_INVALID: ZeroiaErrorReason
ZEROIA_ERROR_REASON_POLICY_CHANGED: ZeroiaErrorReason
ZEROIA_ERROR_REASON_REVISION_UNKNOWN: ZeroiaErrorReason
ZEROIA_ERROR_REASON_PAGE_TOKEN: ZeroiaErrorReason
ZEROIA_ERROR_REASON_TIME_RANGE: ZeroiaErrorReason
ZEROIA_ERROR_REASON_TOO_MANY_BUCKETS: ZeroiaErrorReason
