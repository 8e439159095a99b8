import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RecallMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECALL_MODE_UNSPECIFIED: _ClassVar[RecallMode]
    RECALL_MODE_HYBRID: _ClassVar[RecallMode]
    RECALL_MODE_MEANING: _ClassVar[RecallMode]
    RECALL_MODE_WORDS: _ClassVar[RecallMode]

class Rung(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RUNG_UNSPECIFIED: _ClassVar[Rung]
    RUNG_INDEXED: _ClassVar[Rung]
    RUNG_FLAT: _ClassVar[Rung]
    RUNG_FULL_TEXT: _ClassVar[Rung]
    RUNG_CACHE: _ClassVar[Rung]
RECALL_MODE_UNSPECIFIED: RecallMode
RECALL_MODE_HYBRID: RecallMode
RECALL_MODE_MEANING: RecallMode
RECALL_MODE_WORDS: RecallMode
RUNG_UNSPECIFIED: Rung
RUNG_INDEXED: Rung
RUNG_FLAT: Rung
RUNG_FULL_TEXT: Rung
RUNG_CACHE: Rung

class Attribute(_message.Message):
    __slots__ = ("key", "value")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    key: str
    value: str
    def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class NewMemory(_message.Message):
    __slots__ = ("id", "text", "collection", "importance", "expire_time", "attributes", "supersedes")
    ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    IMPORTANCE_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    SUPERSEDES_FIELD_NUMBER: _ClassVar[int]
    id: str
    text: str
    collection: str
    importance: float
    expire_time: _timestamp_pb2.Timestamp
    attributes: _containers.RepeatedCompositeFieldContainer[Attribute]
    supersedes: str
    def __init__(self, id: _Optional[str] = ..., text: _Optional[str] = ..., collection: _Optional[str] = ..., importance: _Optional[float] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., attributes: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ..., supersedes: _Optional[str] = ...) -> None: ...

class Memory(_message.Message):
    __slots__ = ("id", "namespace", "text", "collection", "importance", "retain_time", "expire_time", "attributes", "supersedes", "superseded_by", "event_id", "position")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    IMPORTANCE_FIELD_NUMBER: _ClassVar[int]
    RETAIN_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    SUPERSEDES_FIELD_NUMBER: _ClassVar[int]
    SUPERSEDED_BY_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    id: str
    namespace: str
    text: str
    collection: str
    importance: float
    retain_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    attributes: _containers.RepeatedCompositeFieldContainer[Attribute]
    supersedes: str
    superseded_by: str
    event_id: str
    position: int
    def __init__(self, id: _Optional[str] = ..., namespace: _Optional[str] = ..., text: _Optional[str] = ..., collection: _Optional[str] = ..., importance: _Optional[float] = ..., retain_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., attributes: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ..., supersedes: _Optional[str] = ..., superseded_by: _Optional[str] = ..., event_id: _Optional[str] = ..., position: _Optional[int] = ...) -> None: ...

class AttributeFilter(_message.Message):
    __slots__ = ("key", "values")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    key: str
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, key: _Optional[str] = ..., values: _Optional[_Iterable[str]] = ...) -> None: ...

class MemoryFilter(_message.Message):
    __slots__ = ("collection", "attributes", "start_time", "end_time", "importance_min", "include_superseded")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    IMPORTANCE_MIN_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_SUPERSEDED_FIELD_NUMBER: _ClassVar[int]
    collection: str
    attributes: _containers.RepeatedCompositeFieldContainer[AttributeFilter]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    importance_min: float
    include_superseded: bool
    def __init__(self, collection: _Optional[str] = ..., attributes: _Optional[_Iterable[_Union[AttributeFilter, _Mapping]]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., importance_min: _Optional[float] = ..., include_superseded: _Optional[bool] = ...) -> None: ...

class RecallMoment(_message.Message):
    __slots__ = ("time", "version", "tag")
    TIME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    time: _timestamp_pb2.Timestamp
    version: int
    tag: str
    def __init__(self, time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., version: _Optional[int] = ..., tag: _Optional[str] = ...) -> None: ...

class ScoreParts(_message.Message):
    __slots__ = ("total", "rank", "recency", "importance", "similarity", "words", "similarity_rank", "words_rank")
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    RECENCY_FIELD_NUMBER: _ClassVar[int]
    IMPORTANCE_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_RANK_FIELD_NUMBER: _ClassVar[int]
    WORDS_RANK_FIELD_NUMBER: _ClassVar[int]
    total: float
    rank: float
    recency: float
    importance: float
    similarity: float
    words: float
    similarity_rank: int
    words_rank: int
    def __init__(self, total: _Optional[float] = ..., rank: _Optional[float] = ..., recency: _Optional[float] = ..., importance: _Optional[float] = ..., similarity: _Optional[float] = ..., words: _Optional[float] = ..., similarity_rank: _Optional[int] = ..., words_rank: _Optional[int] = ...) -> None: ...

class RecalledMemory(_message.Message):
    __slots__ = ("memory", "score")
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    memory: Memory
    score: ScoreParts
    def __init__(self, memory: _Optional[_Union[Memory, _Mapping]] = ..., score: _Optional[_Union[ScoreParts, _Mapping]] = ...) -> None: ...

class SimilarMemory(_message.Message):
    __slots__ = ("memory", "similarity")
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    memory: Memory
    similarity: float
    def __init__(self, memory: _Optional[_Union[Memory, _Mapping]] = ..., similarity: _Optional[float] = ...) -> None: ...

class IndexVersion(_message.Message):
    __slots__ = ("number", "create_time", "tags")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    number: int
    create_time: _timestamp_pb2.Timestamp
    tags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, number: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., tags: _Optional[_Iterable[str]] = ...) -> None: ...
