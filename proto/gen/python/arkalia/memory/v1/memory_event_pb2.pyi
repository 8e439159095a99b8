import datetime

from arkalia.memory.v1 import memory_pb2 as _memory_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ForgottenReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FORGOTTEN_REASON_UNSPECIFIED: _ClassVar[ForgottenReason]
    FORGOTTEN_REASON_EXPIRED: _ClassVar[ForgottenReason]
    FORGOTTEN_REASON_RESTORED: _ClassVar[ForgottenReason]
FORGOTTEN_REASON_UNSPECIFIED: ForgottenReason
FORGOTTEN_REASON_EXPIRED: ForgottenReason
FORGOTTEN_REASON_RESTORED: ForgottenReason

class MemoriesRetained(_message.Message):
    __slots__ = ("namespace", "memories", "vectors", "dimension", "model_id", "retain_time", "sealed")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    MEMORIES_FIELD_NUMBER: _ClassVar[int]
    VECTORS_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    RETAIN_TIME_FIELD_NUMBER: _ClassVar[int]
    SEALED_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    memories: _containers.RepeatedCompositeFieldContainer[_memory_pb2.NewMemory]
    vectors: bytes
    dimension: int
    model_id: str
    retain_time: _timestamp_pb2.Timestamp
    sealed: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, namespace: _Optional[str] = ..., memories: _Optional[_Iterable[_Union[_memory_pb2.NewMemory, _Mapping]]] = ..., vectors: _Optional[bytes] = ..., dimension: _Optional[int] = ..., model_id: _Optional[str] = ..., retain_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sealed: _Optional[_Iterable[bytes]] = ...) -> None: ...

class MemoriesForgotten(_message.Message):
    __slots__ = ("namespace", "ids", "everything", "purge", "reason")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    EVERYTHING_FIELD_NUMBER: _ClassVar[int]
    PURGE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    ids: _containers.RepeatedScalarFieldContainer[str]
    everything: bool
    purge: bool
    reason: ForgottenReason
    def __init__(self, namespace: _Optional[str] = ..., ids: _Optional[_Iterable[str]] = ..., everything: _Optional[bool] = ..., purge: _Optional[bool] = ..., reason: _Optional[_Union[ForgottenReason, str]] = ...) -> None: ...
