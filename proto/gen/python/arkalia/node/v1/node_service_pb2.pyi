from arkalia.node.v1 import node_pb2 as _node_pb2
from arkalia.options.v1 import method_pb2 as _method_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetNodeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetNodeResponse(_message.Message):
    __slots__ = ("node",)
    NODE_FIELD_NUMBER: _ClassVar[int]
    node: _node_pb2.Node
    def __init__(self, node: _Optional[_Union[_node_pb2.Node, _Mapping]] = ...) -> None: ...

class WatchNodeRequest(_message.Message):
    __slots__ = ("resume_token",)
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    def __init__(self, resume_token: _Optional[str] = ...) -> None: ...

class WatchNodeResponse(_message.Message):
    __slots__ = ("processes", "resume_token")
    PROCESSES_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    processes: _containers.RepeatedCompositeFieldContainer[_node_pb2.ProcessStatus]
    resume_token: str
    def __init__(self, processes: _Optional[_Iterable[_Union[_node_pb2.ProcessStatus, _Mapping]]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class RestartProcessRequest(_message.Message):
    __slots__ = ("process", "restart_id")
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    RESTART_ID_FIELD_NUMBER: _ClassVar[int]
    process: str
    restart_id: str
    def __init__(self, process: _Optional[str] = ..., restart_id: _Optional[str] = ...) -> None: ...

class RestartProcessResponse(_message.Message):
    __slots__ = ("processes",)
    PROCESSES_FIELD_NUMBER: _ClassVar[int]
    processes: _containers.RepeatedCompositeFieldContainer[_node_pb2.ProcessStatus]
    def __init__(self, processes: _Optional[_Iterable[_Union[_node_pb2.ProcessStatus, _Mapping]]] = ...) -> None: ...

class GetDiagnosticsRequest(_message.Message):
    __slots__ = ("line_limit",)
    LINE_LIMIT_FIELD_NUMBER: _ClassVar[int]
    line_limit: int
    def __init__(self, line_limit: _Optional[int] = ...) -> None: ...

class GetDiagnosticsResponse(_message.Message):
    __slots__ = ("diagnostics",)
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    diagnostics: _node_pb2.Diagnostics
    def __init__(self, diagnostics: _Optional[_Union[_node_pb2.Diagnostics, _Mapping]] = ...) -> None: ...
