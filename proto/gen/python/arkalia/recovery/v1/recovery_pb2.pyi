import datetime

from arkalia.node.v1 import severity_pb2 as _severity_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ErrorType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ERROR_TYPE_UNSPECIFIED: _ClassVar[ErrorType]
    ERROR_TYPE_TIMEOUT: _ClassVar[ErrorType]
    ERROR_TYPE_MEMORY: _ClassVar[ErrorType]
    ERROR_TYPE_CONTRADICTION: _ClassVar[ErrorType]
    ERROR_TYPE_CONNECTION_LOST: _ClassVar[ErrorType]
    ERROR_TYPE_STATE_CORRUPTED: _ClassVar[ErrorType]
    ERROR_TYPE_DEADLOCK: _ClassVar[ErrorType]
    ERROR_TYPE_UNKNOWN: _ClassVar[ErrorType]

class RecoveryStrategy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECOVERY_STRATEGY_UNSPECIFIED: _ClassVar[RecoveryStrategy]
    RECOVERY_STRATEGY_IMMEDIATE_RETRY: _ClassVar[RecoveryStrategy]
    RECOVERY_STRATEGY_EXPONENTIAL_BACKOFF: _ClassVar[RecoveryStrategy]
    RECOVERY_STRATEGY_CIRCUIT_BREAK: _ClassVar[RecoveryStrategy]
    RECOVERY_STRATEGY_GRACEFUL_DEGRADATION: _ClassVar[RecoveryStrategy]
    RECOVERY_STRATEGY_SYSTEM_RESTART: _ClassVar[RecoveryStrategy]
    RECOVERY_STRATEGY_MANUAL_INTERVENTION: _ClassVar[RecoveryStrategy]

class RecoveryState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECOVERY_STATE_UNSPECIFIED: _ClassVar[RecoveryState]
    RECOVERY_STATE_PLANNED: _ClassVar[RecoveryState]
    RECOVERY_STATE_WAITING_FOR_APPROVAL: _ClassVar[RecoveryState]
    RECOVERY_STATE_ACTING: _ClassVar[RecoveryState]
    RECOVERY_STATE_VERIFYING: _ClassVar[RecoveryState]
    RECOVERY_STATE_SUCCEEDED: _ClassVar[RecoveryState]
    RECOVERY_STATE_FAILED: _ClassVar[RecoveryState]
    RECOVERY_STATE_ESCALATED: _ClassVar[RecoveryState]
    RECOVERY_STATE_CANCELLED: _ClassVar[RecoveryState]

