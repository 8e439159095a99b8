from arkalia.options.v1 import error_pb2 as _error_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class RecoveryErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECOVERY_ERROR_REASON_UNSPECIFIED: _ClassVar[RecoveryErrorReason]
    RECOVERY_ERROR_REASON_RECOVERY_UNKNOWN: _ClassVar[RecoveryErrorReason]
    RECOVERY_ERROR_REASON_FINISHED: _ClassVar[RecoveryErrorReason]
    RECOVERY_ERROR_REASON_NOT_WAITING: _ClassVar[RecoveryErrorReason]
    RECOVERY_ERROR_REASON_INCIDENT_UNKNOWN: _ClassVar[RecoveryErrorReason]
    RECOVERY_ERROR_REASON_INCIDENT_RESOLVED: _ClassVar[RecoveryErrorReason]
    RECOVERY_ERROR_REASON_POLICY_INVALID: _ClassVar[RecoveryErrorReason]
    RECOVERY_ERROR_REASON_POLICY_CHANGED: _ClassVar[RecoveryErrorReason]
    RECOVERY_ERROR_REASON_PAGE_TOKEN: _ClassVar[RecoveryErrorReason]
    RECOVERY_ERROR_REASON_RESUME_TOKEN: _ClassVar[RecoveryErrorReason]
    RECOVERY_ERROR_REASON_NOT_READY: _ClassVar[RecoveryErrorReason]
RECOVERY_ERROR_REASON_UNSPECIFIED: RecoveryErrorReason
RECOVERY_ERROR_REASON_RECOVERY_UNKNOWN: RecoveryErrorReason
RECOVERY_ERROR_REASON_FINISHED: RecoveryErrorReason
RECOVERY_ERROR_REASON_NOT_WAITING: RecoveryErrorReason
RECOVERY_ERROR_REASON_INCIDENT_UNKNOWN: RecoveryErrorReason
RECOVERY_ERROR_REASON_INCIDENT_RESOLVED: RecoveryErrorReason
RECOVERY_ERROR_REASON_POLICY_INVALID: RecoveryErrorReason
RECOVERY_ERROR_REASON_POLICY_CHANGED: RecoveryErrorReason
RECOVERY_ERROR_REASON_PAGE_TOKEN: RecoveryErrorReason
RECOVERY_ERROR_REASON_RESUME_TOKEN: RecoveryErrorReason
RECOVERY_ERROR_REASON_NOT_READY: RecoveryErrorReason
