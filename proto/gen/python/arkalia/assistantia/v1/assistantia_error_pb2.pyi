from arkalia.options.v1 import error_pb2 as _error_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class AssistantiaErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ASSISTANTIA_ERROR_REASON_UNSPECIFIED: _ClassVar[AssistantiaErrorReason]
    ASSISTANTIA_ERROR_REASON_BATCH_TOO_LONG: _ClassVar[AssistantiaErrorReason]
    ASSISTANTIA_ERROR_REASON_PROMPT_REFUSED: _ClassVar[AssistantiaErrorReason]
    ASSISTANTIA_ERROR_REASON_CONVERSATION_UNKNOWN: _ClassVar[AssistantiaErrorReason]
    ASSISTANTIA_ERROR_REASON_PAGE_TOKEN: _ClassVar[AssistantiaErrorReason]
ASSISTANTIA_ERROR_REASON_UNSPECIFIED: AssistantiaErrorReason
ASSISTANTIA_ERROR_REASON_BATCH_TOO_LONG: AssistantiaErrorReason
ASSISTANTIA_ERROR_REASON_PROMPT_REFUSED: AssistantiaErrorReason
ASSISTANTIA_ERROR_REASON_CONVERSATION_UNKNOWN: AssistantiaErrorReason
ASSISTANTIA_ERROR_REASON_PAGE_TOKEN: AssistantiaErrorReason
