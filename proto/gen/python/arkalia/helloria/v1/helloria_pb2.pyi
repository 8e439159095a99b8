import datetime

from arkalia.node.v1 import health_pb2 as _health_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ServiceStatus(_message.Message):
    __slots__ = ("service", "module", "process", "state", "reason", "probe_latency")
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    MODULE_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PROBE_LATENCY_FIELD_NUMBER: _ClassVar[int]
    service: str
    module: str
    process: str
    state: _health_pb2.HealthState
    reason: str
    probe_latency: _duration_pb2.Duration
    def __init__(self, service: _Optional[str] = ..., module: _Optional[str] = ..., process: _Optional[str] = ..., state: _Optional[_Union[_health_pb2.HealthState, str]] = ..., reason: _Optional[str] = ..., probe_latency: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class DecisionStatus(_message.Message):
    __slots__ = ("decision_id", "action", "confidence", "time")
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    decision_id: str
    action: str
    confidence: float
    time: _timestamp_pb2.Timestamp
    def __init__(self, decision_id: _Optional[str] = ..., action: _Optional[str] = ..., confidence: _Optional[float] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SampleStatus(_message.Message):
    __slots__ = ("sample_id", "time", "cpu_ratio", "memory_ratio", "disk_ratio")
    SAMPLE_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    CPU_RATIO_FIELD_NUMBER: _ClassVar[int]
    MEMORY_RATIO_FIELD_NUMBER: _ClassVar[int]
    DISK_RATIO_FIELD_NUMBER: _ClassVar[int]
    sample_id: str
    time: _timestamp_pb2.Timestamp
    cpu_ratio: float
    memory_ratio: float
    disk_ratio: float
    def __init__(self, sample_id: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cpu_ratio: _Optional[float] = ..., memory_ratio: _Optional[float] = ..., disk_ratio: _Optional[float] = ...) -> None: ...

class LogStatus(_message.Message):
    __slots__ = ("log_id", "head_position", "writable")
    LOG_ID_FIELD_NUMBER: _ClassVar[int]
    HEAD_POSITION_FIELD_NUMBER: _ClassVar[int]
    WRITABLE_FIELD_NUMBER: _ClassVar[int]
    log_id: str
    head_position: int
    writable: bool
    def __init__(self, log_id: _Optional[str] = ..., head_position: _Optional[int] = ..., writable: _Optional[bool] = ...) -> None: ...

class NodeStatus(_message.Message):
    __slots__ = ("node", "version", "start_time", "uptime", "time", "services", "score", "state", "log", "sample", "decision", "degradation_level", "open_circuit_breakers")
    NODE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    UPTIME_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    DEGRADATION_LEVEL_FIELD_NUMBER: _ClassVar[int]
    OPEN_CIRCUIT_BREAKERS_FIELD_NUMBER: _ClassVar[int]
    node: str
    version: str
    start_time: _timestamp_pb2.Timestamp
    uptime: _duration_pb2.Duration
    time: _timestamp_pb2.Timestamp
    services: _containers.RepeatedCompositeFieldContainer[ServiceStatus]
    score: float
    state: _health_pb2.HealthState
    log: LogStatus
    sample: SampleStatus
    decision: DecisionStatus
    degradation_level: _health_pb2.DegradationLevel
    open_circuit_breakers: int
    def __init__(self, node: _Optional[str] = ..., version: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., uptime: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., services: _Optional[_Iterable[_Union[ServiceStatus, _Mapping]]] = ..., score: _Optional[float] = ..., state: _Optional[_Union[_health_pb2.HealthState, str]] = ..., log: _Optional[_Union[LogStatus, _Mapping]] = ..., sample: _Optional[_Union[SampleStatus, _Mapping]] = ..., decision: _Optional[_Union[DecisionStatus, _Mapping]] = ..., degradation_level: _Optional[_Union[_health_pb2.DegradationLevel, str]] = ..., open_circuit_breakers: _Optional[int] = ...) -> None: ...

class Capability(_message.Message):
    __slots__ = ("method", "rest", "scope", "idempotent", "client_streaming", "server_streaming")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    REST_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENT_FIELD_NUMBER: _ClassVar[int]
    CLIENT_STREAMING_FIELD_NUMBER: _ClassVar[int]
    SERVER_STREAMING_FIELD_NUMBER: _ClassVar[int]
    method: str
    rest: str
    scope: str
    idempotent: bool
    client_streaming: bool
    server_streaming: bool
    def __init__(self, method: _Optional[str] = ..., rest: _Optional[str] = ..., scope: _Optional[str] = ..., idempotent: _Optional[bool] = ..., client_streaming: _Optional[bool] = ..., server_streaming: _Optional[bool] = ...) -> None: ...
