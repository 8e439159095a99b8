import datetime

from arkalia.memory.v1 import memory_pb2 as _memory_pb2
from arkalia.options.v1 import method_pb2 as _method_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReflectRung(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REFLECT_RUNG_UNSPECIFIED: _ClassVar[ReflectRung]
    REFLECT_RUNG_MODEL: _ClassVar[ReflectRung]
    REFLECT_RUNG_EXTRACTIVE: _ClassVar[ReflectRung]
    REFLECT_RUNG_NOTHING: _ClassVar[ReflectRung]
REFLECT_RUNG_UNSPECIFIED: ReflectRung
REFLECT_RUNG_MODEL: ReflectRung
REFLECT_RUNG_EXTRACTIVE: ReflectRung
REFLECT_RUNG_NOTHING: ReflectRung

class RetainRequest(_message.Message):
    __slots__ = ("namespace", "memory", "visible", "similar_max")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    VISIBLE_FIELD_NUMBER: _ClassVar[int]
    SIMILAR_MAX_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    memory: _memory_pb2.NewMemory
    visible: bool
    similar_max: int
    def __init__(self, namespace: _Optional[str] = ..., memory: _Optional[_Union[_memory_pb2.NewMemory, _Mapping]] = ..., visible: _Optional[bool] = ..., similar_max: _Optional[int] = ...) -> None: ...

class RetainResponse(_message.Message):
    __slots__ = ("id", "event_id", "position", "duplicate", "visible", "similar")
    ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    VISIBLE_FIELD_NUMBER: _ClassVar[int]
    SIMILAR_FIELD_NUMBER: _ClassVar[int]
    id: str
    event_id: str
    position: int
    duplicate: bool
    visible: bool
    similar: _containers.RepeatedCompositeFieldContainer[_memory_pb2.SimilarMemory]
    def __init__(self, id: _Optional[str] = ..., event_id: _Optional[str] = ..., position: _Optional[int] = ..., duplicate: _Optional[bool] = ..., visible: _Optional[bool] = ..., similar: _Optional[_Iterable[_Union[_memory_pb2.SimilarMemory, _Mapping]]] = ...) -> None: ...

class RetainManyRequest(_message.Message):
    __slots__ = ("namespace", "memories", "vectors", "visible")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    MEMORIES_FIELD_NUMBER: _ClassVar[int]
    VECTORS_FIELD_NUMBER: _ClassVar[int]
    VISIBLE_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    memories: _containers.RepeatedCompositeFieldContainer[_memory_pb2.NewMemory]
    vectors: bytes
    visible: bool
    def __init__(self, namespace: _Optional[str] = ..., memories: _Optional[_Iterable[_Union[_memory_pb2.NewMemory, _Mapping]]] = ..., vectors: _Optional[bytes] = ..., visible: _Optional[bool] = ...) -> None: ...

class RetainManyResponse(_message.Message):
    __slots__ = ("retained_count", "duplicate_count", "event_id", "position", "visible")
    RETAINED_COUNT_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_COUNT_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    VISIBLE_FIELD_NUMBER: _ClassVar[int]
    retained_count: int
    duplicate_count: int
    event_id: str
    position: int
    visible: bool
    def __init__(self, retained_count: _Optional[int] = ..., duplicate_count: _Optional[int] = ..., event_id: _Optional[str] = ..., position: _Optional[int] = ..., visible: _Optional[bool] = ...) -> None: ...

class RecallRequest(_message.Message):
    __slots__ = ("namespace", "text", "vector", "limit", "mode", "filter", "score_min", "similarity_min", "recency_weight", "importance_weight", "as_of")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    SCORE_MIN_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_MIN_FIELD_NUMBER: _ClassVar[int]
    RECENCY_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    IMPORTANCE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    text: str
    vector: bytes
    limit: int
    mode: _memory_pb2.RecallMode
    filter: _memory_pb2.MemoryFilter
    score_min: float
    similarity_min: float
    recency_weight: float
    importance_weight: float
    as_of: _memory_pb2.RecallMoment
    def __init__(self, namespace: _Optional[str] = ..., text: _Optional[str] = ..., vector: _Optional[bytes] = ..., limit: _Optional[int] = ..., mode: _Optional[_Union[_memory_pb2.RecallMode, str]] = ..., filter: _Optional[_Union[_memory_pb2.MemoryFilter, _Mapping]] = ..., score_min: _Optional[float] = ..., similarity_min: _Optional[float] = ..., recency_weight: _Optional[float] = ..., importance_weight: _Optional[float] = ..., as_of: _Optional[_Union[_memory_pb2.RecallMoment, _Mapping]] = ...) -> None: ...

class RecallResponse(_message.Message):
    __slots__ = ("memories", "rung", "version", "position")
    MEMORIES_FIELD_NUMBER: _ClassVar[int]
    RUNG_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    memories: _containers.RepeatedCompositeFieldContainer[_memory_pb2.RecalledMemory]
    rung: _memory_pb2.Rung
    version: int
    position: int
    def __init__(self, memories: _Optional[_Iterable[_Union[_memory_pb2.RecalledMemory, _Mapping]]] = ..., rung: _Optional[_Union[_memory_pb2.Rung, str]] = ..., version: _Optional[int] = ..., position: _Optional[int] = ...) -> None: ...

class ReflectRequest(_message.Message):
    __slots__ = ("namespace", "text", "limit", "filter", "model")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    text: str
    limit: int
    filter: _memory_pb2.MemoryFilter
    model: str
    def __init__(self, namespace: _Optional[str] = ..., text: _Optional[str] = ..., limit: _Optional[int] = ..., filter: _Optional[_Union[_memory_pb2.MemoryFilter, _Mapping]] = ..., model: _Optional[str] = ...) -> None: ...

class ReflectBegun(_message.Message):
    __slots__ = ("memories", "rung")
    MEMORIES_FIELD_NUMBER: _ClassVar[int]
    RUNG_FIELD_NUMBER: _ClassVar[int]
    memories: _containers.RepeatedCompositeFieldContainer[_memory_pb2.RecalledMemory]
    rung: _memory_pb2.Rung
    def __init__(self, memories: _Optional[_Iterable[_Union[_memory_pb2.RecalledMemory, _Mapping]]] = ..., rung: _Optional[_Union[_memory_pb2.Rung, str]] = ...) -> None: ...

class ReflectDone(_message.Message):
    __slots__ = ("rung", "model", "cited_numbers", "notes")
    RUNG_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CITED_NUMBERS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    rung: ReflectRung
    model: str
    cited_numbers: _containers.RepeatedScalarFieldContainer[int]
    notes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, rung: _Optional[_Union[ReflectRung, str]] = ..., model: _Optional[str] = ..., cited_numbers: _Optional[_Iterable[int]] = ..., notes: _Optional[_Iterable[str]] = ...) -> None: ...

