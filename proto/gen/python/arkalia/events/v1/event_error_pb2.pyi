from arkalia.options.v1 import error_pb2 as _error_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class EventErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVENT_ERROR_REASON_UNSPECIFIED: _ClassVar[EventErrorReason]
    EVENT_ERROR_REASON_VERSION_CONFLICT: _ClassVar[EventErrorReason]
    EVENT_ERROR_REASON_EVENT_ID_REUSED: _ClassVar[EventErrorReason]
    EVENT_ERROR_REASON_ALREADY_PROCESSED: _ClassVar[EventErrorReason]
    EVENT_ERROR_REASON_CONSUMER_UNKNOWN: _ClassVar[EventErrorReason]
    EVENT_ERROR_REASON_LOG_FULL: _ClassVar[EventErrorReason]
    EVENT_ERROR_REASON_LOG_READ_ONLY: _ClassVar[EventErrorReason]
    EVENT_ERROR_REASON_RESUME_TOKEN: _ClassVar[EventErrorReason]
    EVENT_ERROR_REASON_EVENT_UNKNOWN: _ClassVar[EventErrorReason]
    EVENT_ERROR_REASON_PAYLOAD: _ClassVar[EventErrorReason]
    EVENT_ERROR_REASON_CONSUME_PROTOCOL: _ClassVar[EventErrorReason]
    EVENT_ERROR_REASON_PAGE_TOKEN: _ClassVar[EventErrorReason]
    EVENT_ERROR_REASON_ETAG: _ClassVar[EventErrorReason]
    EVENT_ERROR_REASON_LEAF_HASH: _ClassVar[EventErrorReason]
EVENT_ERROR_REASON_UNSPECIFIED: EventErrorReason
EVENT_ERROR_REASON_VERSION_CONFLICT: EventErrorReason
EVENT_ERROR_REASON_EVENT_ID_REUSED: EventErrorReason
EVENT_ERROR_REASON_ALREADY_PROCESSED: EventErrorReason
EVENT_ERROR_REASON_CONSUMER_UNKNOWN: EventErrorReason
EVENT_ERROR_REASON_LOG_FULL: EventErrorReason
EVENT_ERROR_REASON_LOG_READ_ONLY: EventErrorReason
EVENT_ERROR_REASON_RESUME_TOKEN: EventErrorReason
EVENT_ERROR_REASON_EVENT_UNKNOWN: EventErrorReason
EVENT_ERROR_REASON_PAYLOAD: EventErrorReason
EVENT_ERROR_REASON_CONSUME_PROTOCOL: EventErrorReason
EVENT_ERROR_REASON_PAGE_TOKEN: EventErrorReason
EVENT_ERROR_REASON_ETAG: EventErrorReason
EVENT_ERROR_REASON_LEAF_HASH: EventErrorReason
