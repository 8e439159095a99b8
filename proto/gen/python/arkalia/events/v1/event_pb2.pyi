import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import any_pb2 as _any_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StreamState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STREAM_STATE_UNSPECIFIED: _ClassVar[StreamState]
    STREAM_STATE_ANY: _ClassVar[StreamState]
    STREAM_STATE_NO_STREAM: _ClassVar[StreamState]
    STREAM_STATE_EXISTS: _ClassVar[StreamState]

class ReadDirection(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    READ_DIRECTION_UNSPECIFIED: _ClassVar[ReadDirection]
    READ_DIRECTION_FORWARD: _ClassVar[ReadDirection]
    READ_DIRECTION_BACKWARD: _ClassVar[ReadDirection]
STREAM_STATE_UNSPECIFIED: StreamState
STREAM_STATE_ANY: StreamState
STREAM_STATE_NO_STREAM: StreamState
STREAM_STATE_EXISTS: StreamState
READ_DIRECTION_UNSPECIFIED: ReadDirection
READ_DIRECTION_FORWARD: ReadDirection
READ_DIRECTION_BACKWARD: ReadDirection

class Event(_message.Message):
    __slots__ = ("event_id", "stream", "stream_version", "position", "type", "payload", "source", "time", "correlation_id", "causation_id", "trace_id", "schema_version", "leaf_hash")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    STREAM_VERSION_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    CAUSATION_ID_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    LEAF_HASH_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    stream: str
    stream_version: int
    position: int
    type: str
    payload: _any_pb2.Any
    source: str
    time: _timestamp_pb2.Timestamp
    correlation_id: str
    causation_id: str
    trace_id: str
    schema_version: int
    leaf_hash: bytes
    def __init__(self, event_id: _Optional[str] = ..., stream: _Optional[str] = ..., stream_version: _Optional[int] = ..., position: _Optional[int] = ..., type: _Optional[str] = ..., payload: _Optional[_Union[_any_pb2.Any, _Mapping]] = ..., source: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., correlation_id: _Optional[str] = ..., causation_id: _Optional[str] = ..., trace_id: _Optional[str] = ..., schema_version: _Optional[int] = ..., leaf_hash: _Optional[bytes] = ...) -> None: ...

class NewEvent(_message.Message):
    __slots__ = ("event_id", "payload", "source", "time", "correlation_id", "causation_id", "schema_version", "trace_id")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    CAUSATION_ID_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    payload: _any_pb2.Any
    source: str
    time: _timestamp_pb2.Timestamp
    correlation_id: str
    causation_id: str
    schema_version: int
    trace_id: str
    def __init__(self, event_id: _Optional[str] = ..., payload: _Optional[_Union[_any_pb2.Any, _Mapping]] = ..., source: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., correlation_id: _Optional[str] = ..., causation_id: _Optional[str] = ..., schema_version: _Optional[int] = ..., trace_id: _Optional[str] = ...) -> None: ...

class ExpectedVersion(_message.Message):
    __slots__ = ("version", "state")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    version: int
    state: StreamState
    def __init__(self, version: _Optional[int] = ..., state: _Optional[_Union[StreamState, str]] = ...) -> None: ...

class StreamAppend(_message.Message):
    __slots__ = ("stream", "expected", "events")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    stream: str
    expected: ExpectedVersion
    events: _containers.RepeatedCompositeFieldContainer[NewEvent]
    def __init__(self, stream: _Optional[str] = ..., expected: _Optional[_Union[ExpectedVersion, _Mapping]] = ..., events: _Optional[_Iterable[_Union[NewEvent, _Mapping]]] = ...) -> None: ...

class StreamCheck(_message.Message):
    __slots__ = ("stream", "expected")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    stream: str
    expected: ExpectedVersion
    def __init__(self, stream: _Optional[str] = ..., expected: _Optional[_Union[ExpectedVersion, _Mapping]] = ...) -> None: ...

class ConsumerCheckpoint(_message.Message):
    __slots__ = ("consumer", "position")
    CONSUMER_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    consumer: str
    position: int
    def __init__(self, consumer: _Optional[str] = ..., position: _Optional[int] = ...) -> None: ...

class RecordedEvent(_message.Message):
    __slots__ = ("event_id", "position", "stream", "stream_version")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    STREAM_VERSION_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    position: int
    stream: str
    stream_version: int
    def __init__(self, event_id: _Optional[str] = ..., position: _Optional[int] = ..., stream: _Optional[str] = ..., stream_version: _Optional[int] = ...) -> None: ...

class EventFilter(_message.Message):
    __slots__ = ("stream", "category", "types", "sources", "correlation_id", "since_time", "until_time")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    SINCE_TIME_FIELD_NUMBER: _ClassVar[int]
    UNTIL_TIME_FIELD_NUMBER: _ClassVar[int]
    stream: str
    category: str
    types: _containers.RepeatedScalarFieldContainer[str]
    sources: _containers.RepeatedScalarFieldContainer[str]
    correlation_id: str
    since_time: _timestamp_pb2.Timestamp
    until_time: _timestamp_pb2.Timestamp
    def __init__(self, stream: _Optional[str] = ..., category: _Optional[str] = ..., types: _Optional[_Iterable[str]] = ..., sources: _Optional[_Iterable[str]] = ..., correlation_id: _Optional[str] = ..., since_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., until_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
