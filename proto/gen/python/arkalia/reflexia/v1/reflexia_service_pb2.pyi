import datetime

from arkalia.options.v1 import method_pb2 as _method_pb2
from arkalia.reflexia.v1 import reflexia_pb2 as _reflexia_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetSnapshotRequest(_message.Message):
    __slots__ = ("node",)
    NODE_FIELD_NUMBER: _ClassVar[int]
    node: str
    def __init__(self, node: _Optional[str] = ...) -> None: ...

class GetSnapshotResponse(_message.Message):
    __slots__ = ("sample", "age", "stale", "policy")
    SAMPLE_FIELD_NUMBER: _ClassVar[int]
    AGE_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    sample: _reflexia_pb2.Sample
    age: _duration_pb2.Duration
    stale: bool
    policy: _reflexia_pb2.LevelPolicy
    def __init__(self, sample: _Optional[_Union[_reflexia_pb2.Sample, _Mapping]] = ..., age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., stale: _Optional[bool] = ..., policy: _Optional[_Union[_reflexia_pb2.LevelPolicy, _Mapping]] = ...) -> None: ...

class WatchSnapshotsRequest(_message.Message):
    __slots__ = ("node", "interval", "resume_token")
    NODE_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    node: str
    interval: _duration_pb2.Duration
    resume_token: str
    def __init__(self, node: _Optional[str] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchSnapshotsResponse(_message.Message):
    __slots__ = ("samples", "resume_token")
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    samples: _containers.RepeatedCompositeFieldContainer[_reflexia_pb2.Sample]
    resume_token: str
    def __init__(self, samples: _Optional[_Iterable[_Union[_reflexia_pb2.Sample, _Mapping]]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class ListSnapshotsRequest(_message.Message):
    __slots__ = ("node", "start_time", "end_time", "page_size", "page_token")
    NODE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    node: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    def __init__(self, node: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSnapshotsResponse(_message.Message):
    __slots__ = ("samples", "next_page_token")
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    samples: _containers.RepeatedCompositeFieldContainer[_reflexia_pb2.Sample]
    next_page_token: str
    def __init__(self, samples: _Optional[_Iterable[_Union[_reflexia_pb2.Sample, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ReportSamplesRequest(_message.Message):
    __slots__ = ("source", "samples")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    source: str
    samples: _containers.RepeatedCompositeFieldContainer[_reflexia_pb2.SampleReport]
    def __init__(self, source: _Optional[str] = ..., samples: _Optional[_Iterable[_Union[_reflexia_pb2.SampleReport, _Mapping]]] = ...) -> None: ...

class ReportSamplesResponse(_message.Message):
    __slots__ = ("recorded_count", "duplicate_count")
    RECORDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_COUNT_FIELD_NUMBER: _ClassVar[int]
    recorded_count: int
    duplicate_count: int
    def __init__(self, recorded_count: _Optional[int] = ..., duplicate_count: _Optional[int] = ...) -> None: ...

class ReportVitalsRequest(_message.Message):
    __slots__ = ("node", "process", "pid", "start_time", "take_time", "window", "loop_lag", "rss_bytes", "cpu_ratio", "services", "circuit_breakers", "open_circuit_breakers", "queued_calls")
    NODE_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    TAKE_TIME_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    LOOP_LAG_FIELD_NUMBER: _ClassVar[int]
    RSS_BYTES_FIELD_NUMBER: _ClassVar[int]
    CPU_RATIO_FIELD_NUMBER: _ClassVar[int]
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    CIRCUIT_BREAKERS_FIELD_NUMBER: _ClassVar[int]
    OPEN_CIRCUIT_BREAKERS_FIELD_NUMBER: _ClassVar[int]
    QUEUED_CALLS_FIELD_NUMBER: _ClassVar[int]
    node: str
    process: str
    pid: int
    start_time: _timestamp_pb2.Timestamp
    take_time: _timestamp_pb2.Timestamp
    window: _duration_pb2.Duration
    loop_lag: _duration_pb2.Duration
    rss_bytes: int
    cpu_ratio: float
    services: _containers.RepeatedCompositeFieldContainer[_reflexia_pb2.ServiceReading]
    circuit_breakers: int
    open_circuit_breakers: int
    queued_calls: int
    def __init__(self, node: _Optional[str] = ..., process: _Optional[str] = ..., pid: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., take_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., window: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., loop_lag: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., rss_bytes: _Optional[int] = ..., cpu_ratio: _Optional[float] = ..., services: _Optional[_Iterable[_Union[_reflexia_pb2.ServiceReading, _Mapping]]] = ..., circuit_breakers: _Optional[int] = ..., open_circuit_breakers: _Optional[int] = ..., queued_calls: _Optional[int] = ...) -> None: ...

class ReportVitalsResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
