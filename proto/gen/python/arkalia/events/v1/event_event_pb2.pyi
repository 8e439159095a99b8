from arkalia.events.v1 import retention_pb2 as _retention_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EventsPruned(_message.Message):
    __slots__ = ("category", "event_count", "last_position")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    LAST_POSITION_FIELD_NUMBER: _ClassVar[int]
    category: str
    event_count: int
    last_position: int
    def __init__(self, category: _Optional[str] = ..., event_count: _Optional[int] = ..., last_position: _Optional[int] = ...) -> None: ...

class RetentionPolicyUpdated(_message.Message):
    __slots__ = ("policy",)
    POLICY_FIELD_NUMBER: _ClassVar[int]
    policy: _retention_pb2.RetentionPolicy
    def __init__(self, policy: _Optional[_Union[_retention_pb2.RetentionPolicy, _Mapping]] = ...) -> None: ...
