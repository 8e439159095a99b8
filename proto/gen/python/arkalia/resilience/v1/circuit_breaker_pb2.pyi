import datetime

from arkalia.options.v1 import method_pb2 as _method_pb2
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

class CircuitState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CIRCUIT_STATE_UNSPECIFIED: _ClassVar[CircuitState]
    CIRCUIT_STATE_CLOSED: _ClassVar[CircuitState]
    CIRCUIT_STATE_OPEN: _ClassVar[CircuitState]
    CIRCUIT_STATE_HALF_OPEN: _ClassVar[CircuitState]
    CIRCUIT_STATE_FORCED_OPEN: _ClassVar[CircuitState]
    CIRCUIT_STATE_DISABLED: _ClassVar[CircuitState]

class CircuitSide(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CIRCUIT_SIDE_UNSPECIFIED: _ClassVar[CircuitSide]
    CIRCUIT_SIDE_CLIENT: _ClassVar[CircuitSide]
    CIRCUIT_SIDE_SERVER: _ClassVar[CircuitSide]
CIRCUIT_STATE_UNSPECIFIED: CircuitState
CIRCUIT_STATE_CLOSED: CircuitState
CIRCUIT_STATE_OPEN: CircuitState
CIRCUIT_STATE_HALF_OPEN: CircuitState
CIRCUIT_STATE_FORCED_OPEN: CircuitState
CIRCUIT_STATE_DISABLED: CircuitState
CIRCUIT_SIDE_UNSPECIFIED: CircuitSide
CIRCUIT_SIDE_CLIENT: CircuitSide
CIRCUIT_SIDE_SERVER: CircuitSide

class CircuitBreakerPolicy(_message.Message):
    __slots__ = ("calls_min", "window", "window_calls", "failure_ratio", "slow_ratio", "slow_call", "consecutive_failures", "open", "open_max", "open_jitter", "probes_max", "probe_successes")
    CALLS_MIN_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    WINDOW_CALLS_FIELD_NUMBER: _ClassVar[int]
    FAILURE_RATIO_FIELD_NUMBER: _ClassVar[int]
    SLOW_RATIO_FIELD_NUMBER: _ClassVar[int]
    SLOW_CALL_FIELD_NUMBER: _ClassVar[int]
    CONSECUTIVE_FAILURES_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    OPEN_MAX_FIELD_NUMBER: _ClassVar[int]
    OPEN_JITTER_FIELD_NUMBER: _ClassVar[int]
    PROBES_MAX_FIELD_NUMBER: _ClassVar[int]
    PROBE_SUCCESSES_FIELD_NUMBER: _ClassVar[int]
    calls_min: int
    window: _duration_pb2.Duration
    window_calls: int
    failure_ratio: float
    slow_ratio: float
    slow_call: _duration_pb2.Duration
    consecutive_failures: int
    open: _duration_pb2.Duration
    open_max: _duration_pb2.Duration
    open_jitter: float
    probes_max: int
    probe_successes: int
    def __init__(self, calls_min: _Optional[int] = ..., window: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., window_calls: _Optional[int] = ..., failure_ratio: _Optional[float] = ..., slow_ratio: _Optional[float] = ..., slow_call: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., consecutive_failures: _Optional[int] = ..., open: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., open_max: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., open_jitter: _Optional[float] = ..., probes_max: _Optional[int] = ..., probe_successes: _Optional[int] = ...) -> None: ...

class CallWindow(_message.Message):
    __slots__ = ("calls", "failures", "slow", "consecutive_failures", "window")
    CALLS_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    SLOW_FIELD_NUMBER: _ClassVar[int]
    CONSECUTIVE_FAILURES_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    calls: int
    failures: int
    slow: int
    consecutive_failures: int
    window: _duration_pb2.Duration
    def __init__(self, calls: _Optional[int] = ..., failures: _Optional[int] = ..., slow: _Optional[int] = ..., consecutive_failures: _Optional[int] = ..., window: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class CircuitKey(_message.Message):
    __slots__ = ("process", "side", "peer", "method", "priority")
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    process: str
    side: CircuitSide
    peer: str
    method: str
    priority: _method_pb2.Priority
    def __init__(self, process: _Optional[str] = ..., side: _Optional[_Union[CircuitSide, str]] = ..., peer: _Optional[str] = ..., method: _Optional[str] = ..., priority: _Optional[_Union[_method_pb2.Priority, str]] = ...) -> None: ...

class CircuitBreaker(_message.Message):
    __slots__ = ("name", "key", "state", "state_time", "window", "retry_after", "refused_calls", "transitions", "policy", "report_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_TIME_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    REFUSED_CALLS_FIELD_NUMBER: _ClassVar[int]
    TRANSITIONS_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    REPORT_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    key: CircuitKey
    state: CircuitState
    state_time: _timestamp_pb2.Timestamp
    window: CallWindow
    retry_after: _duration_pb2.Duration
    refused_calls: int
    transitions: int
    policy: CircuitBreakerPolicy
    report_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., key: _Optional[_Union[CircuitKey, _Mapping]] = ..., state: _Optional[_Union[CircuitState, str]] = ..., state_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., window: _Optional[_Union[CallWindow, _Mapping]] = ..., retry_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., refused_calls: _Optional[int] = ..., transitions: _Optional[int] = ..., policy: _Optional[_Union[CircuitBreakerPolicy, _Mapping]] = ..., report_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CircuitSelector(_message.Message):
    __slots__ = ("process", "side", "peer", "method")
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    process: str
    side: CircuitSide
    peer: str
    method: str
    def __init__(self, process: _Optional[str] = ..., side: _Optional[_Union[CircuitSide, str]] = ..., peer: _Optional[str] = ..., method: _Optional[str] = ...) -> None: ...

class CircuitPolicyRule(_message.Message):
    __slots__ = ("selector", "policy")
    SELECTOR_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    selector: CircuitSelector
    policy: CircuitBreakerPolicy
    def __init__(self, selector: _Optional[_Union[CircuitSelector, _Mapping]] = ..., policy: _Optional[_Union[CircuitBreakerPolicy, _Mapping]] = ...) -> None: ...

class CircuitPolicyRevision(_message.Message):
    __slots__ = ("revision", "policy", "rules", "etag", "update_time", "reason")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    revision: int
    policy: CircuitBreakerPolicy
    rules: _containers.RepeatedCompositeFieldContainer[CircuitPolicyRule]
    etag: str
    update_time: _timestamp_pb2.Timestamp
    reason: str
    def __init__(self, revision: _Optional[int] = ..., policy: _Optional[_Union[CircuitBreakerPolicy, _Mapping]] = ..., rules: _Optional[_Iterable[_Union[CircuitPolicyRule, _Mapping]]] = ..., etag: _Optional[str] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...
