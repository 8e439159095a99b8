import datetime

from arkalia.node.v1 import health_pb2 as _health_pb2
from arkalia.resilience.v1 import circuit_breaker_pb2 as _circuit_breaker_pb2
from arkalia.resilience.v1 import degradation_pb2 as _degradation_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CircuitTransition(_message.Message):
    __slots__ = ("name", "key", "previous_state", "state", "cause", "window", "open", "change_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    CHANGE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    key: _circuit_breaker_pb2.CircuitKey
    previous_state: _circuit_breaker_pb2.CircuitState
    state: _circuit_breaker_pb2.CircuitState
    cause: str
    window: _circuit_breaker_pb2.CallWindow
    open: _duration_pb2.Duration
    change_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., key: _Optional[_Union[_circuit_breaker_pb2.CircuitKey, _Mapping]] = ..., previous_state: _Optional[_Union[_circuit_breaker_pb2.CircuitState, str]] = ..., state: _Optional[_Union[_circuit_breaker_pb2.CircuitState, str]] = ..., cause: _Optional[str] = ..., window: _Optional[_Union[_circuit_breaker_pb2.CallWindow, _Mapping]] = ..., open: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., change_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CircuitBreakerCommanded(_message.Message):
    __slots__ = ("request_id", "selector", "state", "duration", "reason", "subject", "command_time")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SELECTOR_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    COMMAND_TIME_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    selector: _circuit_breaker_pb2.CircuitSelector
    state: _circuit_breaker_pb2.CircuitState
    duration: _duration_pb2.Duration
    reason: str
    subject: str
    command_time: _timestamp_pb2.Timestamp
    def __init__(self, request_id: _Optional[str] = ..., selector: _Optional[_Union[_circuit_breaker_pb2.CircuitSelector, _Mapping]] = ..., state: _Optional[_Union[_circuit_breaker_pb2.CircuitState, str]] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., reason: _Optional[str] = ..., subject: _Optional[str] = ..., command_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CircuitBreakerPolicyUpdated(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: _circuit_breaker_pb2.CircuitPolicyRevision
    def __init__(self, revision: _Optional[_Union[_circuit_breaker_pb2.CircuitPolicyRevision, _Mapping]] = ...) -> None: ...

class DegradationChanged(_message.Message):
    __slots__ = ("previous_level", "degradation", "policy_revision")
    PREVIOUS_LEVEL_FIELD_NUMBER: _ClassVar[int]
    DEGRADATION_FIELD_NUMBER: _ClassVar[int]
    POLICY_REVISION_FIELD_NUMBER: _ClassVar[int]
    previous_level: _health_pb2.DegradationLevel
    degradation: _degradation_pb2.Degradation
    policy_revision: int
    def __init__(self, previous_level: _Optional[_Union[_health_pb2.DegradationLevel, str]] = ..., degradation: _Optional[_Union[_degradation_pb2.Degradation, _Mapping]] = ..., policy_revision: _Optional[int] = ...) -> None: ...

class DegradationHeld(_message.Message):
    __slots__ = ("request_id", "level", "hold_until_time", "at_least", "reason", "subject", "command_time")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    HOLD_UNTIL_TIME_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    COMMAND_TIME_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    level: _health_pb2.DegradationLevel
    hold_until_time: _timestamp_pb2.Timestamp
    at_least: bool
    reason: str
    subject: str
    command_time: _timestamp_pb2.Timestamp
    def __init__(self, request_id: _Optional[str] = ..., level: _Optional[_Union[_health_pb2.DegradationLevel, str]] = ..., hold_until_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., at_least: _Optional[bool] = ..., reason: _Optional[str] = ..., subject: _Optional[str] = ..., command_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DegradationPolicyUpdated(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: _degradation_pb2.DegradationPolicyRevision
    def __init__(self, revision: _Optional[_Union[_degradation_pb2.DegradationPolicyRevision, _Mapping]] = ...) -> None: ...

class ProjectionRebuilt(_message.Message):
    __slots__ = ("name", "process", "expected_checksum", "found_checksum", "checksum", "position")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_CHECKSUM_FIELD_NUMBER: _ClassVar[int]
    FOUND_CHECKSUM_FIELD_NUMBER: _ClassVar[int]
    CHECKSUM_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    name: str
    process: str
    expected_checksum: str
    found_checksum: str
    checksum: str
    position: int
    def __init__(self, name: _Optional[str] = ..., process: _Optional[str] = ..., expected_checksum: _Optional[str] = ..., found_checksum: _Optional[str] = ..., checksum: _Optional[str] = ..., position: _Optional[int] = ...) -> None: ...
