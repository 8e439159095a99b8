from arkalia.options.v1 import error_pb2 as _error_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class MemoryErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEMORY_ERROR_REASON_UNSPECIFIED: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_UNKNOWN: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_ID_TAKEN: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_TEXT: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_VECTORS: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_BATCH_TOO_LARGE: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_EMBEDDER: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_INDEX: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_INDEX_MISMATCH: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_INDEX_FULL: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_VERSION_UNKNOWN: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_TAG_TAKEN: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_PAGE_TOKEN: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_QUESTION: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_REINDEXING: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_FORGET_WHAT: _ClassVar[MemoryErrorReason]
    MEMORY_ERROR_REASON_KEYS: _ClassVar[MemoryErrorReason]
MEMORY_ERROR_REASON_UNSPECIFIED: MemoryErrorReason
MEMORY_ERROR_REASON_UNKNOWN: MemoryErrorReason
MEMORY_ERROR_REASON_ID_TAKEN: MemoryErrorReason
MEMORY_ERROR_REASON_TEXT: MemoryErrorReason
MEMORY_ERROR_REASON_VECTORS: MemoryErrorReason
MEMORY_ERROR_REASON_BATCH_TOO_LARGE: MemoryErrorReason
MEMORY_ERROR_REASON_EMBEDDER: MemoryErrorReason
MEMORY_ERROR_REASON_INDEX: MemoryErrorReason
MEMORY_ERROR_REASON_INDEX_MISMATCH: MemoryErrorReason
MEMORY_ERROR_REASON_INDEX_FULL: MemoryErrorReason
MEMORY_ERROR_REASON_VERSION_UNKNOWN: MemoryErrorReason
MEMORY_ERROR_REASON_TAG_TAKEN: MemoryErrorReason
MEMORY_ERROR_REASON_PAGE_TOKEN: MemoryErrorReason
MEMORY_ERROR_REASON_QUESTION: MemoryErrorReason
MEMORY_ERROR_REASON_REINDEXING: MemoryErrorReason
MEMORY_ERROR_REASON_FORGET_WHAT: MemoryErrorReason
MEMORY_ERROR_REASON_KEYS: MemoryErrorReason
