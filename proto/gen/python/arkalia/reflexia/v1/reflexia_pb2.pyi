import datetime

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

class Signal(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIGNAL_UNSPECIFIED: _ClassVar[Signal]
    SIGNAL_CPU: _ClassVar[Signal]
    SIGNAL_MEMORY: _ClassVar[Signal]
    SIGNAL_DISK: _ClassVar[Signal]
    SIGNAL_LOOP_LAG: _ClassVar[Signal]
    SIGNAL_LATENCY: _ClassVar[Signal]

class Level(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEVEL_UNSPECIFIED: _ClassVar[Level]
    LEVEL_OK: _ClassVar[Level]
    LEVEL_ELEVATED: _ClassVar[Level]
    LEVEL_HIGH: _ClassVar[Level]
    LEVEL_CRITICAL: _ClassVar[Level]

class RecommendedAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECOMMENDED_ACTION_UNSPECIFIED: _ClassVar[RecommendedAction]
    RECOMMENDED_ACTION_NORMAL: _ClassVar[RecommendedAction]
    RECOMMENDED_ACTION_MONITOR: _ClassVar[RecommendedAction]
    RECOMMENDED_ACTION_REDUCE_LOAD: _ClassVar[RecommendedAction]
    RECOMMENDED_ACTION_EMERGENCY_SHUTDOWN: _ClassVar[RecommendedAction]
    RECOMMENDED_ACTION_HALT: _ClassVar[RecommendedAction]
SIGNAL_UNSPECIFIED: Signal
SIGNAL_CPU: Signal
SIGNAL_MEMORY: Signal
SIGNAL_DISK: Signal
SIGNAL_LOOP_LAG: Signal
SIGNAL_LATENCY: Signal
LEVEL_UNSPECIFIED: Level
LEVEL_OK: Level
LEVEL_ELEVATED: Level
LEVEL_HIGH: Level
LEVEL_CRITICAL: Level
RECOMMENDED_ACTION_UNSPECIFIED: RecommendedAction
RECOMMENDED_ACTION_NORMAL: RecommendedAction
RECOMMENDED_ACTION_MONITOR: RecommendedAction
RECOMMENDED_ACTION_REDUCE_LOAD: RecommendedAction
RECOMMENDED_ACTION_EMERGENCY_SHUTDOWN: RecommendedAction
RECOMMENDED_ACTION_HALT: RecommendedAction

class Thresholds(_message.Message):
    __slots__ = ("signal", "elevated", "high", "critical", "leave_margin")
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    ELEVATED_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    CRITICAL_FIELD_NUMBER: _ClassVar[int]
    LEAVE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    signal: Signal
    elevated: float
    high: float
    critical: float
    leave_margin: float
    def __init__(self, signal: _Optional[_Union[Signal, str]] = ..., elevated: _Optional[float] = ..., high: _Optional[float] = ..., critical: _Optional[float] = ..., leave_margin: _Optional[float] = ...) -> None: ...

class LevelPolicy(_message.Message):
    __slots__ = ("revision", "thresholds")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    revision: int
    thresholds: _containers.RepeatedCompositeFieldContainer[Thresholds]
    def __init__(self, revision: _Optional[int] = ..., thresholds: _Optional[_Iterable[_Union[Thresholds, _Mapping]]] = ...) -> None: ...

class MachineReading(_message.Message):
    __slots__ = ("cpu_ratio", "cpu_count", "load_1m", "load_5m", "load_15m", "memory_ratio", "memory_total_bytes", "memory_available_bytes", "swap_ratio", "disk_ratio", "disk_free_bytes", "network_received_bytes", "network_sent_bytes", "network_received_rate", "network_sent_rate", "battery_ratio", "on_mains", "temperature_celsius")
    CPU_RATIO_FIELD_NUMBER: _ClassVar[int]
    CPU_COUNT_FIELD_NUMBER: _ClassVar[int]
    LOAD_1M_FIELD_NUMBER: _ClassVar[int]
    LOAD_5M_FIELD_NUMBER: _ClassVar[int]
    LOAD_15M_FIELD_NUMBER: _ClassVar[int]
    MEMORY_RATIO_FIELD_NUMBER: _ClassVar[int]
    MEMORY_TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEMORY_AVAILABLE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SWAP_RATIO_FIELD_NUMBER: _ClassVar[int]
    DISK_RATIO_FIELD_NUMBER: _ClassVar[int]
    DISK_FREE_BYTES_FIELD_NUMBER: _ClassVar[int]
    NETWORK_RECEIVED_BYTES_FIELD_NUMBER: _ClassVar[int]
    NETWORK_SENT_BYTES_FIELD_NUMBER: _ClassVar[int]
    NETWORK_RECEIVED_RATE_FIELD_NUMBER: _ClassVar[int]
    NETWORK_SENT_RATE_FIELD_NUMBER: _ClassVar[int]
    BATTERY_RATIO_FIELD_NUMBER: _ClassVar[int]
    ON_MAINS_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_CELSIUS_FIELD_NUMBER: _ClassVar[int]
    cpu_ratio: float
    cpu_count: int
    load_1m: float
    load_5m: float
    load_15m: float
    memory_ratio: float
    memory_total_bytes: int
    memory_available_bytes: int
    swap_ratio: float
    disk_ratio: float
    disk_free_bytes: int
    network_received_bytes: int
    network_sent_bytes: int
    network_received_rate: float
    network_sent_rate: float
    battery_ratio: float
    on_mains: bool
    temperature_celsius: float
    def __init__(self, cpu_ratio: _Optional[float] = ..., cpu_count: _Optional[int] = ..., load_1m: _Optional[float] = ..., load_5m: _Optional[float] = ..., load_15m: _Optional[float] = ..., memory_ratio: _Optional[float] = ..., memory_total_bytes: _Optional[int] = ..., memory_available_bytes: _Optional[int] = ..., swap_ratio: _Optional[float] = ..., disk_ratio: _Optional[float] = ..., disk_free_bytes: _Optional[int] = ..., network_received_bytes: _Optional[int] = ..., network_sent_bytes: _Optional[int] = ..., network_received_rate: _Optional[float] = ..., network_sent_rate: _Optional[float] = ..., battery_ratio: _Optional[float] = ..., on_mains: _Optional[bool] = ..., temperature_celsius: _Optional[float] = ...) -> None: ...

class ProcessReading(_message.Message):
    __slots__ = ("name", "pid", "rss_bytes", "cpu_ratio", "loop_lag", "age", "circuit_breakers", "open_circuit_breakers", "queued_calls")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    RSS_BYTES_FIELD_NUMBER: _ClassVar[int]
    CPU_RATIO_FIELD_NUMBER: _ClassVar[int]
    LOOP_LAG_FIELD_NUMBER: _ClassVar[int]
    AGE_FIELD_NUMBER: _ClassVar[int]
    CIRCUIT_BREAKERS_FIELD_NUMBER: _ClassVar[int]
    OPEN_CIRCUIT_BREAKERS_FIELD_NUMBER: _ClassVar[int]
    QUEUED_CALLS_FIELD_NUMBER: _ClassVar[int]
    name: str
    pid: int
    rss_bytes: int
    cpu_ratio: float
    loop_lag: _duration_pb2.Duration
    age: _duration_pb2.Duration
    circuit_breakers: int
    open_circuit_breakers: int
    queued_calls: int
    def __init__(self, name: _Optional[str] = ..., pid: _Optional[int] = ..., rss_bytes: _Optional[int] = ..., cpu_ratio: _Optional[float] = ..., loop_lag: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., circuit_breakers: _Optional[int] = ..., open_circuit_breakers: _Optional[int] = ..., queued_calls: _Optional[int] = ...) -> None: ...

class ServiceReading(_message.Message):
    __slots__ = ("service", "process", "calls", "error_ratio", "latency_p50", "latency_p99", "in_flight")
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    ERROR_RATIO_FIELD_NUMBER: _ClassVar[int]
    LATENCY_P50_FIELD_NUMBER: _ClassVar[int]
    LATENCY_P99_FIELD_NUMBER: _ClassVar[int]
    IN_FLIGHT_FIELD_NUMBER: _ClassVar[int]
    service: str
    process: str
    calls: int
    error_ratio: float
    latency_p50: _duration_pb2.Duration
    latency_p99: _duration_pb2.Duration
    in_flight: int
    def __init__(self, service: _Optional[str] = ..., process: _Optional[str] = ..., calls: _Optional[int] = ..., error_ratio: _Optional[float] = ..., latency_p50: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., latency_p99: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., in_flight: _Optional[int] = ...) -> None: ...

class SignalLevel(_message.Message):
    __slots__ = ("signal", "level", "value")
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    signal: Signal
    level: Level
    value: float
    def __init__(self, signal: _Optional[_Union[Signal, str]] = ..., level: _Optional[_Union[Level, str]] = ..., value: _Optional[float] = ...) -> None: ...

class Sample(_message.Message):
    __slots__ = ("sample_id", "node", "sample_time", "interval", "machine", "processes", "services", "levels", "recommended_action", "reason")
    SAMPLE_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_TIME_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    MACHINE_FIELD_NUMBER: _ClassVar[int]
    PROCESSES_FIELD_NUMBER: _ClassVar[int]
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDED_ACTION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    sample_id: str
    node: str
    sample_time: _timestamp_pb2.Timestamp
    interval: _duration_pb2.Duration
    machine: MachineReading
    processes: _containers.RepeatedCompositeFieldContainer[ProcessReading]
    services: _containers.RepeatedCompositeFieldContainer[ServiceReading]
    levels: _containers.RepeatedCompositeFieldContainer[SignalLevel]
    recommended_action: RecommendedAction
    reason: str
    def __init__(self, sample_id: _Optional[str] = ..., node: _Optional[str] = ..., sample_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., machine: _Optional[_Union[MachineReading, _Mapping]] = ..., processes: _Optional[_Iterable[_Union[ProcessReading, _Mapping]]] = ..., services: _Optional[_Iterable[_Union[ServiceReading, _Mapping]]] = ..., levels: _Optional[_Iterable[_Union[SignalLevel, _Mapping]]] = ..., recommended_action: _Optional[_Union[RecommendedAction, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class SampleReport(_message.Message):
    __slots__ = ("sample_id", "node", "sample_time", "interval", "machine", "processes", "services")
    SAMPLE_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_TIME_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    MACHINE_FIELD_NUMBER: _ClassVar[int]
    PROCESSES_FIELD_NUMBER: _ClassVar[int]
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    sample_id: str
    node: str
    sample_time: _timestamp_pb2.Timestamp
    interval: _duration_pb2.Duration
    machine: MachineReading
    processes: _containers.RepeatedCompositeFieldContainer[ProcessReading]
    services: _containers.RepeatedCompositeFieldContainer[ServiceReading]
    def __init__(self, sample_id: _Optional[str] = ..., node: _Optional[str] = ..., sample_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., machine: _Optional[_Union[MachineReading, _Mapping]] = ..., processes: _Optional[_Iterable[_Union[ProcessReading, _Mapping]]] = ..., services: _Optional[_Iterable[_Union[ServiceReading, _Mapping]]] = ...) -> None: ...