class Verification(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERIFICATION_UNSPECIFIED: _ClassVar[Verification]
    VERIFICATION_METHOD_ANSWERS: _ClassVar[Verification]
    VERIFICATION_MEMORY_BELOW_LIMIT: _ClassVar[Verification]
    VERIFICATION_COMPARISON_AGREES: _ClassVar[Verification]
    VERIFICATION_CHANNEL_READY: _ClassVar[Verification]
    VERIFICATION_PROJECTION_INTACT: _ClassVar[Verification]
    VERIFICATION_HEARTBEAT_ADVANCES: _ClassVar[Verification]
    VERIFICATION_PROCESS_SERVES: _ClassVar[Verification]

class IncidentState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INCIDENT_STATE_UNSPECIFIED: _ClassVar[IncidentState]
    INCIDENT_STATE_OPEN: _ClassVar[IncidentState]
    INCIDENT_STATE_ACKNOWLEDGED: _ClassVar[IncidentState]
    INCIDENT_STATE_RESOLVED: _ClassVar[IncidentState]
ERROR_TYPE_UNSPECIFIED: ErrorType
ERROR_TYPE_TIMEOUT: ErrorType
ERROR_TYPE_MEMORY: ErrorType
ERROR_TYPE_CONTRADICTION: ErrorType
ERROR_TYPE_CONNECTION_LOST: ErrorType
ERROR_TYPE_STATE_CORRUPTED: ErrorType
ERROR_TYPE_DEADLOCK: ErrorType
ERROR_TYPE_UNKNOWN: ErrorType
RECOVERY_STRATEGY_UNSPECIFIED: RecoveryStrategy
RECOVERY_STRATEGY_IMMEDIATE_RETRY: RecoveryStrategy
RECOVERY_STRATEGY_EXPONENTIAL_BACKOFF: RecoveryStrategy
RECOVERY_STRATEGY_CIRCUIT_BREAK: RecoveryStrategy
RECOVERY_STRATEGY_GRACEFUL_DEGRADATION: RecoveryStrategy
RECOVERY_STRATEGY_SYSTEM_RESTART: RecoveryStrategy
RECOVERY_STRATEGY_MANUAL_INTERVENTION: RecoveryStrategy
RECOVERY_STATE_UNSPECIFIED: RecoveryState
RECOVERY_STATE_PLANNED: RecoveryState
RECOVERY_STATE_WAITING_FOR_APPROVAL: RecoveryState
RECOVERY_STATE_ACTING: RecoveryState
RECOVERY_STATE_VERIFYING: RecoveryState
RECOVERY_STATE_SUCCEEDED: RecoveryState
RECOVERY_STATE_FAILED: RecoveryState
RECOVERY_STATE_ESCALATED: RecoveryState
RECOVERY_STATE_CANCELLED: RecoveryState
VERIFICATION_UNSPECIFIED: Verification
VERIFICATION_METHOD_ANSWERS: Verification
VERIFICATION_MEMORY_BELOW_LIMIT: Verification
VERIFICATION_COMPARISON_AGREES: Verification
VERIFICATION_CHANNEL_READY: Verification
VERIFICATION_PROJECTION_INTACT: Verification
VERIFICATION_HEARTBEAT_ADVANCES: Verification
VERIFICATION_PROCESS_SERVES: Verification
INCIDENT_STATE_UNSPECIFIED: IncidentState
INCIDENT_STATE_OPEN: IncidentState
INCIDENT_STATE_ACKNOWLEDGED: IncidentState
INCIDENT_STATE_RESOLVED: IncidentState

class ErrorTarget(_message.Message):
    __slots__ = ("process", "service", "method", "resource")
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    process: str
    service: str
    method: str
    resource: str
    def __init__(self, process: _Optional[str] = ..., service: _Optional[str] = ..., method: _Optional[str] = ..., resource: _Optional[str] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("name", "text")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    name: str
    text: str
    def __init__(self, name: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class ErrorReport(_message.Message):
    __slots__ = ("error_id", "type", "severity", "target", "reporter", "code", "reason", "message", "count", "first_time", "last_time", "trace_id", "correlation_id", "resolved", "evidence")
    ERROR_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    REPORTER_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRST_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_TIME_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    error_id: str
    type: ErrorType
    severity: _severity_pb2.Severity
    target: ErrorTarget
    reporter: str
    code: int
    reason: str
    message: str
    count: int
    first_time: _timestamp_pb2.Timestamp
    last_time: _timestamp_pb2.Timestamp
    trace_id: str
    correlation_id: str
    resolved: bool
    evidence: _containers.RepeatedCompositeFieldContainer[Evidence]
    def __init__(self, error_id: _Optional[str] = ..., type: _Optional[_Union[ErrorType, str]] = ..., severity: _Optional[_Union[_severity_pb2.Severity, str]] = ..., target: _Optional[_Union[ErrorTarget, _Mapping]] = ..., reporter: _Optional[str] = ..., code: _Optional[int] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., count: _Optional[int] = ..., first_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., trace_id: _Optional[str] = ..., correlation_id: _Optional[str] = ..., resolved: _Optional[bool] = ..., evidence: _Optional[_Iterable[_Union[Evidence, _Mapping]]] = ...) -> None: ...

class RecoveryStep(_message.Message):
    __slots__ = ("step", "strategy", "attempt", "action", "start_time", "act_time", "verify_time", "verification", "verified", "evidence", "failure")
    STEP_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    ACT_TIME_FIELD_NUMBER: _ClassVar[int]
    VERIFY_TIME_FIELD_NUMBER: _ClassVar[int]
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    step: int
    strategy: RecoveryStrategy
    attempt: int
    action: str
    start_time: _timestamp_pb2.Timestamp
    act_time: _timestamp_pb2.Timestamp
    verify_time: _timestamp_pb2.Timestamp
    verification: Verification
    verified: bool
    evidence: _containers.RepeatedCompositeFieldContainer[Evidence]
    failure: str
    def __init__(self, step: _Optional[int] = ..., strategy: _Optional[_Union[RecoveryStrategy, str]] = ..., attempt: _Optional[int] = ..., action: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., act_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., verify_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., verification: _Optional[_Union[Verification, str]] = ..., verified: _Optional[bool] = ..., evidence: _Optional[_Iterable[_Union[Evidence, _Mapping]]] = ..., failure: _Optional[str] = ...) -> None: ...

class Recovery(_message.Message):
    __slots__ = ("recovery_id", "type", "severity", "target", "state", "strategy", "error", "error_count", "steps", "failure_time", "detect_time", "recover_time", "end_time", "time_to_recover", "outcome", "incident_id", "recurrence")
    RECOVERY_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    ERROR_COUNT_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    FAILURE_TIME_FIELD_NUMBER: _ClassVar[int]
    DETECT_TIME_FIELD_NUMBER: _ClassVar[int]
    RECOVER_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    TIME_TO_RECOVER_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    INCIDENT_ID_FIELD_NUMBER: _ClassVar[int]
    RECURRENCE_FIELD_NUMBER: _ClassVar[int]
    recovery_id: str
    type: ErrorType
    severity: _severity_pb2.Severity
    target: ErrorTarget
    state: RecoveryState
    strategy: RecoveryStrategy
    error: ErrorReport
    error_count: int
    steps: _containers.RepeatedCompositeFieldContainer[RecoveryStep]
    failure_time: _timestamp_pb2.Timestamp
    detect_time: _timestamp_pb2.Timestamp
    recover_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    time_to_recover: _duration_pb2.Duration
    outcome: str
    incident_id: str
    recurrence: bool
    def __init__(self, recovery_id: _Optional[str] = ..., type: _Optional[_Union[ErrorType, str]] = ..., severity: _Optional[_Union[_severity_pb2.Severity, str]] = ..., target: _Optional[_Union[ErrorTarget, _Mapping]] = ..., state: _Optional[_Union[RecoveryState, str]] = ..., strategy: _Optional[_Union[RecoveryStrategy, str]] = ..., error: _Optional[_Union[ErrorReport, _Mapping]] = ..., error_count: _Optional[int] = ..., steps: _Optional[_Iterable[_Union[RecoveryStep, _Mapping]]] = ..., failure_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., detect_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., recover_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., time_to_recover: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., outcome: _Optional[str] = ..., incident_id: _Optional[str] = ..., recurrence: _Optional[bool] = ...) -> None: ...

class Incident(_message.Message):
    __slots__ = ("incident_id", "state", "severity", "title", "recovery_id", "target", "open_time", "acknowledge_time", "resolve_time", "subject", "resolution", "count", "notified")
    INCIDENT_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    RECOVERY_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    OPEN_TIME_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    RESOLVE_TIME_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    RESOLUTION_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    NOTIFIED_FIELD_NUMBER: _ClassVar[int]
    incident_id: str
    state: IncidentState
    severity: _severity_pb2.Severity
    title: str
    recovery_id: str
    target: ErrorTarget
    open_time: _timestamp_pb2.Timestamp
    acknowledge_time: _timestamp_pb2.Timestamp
    resolve_time: _timestamp_pb2.Timestamp
    subject: str
    resolution: str
    count: int
    notified: bool
    def __init__(self, incident_id: _Optional[str] = ..., state: _Optional[_Union[IncidentState, str]] = ..., severity: _Optional[_Union[_severity_pb2.Severity, str]] = ..., title: _Optional[str] = ..., recovery_id: _Optional[str] = ..., target: _Optional[_Union[ErrorTarget, _Mapping]] = ..., open_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., acknowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., resolve_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., subject: _Optional[str] = ..., resolution: _Optional[str] = ..., count: _Optional[int] = ..., notified: _Optional[bool] = ...) -> None: ...

class RecoveryRule(_message.Message):
    __slots__ = ("type", "severity", "strategies", "attempts_max", "wait", "wait_max", "verify", "observe", "approvals")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    STRATEGIES_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_MAX_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    WAIT_MAX_FIELD_NUMBER: _ClassVar[int]
    VERIFY_FIELD_NUMBER: _ClassVar[int]
    OBSERVE_FIELD_NUMBER: _ClassVar[int]
    APPROVALS_FIELD_NUMBER: _ClassVar[int]
    type: ErrorType
    severity: _severity_pb2.Severity
    strategies: _containers.RepeatedScalarFieldContainer[RecoveryStrategy]
    attempts_max: int
    wait: _duration_pb2.Duration
    wait_max: _duration_pb2.Duration
    verify: _duration_pb2.Duration
    observe: _duration_pb2.Duration
    approvals: _containers.RepeatedScalarFieldContainer[RecoveryStrategy]
    def __init__(self, type: _Optional[_Union[ErrorType, str]] = ..., severity: _Optional[_Union[_severity_pb2.Severity, str]] = ..., strategies: _Optional[_Iterable[_Union[RecoveryStrategy, str]]] = ..., attempts_max: _Optional[int] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., wait_max: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., verify: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., observe: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., approvals: _Optional[_Iterable[_Union[RecoveryStrategy, str]]] = ...) -> None: ...

class RecoveryPolicy(_message.Message):
    __slots__ = ("rules", "recoveries_max")
    RULES_FIELD_NUMBER: _ClassVar[int]
    RECOVERIES_MAX_FIELD_NUMBER: _ClassVar[int]
    rules: _containers.RepeatedCompositeFieldContainer[RecoveryRule]
    recoveries_max: int
    def __init__(self, rules: _Optional[_Iterable[_Union[RecoveryRule, _Mapping]]] = ..., recoveries_max: _Optional[int] = ...) -> None: ...

class RecoveryPolicyRevision(_message.Message):
    __slots__ = ("revision", "policy", "etag", "update_time", "reason")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    revision: int
    policy: RecoveryPolicy
    etag: str
    update_time: _timestamp_pb2.Timestamp
    reason: str
    def __init__(self, revision: _Optional[int] = ..., policy: _Optional[_Union[RecoveryPolicy, _Mapping]] = ..., etag: _Optional[str] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class StrategyFigures(_message.Message):
    __slots__ = ("strategy", "attempts", "successes", "time_to_recover_p50", "time_to_recover_p95")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    SUCCESSES_FIELD_NUMBER: _ClassVar[int]
    TIME_TO_RECOVER_P50_FIELD_NUMBER: _ClassVar[int]
    TIME_TO_RECOVER_P95_FIELD_NUMBER: _ClassVar[int]
    strategy: RecoveryStrategy
    attempts: int
    successes: int
    time_to_recover_p50: _duration_pb2.Duration
    time_to_recover_p95: _duration_pb2.Duration
    def __init__(self, strategy: _Optional[_Union[RecoveryStrategy, str]] = ..., attempts: _Optional[int] = ..., successes: _Optional[int] = ..., time_to_recover_p50: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., time_to_recover_p95: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class RecoveryReport(_message.Message):
    __slots__ = ("recoveries", "succeeded", "escalated", "failed", "cancelled", "under_way", "recurrences", "recovery_rate", "time_to_recover_p50", "time_to_recover_p95", "strategies", "open_incidents")
    RECOVERIES_FIELD_NUMBER: _ClassVar[int]
    SUCCEEDED_FIELD_NUMBER: _ClassVar[int]
    ESCALATED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    UNDER_WAY_FIELD_NUMBER: _ClassVar[int]
    RECURRENCES_FIELD_NUMBER: _ClassVar[int]
    RECOVERY_RATE_FIELD_NUMBER: _ClassVar[int]
    TIME_TO_RECOVER_P50_FIELD_NUMBER: _ClassVar[int]
    TIME_TO_RECOVER_P95_FIELD_NUMBER: _ClassVar[int]
    STRATEGIES_FIELD_NUMBER: _ClassVar[int]
    OPEN_INCIDENTS_FIELD_NUMBER: _ClassVar[int]
    recoveries: int
    succeeded: int
    escalated: int
    failed: int
    cancelled: int
    under_way: int
    recurrences: int
    recovery_rate: float
    time_to_recover_p50: _duration_pb2.Duration
    time_to_recover_p95: _duration_pb2.Duration
    strategies: _containers.RepeatedCompositeFieldContainer[StrategyFigures]
    open_incidents: int
    def __init__(self, recoveries: _Optional[int] = ..., succeeded: _Optional[int] = ..., escalated: _Optional[int] = ..., failed: _Optional[int] = ..., cancelled: _Optional[int] = ..., under_way: _Optional[int] = ..., recurrences: _Optional[int] = ..., recovery_rate: _Optional[float] = ..., time_to_recover_p50: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., time_to_recover_p95: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., strategies: _Optional[_Iterable[_Union[StrategyFigures, _Mapping]]] = ..., open_incidents: _Optional[int] = ...) -> None: ...
