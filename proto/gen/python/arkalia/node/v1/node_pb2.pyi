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

class ProcessExit(_message.Message):
    __slots__ = ("code", "signal", "time", "uptime", "reason")
    CODE_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    UPTIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    code: int
    signal: str
    time: _timestamp_pb2.Timestamp
    uptime: _duration_pb2.Duration
    reason: str
    def __init__(self, code: _Optional[int] = ..., signal: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., uptime: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class ProcessStatus(_message.Message):
    __slots__ = ("process", "replica", "modules", "state", "reason", "pid", "generation", "restarts", "crash_looping", "last_exit", "socket", "start_time", "state_time", "rss_bytes")
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    REPLICA_FIELD_NUMBER: _ClassVar[int]
    MODULES_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    RESTARTS_FIELD_NUMBER: _ClassVar[int]
    CRASH_LOOPING_FIELD_NUMBER: _ClassVar[int]
    LAST_EXIT_FIELD_NUMBER: _ClassVar[int]
    SOCKET_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_TIME_FIELD_NUMBER: _ClassVar[int]
    RSS_BYTES_FIELD_NUMBER: _ClassVar[int]
    process: str
    replica: int
    modules: _containers.RepeatedScalarFieldContainer[str]
    state: _health_pb2.HealthState
    reason: str
    pid: int
    generation: int
    restarts: int
    crash_looping: bool
    last_exit: ProcessExit
    socket: str
    start_time: _timestamp_pb2.Timestamp
    state_time: _timestamp_pb2.Timestamp
    rss_bytes: int
    def __init__(self, process: _Optional[str] = ..., replica: _Optional[int] = ..., modules: _Optional[_Iterable[str]] = ..., state: _Optional[_Union[_health_pb2.HealthState, str]] = ..., reason: _Optional[str] = ..., pid: _Optional[int] = ..., generation: _Optional[int] = ..., restarts: _Optional[int] = ..., crash_looping: _Optional[bool] = ..., last_exit: _Optional[_Union[ProcessExit, _Mapping]] = ..., socket: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., state_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rss_bytes: _Optional[int] = ...) -> None: ...

class TopologyProcess(_message.Message):
    __slots__ = ("process", "modules", "replicas", "single_writer")
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    MODULES_FIELD_NUMBER: _ClassVar[int]
    REPLICAS_FIELD_NUMBER: _ClassVar[int]
    SINGLE_WRITER_FIELD_NUMBER: _ClassVar[int]
    process: str
    modules: _containers.RepeatedScalarFieldContainer[str]
    replicas: int
    single_writer: bool
    def __init__(self, process: _Optional[str] = ..., modules: _Optional[_Iterable[str]] = ..., replicas: _Optional[int] = ..., single_writer: _Optional[bool] = ...) -> None: ...

class Node(_message.Message):
    __slots__ = ("node", "version", "pid", "start_time", "uptime", "endpoint", "state", "topology", "processes")
    NODE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    UPTIME_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TOPOLOGY_FIELD_NUMBER: _ClassVar[int]
    PROCESSES_FIELD_NUMBER: _ClassVar[int]
    node: str
    version: str
    pid: int
    start_time: _timestamp_pb2.Timestamp
    uptime: _duration_pb2.Duration
    endpoint: str
    state: _health_pb2.HealthState
    topology: _containers.RepeatedCompositeFieldContainer[TopologyProcess]
    processes: _containers.RepeatedCompositeFieldContainer[ProcessStatus]
    def __init__(self, node: _Optional[str] = ..., version: _Optional[str] = ..., pid: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., uptime: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., endpoint: _Optional[str] = ..., state: _Optional[_Union[_health_pb2.HealthState, str]] = ..., topology: _Optional[_Iterable[_Union[TopologyProcess, _Mapping]]] = ..., processes: _Optional[_Iterable[_Union[ProcessStatus, _Mapping]]] = ...) -> None: ...

class ComponentVersion(_message.Message):
    __slots__ = ("component", "version")
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    component: str
    version: str
    def __init__(self, component: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class SettingValue(_message.Message):
    __slots__ = ("setting", "value")
    SETTING_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    setting: str
    value: str
    def __init__(self, setting: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class LogTail(_message.Message):
    __slots__ = ("process", "path", "lines")
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    process: str
    path: str
    lines: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, process: _Optional[str] = ..., path: _Optional[str] = ..., lines: _Optional[_Iterable[str]] = ...) -> None: ...

class Diagnostics(_message.Message):
    __slots__ = ("node", "versions", "settings", "logs", "time")
    NODE_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    LOGS_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    node: Node
    versions: _containers.RepeatedCompositeFieldContainer[ComponentVersion]
    settings: _containers.RepeatedCompositeFieldContainer[SettingValue]
    logs: _containers.RepeatedCompositeFieldContainer[LogTail]
    time: _timestamp_pb2.Timestamp
    def __init__(self, node: _Optional[_Union[Node, _Mapping]] = ..., versions: _Optional[_Iterable[_Union[ComponentVersion, _Mapping]]] = ..., settings: _Optional[_Iterable[_Union[SettingValue, _Mapping]]] = ..., logs: _Optional[_Iterable[_Union[LogTail, _Mapping]]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
