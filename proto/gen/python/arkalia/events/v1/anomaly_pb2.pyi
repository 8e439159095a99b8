import datetime

from arkalia.node.v1 import severity_pb2 as _severity_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AnomalyRule(_message.Message):
    __slots__ = ("name", "types", "count_max", "severity", "window")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    COUNT_MAX_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    name: str
    types: _containers.RepeatedScalarFieldContainer[str]
    count_max: int
    severity: _severity_pb2.Severity
    window: _duration_pb2.Duration
    def __init__(self, name: _Optional[str] = ..., types: _Optional[_Iterable[str]] = ..., count_max: _Optional[int] = ..., severity: _Optional[_Union[_severity_pb2.Severity, str]] = ..., window: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Anomaly(_message.Message):
    __slots__ = ("rule", "event_count", "positions")
    RULE_FIELD_NUMBER: _ClassVar[int]
    EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    rule: AnomalyRule
    event_count: int
    positions: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, rule: _Optional[_Union[AnomalyRule, _Mapping]] = ..., event_count: _Optional[int] = ..., positions: _Optional[_Iterable[int]] = ...) -> None: ...
