import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Projection(_message.Message):
    __slots__ = ("name", "process", "position", "head", "checksum", "intact", "entries", "rebuild_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    CHECKSUM_FIELD_NUMBER: _ClassVar[int]
    INTACT_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    REBUILD_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    process: str
    position: int
    head: int
    checksum: str
    intact: bool
    entries: int
    rebuild_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., process: _Optional[str] = ..., position: _Optional[int] = ..., head: _Optional[int] = ..., checksum: _Optional[str] = ..., intact: _Optional[bool] = ..., entries: _Optional[int] = ..., rebuild_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
