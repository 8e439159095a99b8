import datetime

from arkalia.node.v1 import health_pb2 as _health_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PressureSignal(_message.Message):
    __slots__ = ("signal", "reading", "pressure", "critical")
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    READING_FIELD_NUMBER: _ClassVar[int]
    PRESSURE_FIELD_NUMBER: _ClassVar[int]
    CRITICAL_FIELD_NUMBER: _ClassVar[int]
    signal: str
    reading: float
    pressure: float
    critical: bool
    def __init__(self, signal: _Optional[str] = ..., reading: _Optional[float] = ..., pressure: _Optional[float] = ..., critical: _Optional[bool] = ...) -> None: ...

class Degradation(_message.Message):
    __slots__ = ("level", "capacity", "pressure", "signals", "change_time", "reason", "suspended_services", "failing_services", "hold_until_time", "calm_remaining")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    PRESSURE_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    CHANGE_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SUSPENDED_SERVICES_FIELD_NUMBER: _ClassVar[int]
    FAILING_SERVICES_FIELD_NUMBER: _ClassVar[int]
    HOLD_UNTIL_TIME_FIELD_NUMBER: _ClassVar[int]
    CALM_REMAINING_FIELD_NUMBER: _ClassVar[int]
    level: _health_pb2.DegradationLevel
    capacity: float
    pressure: float
    signals: _containers.RepeatedCompositeFieldContainer[PressureSignal]
    change_time: _timestamp_pb2.Timestamp
    reason: str
    suspended_services: _containers.RepeatedScalarFieldContainer[str]
    failing_services: _containers.RepeatedScalarFieldContainer[str]
    hold_until_time: _timestamp_pb2.Timestamp
    calm_remaining: _duration_pb2.Duration
    def __init__(self, level: _Optional[_Union[_health_pb2.DegradationLevel, str]] = ..., capacity: _Optional[float] = ..., pressure: _Optional[float] = ..., signals: _Optional[_Iterable[_Union[PressureSignal, _Mapping]]] = ..., change_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ..., suspended_services: _Optional[_Iterable[str]] = ..., failing_services: _Optional[_Iterable[str]] = ..., hold_until_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., calm_remaining: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class DegradationThreshold(_message.Message):
    __slots__ = ("level", "pressure")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    PRESSURE_FIELD_NUMBER: _ClassVar[int]
    level: _health_pb2.DegradationLevel
    pressure: float
    def __init__(self, level: _Optional[_Union[_health_pb2.DegradationLevel, str]] = ..., pressure: _Optional[float] = ...) -> None: ...

class SignalScale(_message.Message):
    __slots__ = ("signal", "low", "high", "weight", "critical")
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    CRITICAL_FIELD_NUMBER: _ClassVar[int]
    signal: str
    low: float
    high: float
    weight: float
    critical: float
    def __init__(self, signal: _Optional[str] = ..., low: _Optional[float] = ..., high: _Optional[float] = ..., weight: _Optional[float] = ..., critical: _Optional[float] = ...) -> None: ...

class DegradationPolicy(_message.Message):
    __slots__ = ("thresholds", "leave_margin", "down_interval", "calm", "scales")
    THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    LEAVE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    DOWN_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    CALM_FIELD_NUMBER: _ClassVar[int]
    SCALES_FIELD_NUMBER: _ClassVar[int]
    thresholds: _containers.RepeatedCompositeFieldContainer[DegradationThreshold]
    leave_margin: float
    down_interval: _duration_pb2.Duration
    calm: _duration_pb2.Duration
    scales: _containers.RepeatedCompositeFieldContainer[SignalScale]
    def __init__(self, thresholds: _Optional[_Iterable[_Union[DegradationThreshold, _Mapping]]] = ..., leave_margin: _Optional[float] = ..., down_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., calm: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., scales: _Optional[_Iterable[_Union[SignalScale, _Mapping]]] = ...) -> None: ...

class DegradationPolicyRevision(_message.Message):
    __slots__ = ("revision", "policy", "etag", "update_time", "reason")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    revision: int
    policy: DegradationPolicy
    etag: str
    update_time: _timestamp_pb2.Timestamp
    reason: str
    def __init__(self, revision: _Optional[int] = ..., policy: _Optional[_Union[DegradationPolicy, _Mapping]] = ..., etag: _Optional[str] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...
