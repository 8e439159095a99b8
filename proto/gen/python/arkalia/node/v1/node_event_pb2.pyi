import datetime

from arkalia.node.v1 import node_pb2 as _node_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NodeStarted(_message.Message):
    __slots__ = ("node", "version", "pid", "topology", "startup")
    NODE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    TOPOLOGY_FIELD_NUMBER: _ClassVar[int]
    STARTUP_FIELD_NUMBER: _ClassVar[int]
    node: str
    version: str
    pid: int
    topology: _containers.RepeatedCompositeFieldContainer[_node_pb2.TopologyProcess]
    startup: _duration_pb2.Duration
    def __init__(self, node: _Optional[str] = ..., version: _Optional[str] = ..., pid: _Optional[int] = ..., topology: _Optional[_Iterable[_Union[_node_pb2.TopologyProcess, _Mapping]]] = ..., startup: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class AdoptedProcess(_message.Message):
    __slots__ = ("process", "replica", "generation", "pid", "restarts")
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    REPLICA_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    RESTARTS_FIELD_NUMBER: _ClassVar[int]
    process: str
    replica: int
    generation: int
    pid: int
    restarts: int
    def __init__(self, process: _Optional[str] = ..., replica: _Optional[int] = ..., generation: _Optional[int] = ..., pid: _Optional[int] = ..., restarts: _Optional[int] = ...) -> None: ...

class NodeAdopted(_message.Message):
    __slots__ = ("node", "version", "pid", "processes", "exit", "outage")
    NODE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    PROCESSES_FIELD_NUMBER: _ClassVar[int]
    EXIT_FIELD_NUMBER: _ClassVar[int]
    OUTAGE_FIELD_NUMBER: _ClassVar[int]
    node: str
    version: str
    pid: int
    processes: _containers.RepeatedCompositeFieldContainer[AdoptedProcess]
    exit: _node_pb2.ProcessExit
    outage: _duration_pb2.Duration
    def __init__(self, node: _Optional[str] = ..., version: _Optional[str] = ..., pid: _Optional[int] = ..., processes: _Optional[_Iterable[_Union[AdoptedProcess, _Mapping]]] = ..., exit: _Optional[_Union[_node_pb2.ProcessExit, _Mapping]] = ..., outage: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class NodeStopping(_message.Message):
    __slots__ = ("node", "reason")
    NODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    node: str
    reason: str
    def __init__(self, node: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ProcessStarted(_message.Message):
    __slots__ = ("process", "replica", "generation", "pid")
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    REPLICA_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    process: str
    replica: int
    generation: int
    pid: int
    def __init__(self, process: _Optional[str] = ..., replica: _Optional[int] = ..., generation: _Optional[int] = ..., pid: _Optional[int] = ...) -> None: ...

class ProcessExited(_message.Message):
    __slots__ = ("process", "replica", "generation", "pid", "exit", "expected")
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    REPLICA_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    EXIT_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    process: str
    replica: int
    generation: int
    pid: int
    exit: _node_pb2.ProcessExit
    expected: bool
    def __init__(self, process: _Optional[str] = ..., replica: _Optional[int] = ..., generation: _Optional[int] = ..., pid: _Optional[int] = ..., exit: _Optional[_Union[_node_pb2.ProcessExit, _Mapping]] = ..., expected: _Optional[bool] = ...) -> None: ...

class ProcessRestarted(_message.Message):
    __slots__ = ("process", "replica", "generation", "pid", "restarts", "rolling", "outage")
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    REPLICA_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    RESTARTS_FIELD_NUMBER: _ClassVar[int]
    ROLLING_FIELD_NUMBER: _ClassVar[int]
    OUTAGE_FIELD_NUMBER: _ClassVar[int]
    process: str
    replica: int
    generation: int
    pid: int
    restarts: int
    rolling: bool
    outage: _duration_pb2.Duration
    def __init__(self, process: _Optional[str] = ..., replica: _Optional[int] = ..., generation: _Optional[int] = ..., pid: _Optional[int] = ..., restarts: _Optional[int] = ..., rolling: _Optional[bool] = ..., outage: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...
