from arkalia.assistantia.v1 import conversation_pb2 as _conversation_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ConversationStarted(_message.Message):
    __slots__ = ("conversation", "subject")
    CONVERSATION_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    conversation: _conversation_pb2.Conversation
    subject: str
    def __init__(self, conversation: _Optional[_Union[_conversation_pb2.Conversation, _Mapping]] = ..., subject: _Optional[str] = ...) -> None: ...

class TurnTaken(_message.Message):
    __slots__ = ("conversation_id", "turn", "usage", "subject")
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    TURN_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    turn: _conversation_pb2.Turn
    usage: _conversation_pb2.Usage
    subject: str
    def __init__(self, conversation_id: _Optional[str] = ..., turn: _Optional[_Union[_conversation_pb2.Turn, _Mapping]] = ..., usage: _Optional[_Union[_conversation_pb2.Usage, _Mapping]] = ..., subject: _Optional[str] = ...) -> None: ...

class ConversationDeleted(_message.Message):
    __slots__ = ("conversation_id",)
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    def __init__(self, conversation_id: _Optional[str] = ...) -> None: ...
