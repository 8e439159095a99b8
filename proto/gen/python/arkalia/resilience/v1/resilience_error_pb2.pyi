from arkalia.options.v1 import error_pb2 as _error_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class ResilienceErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESILIENCE_ERROR_REASON_UNSPECIFIED: _ClassVar[ResilienceErrorReason]
    RESILIENCE_ERROR_REASON_BREAKER_UNKNOWN: _ClassVar[ResilienceErrorReason]
    RESILIENCE_ERROR_REASON_POLICY_INVALID: _ClassVar[ResilienceErrorReason]
    RESILIENCE_ERROR_REASON_POLICY_CHANGED: _ClassVar[ResilienceErrorReason]
    RESILIENCE_ERROR_REASON_REVISION_UNKNOWN: _ClassVar[ResilienceErrorReason]
    RESILIENCE_ERROR_REASON_PAGE_TOKEN: _ClassVar[ResilienceErrorReason]
    RESILIENCE_ERROR_REASON_RESUME_TOKEN: _ClassVar[ResilienceErrorReason]
    RESILIENCE_ERROR_REASON_PROJECTION_UNKNOWN: _ClassVar[ResilienceErrorReason]
RESILIENCE_ERROR_REASON_UNSPECIFIED: ResilienceErrorReason
RESILIENCE_ERROR_REASON_BREAKER_UNKNOWN: ResilienceErrorReason
RESILIENCE_ERROR_REASON_POLICY_INVALID: ResilienceErrorReason
RESILIENCE_ERROR_REASON_POLICY_CHANGED: ResilienceErrorReason
RESILIENCE_ERROR_REASON_REVISION_UNKNOWN: ResilienceErrorReason
RESILIENCE_ERROR_REASON_PAGE_TOKEN: ResilienceErrorReason
RESILIENCE_ERROR_REASON_RESUME_TOKEN: ResilienceErrorReason
RESILIENCE_ERROR_REASON_PROJECTION_UNKNOWN: ResilienceErrorReason
