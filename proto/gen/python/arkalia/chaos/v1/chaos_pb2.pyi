import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FaultKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FAULT_KIND_UNSPECIFIED: _ClassVar[FaultKind]
    FAULT_KIND_SLOW: _ClassVar[FaultKind]
    FAULT_KIND_ERROR: _ClassVar[FaultKind]
    FAULT_KIND_LOOP_BLOCK: _ClassVar[FaultKind]
    FAULT_KIND_MEMORY: _ClassVar[FaultKind]
    FAULT_KIND_CORRUPT_PROJECTION: _ClassVar[FaultKind]
    FAULT_KIND_CONSUMER_STUCK: _ClassVar[FaultKind]
    FAULT_KIND_PARTITION: _ClassVar[FaultKind]
    FAULT_KIND_DISK_QUOTA: _ClassVar[FaultKind]
FAULT_KIND_UNSPECIFIED: FaultKind
FAULT_KIND_SLOW: FaultKind
FAULT_KIND_ERROR: FaultKind
FAULT_KIND_LOOP_BLOCK: FaultKind
FAULT_KIND_MEMORY: FaultKind
FAULT_KIND_CORRUPT_PROJECTION: FaultKind
FAULT_KIND_CONSUMER_STUCK: FaultKind
FAULT_KIND_PARTITION: FaultKind
FAULT_KIND_DISK_QUOTA: FaultKind

class Fault(_message.Message):
    __slots__ = ("fault_id", "kind", "duration", "target", "ratio", "delay", "code", "bytes", "start_time", "hits")
    FAULT_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    DELAY_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    HITS_FIELD_NUMBER: _ClassVar[int]
    fault_id: str
    kind: FaultKind
    duration: _duration_pb2.Duration
    target: str
    ratio: float
    delay: _duration_pb2.Duration
    code: int
    bytes: int
    start_time: _timestamp_pb2.Timestamp
    hits: int
    def __init__(self, fault_id: _Optional[str] = ..., kind: _Optional[_Union[FaultKind, str]] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., target: _Optional[str] = ..., ratio: _Optional[float] = ..., delay: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., code: _Optional[int] = ..., bytes: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., hits: _Optional[int] = ...) -> None: ...
