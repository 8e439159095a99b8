import datetime

from arkalia.node.v1 import severity_pb2 as _severity_pb2
from arkalia.recovery.v1 import recovery_pb2 as _recovery_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RecoveryStarted(_message.Message):
    __slots__ = ("recovery_id", "error", "type", "severity", "target", "strategies", "policy_revision", "recurrence", "failure_time", "detect_time")
    RECOVERY_ID_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    STRATEGIES_FIELD_NUMBER: _ClassVar[int]
    POLICY_REVISION_FIELD_NUMBER: _ClassVar[int]
    RECURRENCE_FIELD_NUMBER: _ClassVar[int]
    FAILURE_TIME_FIELD_NUMBER: _ClassVar[int]
    DETECT_TIME_FIELD_NUMBER: _ClassVar[int]
    recovery_id: str
    error: _recovery_pb2.ErrorReport
    type: _recovery_pb2.ErrorType
    severity: _severity_pb2.Severity
    target: _recovery_pb2.ErrorTarget
    strategies: _containers.RepeatedScalarFieldContainer[_recovery_pb2.RecoveryStrategy]
    policy_revision: int
    recurrence: bool
    failure_time: _timestamp_pb2.Timestamp
    detect_time: _timestamp_pb2.Timestamp
    def __init__(self, recovery_id: _Optional[str] = ..., error: _Optional[_Union[_recovery_pb2.ErrorReport, _Mapping]] = ..., type: _Optional[_Union[_recovery_pb2.ErrorType, str]] = ..., severity: _Optional[_Union[_severity_pb2.Severity, str]] = ..., target: _Optional[_Union[_recovery_pb2.ErrorTarget, _Mapping]] = ..., strategies: _Optional[_Iterable[_Union[_recovery_pb2.RecoveryStrategy, str]]] = ..., policy_revision: _Optional[int] = ..., recurrence: _Optional[bool] = ..., failure_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., detect_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RecoveryStepTaken(_message.Message):
    __slots__ = ("recovery_id", "step")
    RECOVERY_ID_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    recovery_id: str
    step: _recovery_pb2.RecoveryStep
    def __init__(self, recovery_id: _Optional[str] = ..., step: _Optional[_Union[_recovery_pb2.RecoveryStep, _Mapping]] = ...) -> None: ...

class RecoverySucceeded(_message.Message):
    __slots__ = ("recovery_id", "strategy", "target", "recover_time", "time_to_recover", "steps", "error_count")
    RECOVERY_ID_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    RECOVER_TIME_FIELD_NUMBER: _ClassVar[int]
    TIME_TO_RECOVER_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    ERROR_COUNT_FIELD_NUMBER: _ClassVar[int]
    recovery_id: str
    strategy: _recovery_pb2.RecoveryStrategy
    target: _recovery_pb2.ErrorTarget
    recover_time: _timestamp_pb2.Timestamp
    time_to_recover: _duration_pb2.Duration
    steps: int
    error_count: int
    def __init__(self, recovery_id: _Optional[str] = ..., strategy: _Optional[_Union[_recovery_pb2.RecoveryStrategy, str]] = ..., target: _Optional[_Union[_recovery_pb2.ErrorTarget, _Mapping]] = ..., recover_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., time_to_recover: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., steps: _Optional[int] = ..., error_count: _Optional[int] = ...) -> None: ...

class RecoveryFailed(_message.Message):
    __slots__ = ("recovery_id", "reason", "cancelled", "subject", "end_time")
    RECOVERY_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    recovery_id: str
    reason: str
    cancelled: bool
    subject: str
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, recovery_id: _Optional[str] = ..., reason: _Optional[str] = ..., cancelled: _Optional[bool] = ..., subject: _Optional[str] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RecoveryEscalated(_message.Message):
    __slots__ = ("recovery_id", "incident_id", "reason", "end_time")
    RECOVERY_ID_FIELD_NUMBER: _ClassVar[int]
    INCIDENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    recovery_id: str
    incident_id: str
    reason: str
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, recovery_id: _Optional[str] = ..., incident_id: _Optional[str] = ..., reason: _Optional[str] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RecoveryApproved(_message.Message):
    __slots__ = ("recovery_id", "strategy", "subject", "approve_time")
    RECOVERY_ID_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    APPROVE_TIME_FIELD_NUMBER: _ClassVar[int]
    recovery_id: str
    strategy: _recovery_pb2.RecoveryStrategy
    subject: str
    approve_time: _timestamp_pb2.Timestamp
    def __init__(self, recovery_id: _Optional[str] = ..., strategy: _Optional[_Union[_recovery_pb2.RecoveryStrategy, str]] = ..., subject: _Optional[str] = ..., approve_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class IncidentOpened(_message.Message):
    __slots__ = ("incident",)
    INCIDENT_FIELD_NUMBER: _ClassVar[int]
    incident: _recovery_pb2.Incident
    def __init__(self, incident: _Optional[_Union[_recovery_pb2.Incident, _Mapping]] = ...) -> None: ...

class IncidentNotified(_message.Message):
    __slots__ = ("incident_id", "notify_time")
    INCIDENT_ID_FIELD_NUMBER: _ClassVar[int]
    NOTIFY_TIME_FIELD_NUMBER: _ClassVar[int]
    incident_id: str
    notify_time: _timestamp_pb2.Timestamp
    def __init__(self, incident_id: _Optional[str] = ..., notify_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class IncidentAcknowledged(_message.Message):
    __slots__ = ("incident_id", "subject", "acknowledge_time")
    INCIDENT_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    incident_id: str
    subject: str
    acknowledge_time: _timestamp_pb2.Timestamp
    def __init__(self, incident_id: _Optional[str] = ..., subject: _Optional[str] = ..., acknowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class IncidentResolved(_message.Message):
    __slots__ = ("incident_id", "subject", "resolution", "resolve_time")
    INCIDENT_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    RESOLUTION_FIELD_NUMBER: _ClassVar[int]
    RESOLVE_TIME_FIELD_NUMBER: _ClassVar[int]
    incident_id: str
    subject: str
    resolution: str
    resolve_time: _timestamp_pb2.Timestamp
    def __init__(self, incident_id: _Optional[str] = ..., subject: _Optional[str] = ..., resolution: _Optional[str] = ..., resolve_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RecoveryPolicyUpdated(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: _recovery_pb2.RecoveryPolicyRevision
    def __init__(self, revision: _Optional[_Union[_recovery_pb2.RecoveryPolicyRevision, _Mapping]] = ...) -> None: ...