class ReflectResponse(_message.Message):
    __slots__ = ("begun", "delta", "done")
    BEGUN_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    begun: ReflectBegun
    delta: str
    done: ReflectDone
    def __init__(self, begun: _Optional[_Union[ReflectBegun, _Mapping]] = ..., delta: _Optional[str] = ..., done: _Optional[_Union[ReflectDone, _Mapping]] = ...) -> None: ...

class GetMemoryRequest(_message.Message):
    __slots__ = ("namespace", "id")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    id: str
    def __init__(self, namespace: _Optional[str] = ..., id: _Optional[str] = ...) -> None: ...

class GetMemoryResponse(_message.Message):
    __slots__ = ("memory",)
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    memory: _memory_pb2.Memory
    def __init__(self, memory: _Optional[_Union[_memory_pb2.Memory, _Mapping]] = ...) -> None: ...

class ListMemoriesRequest(_message.Message):
    __slots__ = ("namespace", "filter", "page_size", "page_token")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    filter: _memory_pb2.MemoryFilter
    page_size: int
    page_token: str
    def __init__(self, namespace: _Optional[str] = ..., filter: _Optional[_Union[_memory_pb2.MemoryFilter, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListMemoriesResponse(_message.Message):
    __slots__ = ("memories", "next_page_token")
    MEMORIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    memories: _containers.RepeatedCompositeFieldContainer[_memory_pb2.Memory]
    next_page_token: str
    def __init__(self, memories: _Optional[_Iterable[_Union[_memory_pb2.Memory, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ForgetRequest(_message.Message):
    __slots__ = ("namespace", "ids", "everything", "purge")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    EVERYTHING_FIELD_NUMBER: _ClassVar[int]
    PURGE_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    ids: _containers.RepeatedScalarFieldContainer[str]
    everything: bool
    purge: bool
    def __init__(self, namespace: _Optional[str] = ..., ids: _Optional[_Iterable[str]] = ..., everything: _Optional[bool] = ..., purge: _Optional[bool] = ...) -> None: ...

class ForgetResponse(_message.Message):
    __slots__ = ("forgotten_count", "event_id")
    FORGOTTEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    forgotten_count: int
    event_id: str
    def __init__(self, forgotten_count: _Optional[int] = ..., event_id: _Optional[str] = ...) -> None: ...

class ListVersionsRequest(_message.Message):
    __slots__ = ("page_size",)
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    def __init__(self, page_size: _Optional[int] = ...) -> None: ...

class ListVersionsResponse(_message.Message):
    __slots__ = ("versions",)
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    versions: _containers.RepeatedCompositeFieldContainer[_memory_pb2.IndexVersion]
    def __init__(self, versions: _Optional[_Iterable[_Union[_memory_pb2.IndexVersion, _Mapping]]] = ...) -> None: ...

class TagVersionRequest(_message.Message):
    __slots__ = ("tag",)
    TAG_FIELD_NUMBER: _ClassVar[int]
    tag: str
    def __init__(self, tag: _Optional[str] = ...) -> None: ...

class TagVersionResponse(_message.Message):
    __slots__ = ("version",)
    VERSION_FIELD_NUMBER: _ClassVar[int]
    version: _memory_pb2.IndexVersion
    def __init__(self, version: _Optional[_Union[_memory_pb2.IndexVersion, _Mapping]] = ...) -> None: ...

class RestoreVersionRequest(_message.Message):
    __slots__ = ("namespace", "as_of", "dry_run", "missing_only")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    MISSING_ONLY_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    as_of: _memory_pb2.RecallMoment
    dry_run: bool
    missing_only: bool
    def __init__(self, namespace: _Optional[str] = ..., as_of: _Optional[_Union[_memory_pb2.RecallMoment, _Mapping]] = ..., dry_run: _Optional[bool] = ..., missing_only: _Optional[bool] = ...) -> None: ...

class RestoreVersionResponse(_message.Message):
    __slots__ = ("version", "previous_version", "forgotten_count", "forget_total", "retained_count", "retain_total", "done")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_VERSION_FIELD_NUMBER: _ClassVar[int]
    FORGOTTEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    FORGET_TOTAL_FIELD_NUMBER: _ClassVar[int]
    RETAINED_COUNT_FIELD_NUMBER: _ClassVar[int]
    RETAIN_TOTAL_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    version: int
    previous_version: int
    forgotten_count: int
    forget_total: int
    retained_count: int
    retain_total: int
    done: bool
    def __init__(self, version: _Optional[int] = ..., previous_version: _Optional[int] = ..., forgotten_count: _Optional[int] = ..., forget_total: _Optional[int] = ..., retained_count: _Optional[int] = ..., retain_total: _Optional[int] = ..., done: _Optional[bool] = ...) -> None: ...

class ReindexRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReindexResponse(_message.Message):
    __slots__ = ("position", "head", "memory_count", "done")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    MEMORY_COUNT_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    position: int
    head: int
    memory_count: int
    done: bool
    def __init__(self, position: _Optional[int] = ..., head: _Optional[int] = ..., memory_count: _Optional[int] = ..., done: _Optional[bool] = ...) -> None: ...

class GetStatsRequest(_message.Message):
    __slots__ = ("namespace",)
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    def __init__(self, namespace: _Optional[str] = ...) -> None: ...

class GetStatsResponse(_message.Message):
    __slots__ = ("memory_count", "row_count", "unindexed_count", "vector_index", "version_count", "size_bytes", "model_id", "dimension", "position", "reindexing", "time")
    MEMORY_COUNT_FIELD_NUMBER: _ClassVar[int]
    ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNINDEXED_COUNT_FIELD_NUMBER: _ClassVar[int]
    VECTOR_INDEX_FIELD_NUMBER: _ClassVar[int]
    VERSION_COUNT_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    REINDEXING_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    memory_count: int
    row_count: int
    unindexed_count: int
    vector_index: str
    version_count: int
    size_bytes: int
    model_id: str
    dimension: int
    position: int
    reindexing: bool
    time: _timestamp_pb2.Timestamp
    def __init__(self, memory_count: _Optional[int] = ..., row_count: _Optional[int] = ..., unindexed_count: _Optional[int] = ..., vector_index: _Optional[str] = ..., version_count: _Optional[int] = ..., size_bytes: _Optional[int] = ..., model_id: _Optional[str] = ..., dimension: _Optional[int] = ..., position: _Optional[int] = ..., reindexing: _Optional[bool] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
