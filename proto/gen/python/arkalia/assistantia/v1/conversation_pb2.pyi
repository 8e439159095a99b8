import datetime

from arkalia.assistantia.v1 import model_pb2 as _model_pb2
from arkalia.options.v1 import field_pb2 as _field_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AnswerRung(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ANSWER_RUNG_UNSPECIFIED: _ClassVar[AnswerRung]
    ANSWER_RUNG_EXTRACTIVE: _ClassVar[AnswerRung]
    ANSWER_RUNG_REFUSAL: _ClassVar[AnswerRung]
    ANSWER_RUNG_MODEL: _ClassVar[AnswerRung]
    ANSWER_RUNG_SMALLER_MODEL: _ClassVar[AnswerRung]

class AnswerEnding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ANSWER_ENDING_UNSPECIFIED: _ClassVar[AnswerEnding]
    ANSWER_ENDING_STOP: _ClassVar[AnswerEnding]
    ANSWER_ENDING_LENGTH: _ClassVar[AnswerEnding]
    ANSWER_ENDING_TOOL_CALLS: _ClassVar[AnswerEnding]
    ANSWER_ENDING_INTERRUPTED: _ClassVar[AnswerEnding]

class Speaker(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SPEAKER_UNSPECIFIED: _ClassVar[Speaker]
    SPEAKER_USER: _ClassVar[Speaker]
    SPEAKER_ASSISTANT: _ClassVar[Speaker]
    SPEAKER_TOOL: _ClassVar[Speaker]
ANSWER_RUNG_UNSPECIFIED: AnswerRung
ANSWER_RUNG_EXTRACTIVE: AnswerRung
ANSWER_RUNG_REFUSAL: AnswerRung
ANSWER_RUNG_MODEL: AnswerRung
ANSWER_RUNG_SMALLER_MODEL: AnswerRung
ANSWER_ENDING_UNSPECIFIED: AnswerEnding
ANSWER_ENDING_STOP: AnswerEnding
ANSWER_ENDING_LENGTH: AnswerEnding
ANSWER_ENDING_TOOL_CALLS: AnswerEnding
ANSWER_ENDING_INTERRUPTED: AnswerEnding
SPEAKER_UNSPECIFIED: Speaker
SPEAKER_USER: Speaker
SPEAKER_ASSISTANT: Speaker
SPEAKER_TOOL: Speaker

class Citation(_message.Message):
    __slots__ = ("number", "memory_id", "event_id", "text")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    MEMORY_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    number: int
    memory_id: str
    event_id: str
    text: str
    def __init__(self, number: _Optional[int] = ..., memory_id: _Optional[str] = ..., event_id: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class Usage(_message.Message):
    __slots__ = ("time_to_first_token", "recall_time", "prompt_tokens", "answer_tokens", "tokens_per_second", "estimated")
    TIME_TO_FIRST_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RECALL_TIME_FIELD_NUMBER: _ClassVar[int]
    PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    ANSWER_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TOKENS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FIELD_NUMBER: _ClassVar[int]
    time_to_first_token: _duration_pb2.Duration
    recall_time: _duration_pb2.Duration
    prompt_tokens: int
    answer_tokens: int
    tokens_per_second: float
    estimated: bool
    def __init__(self, time_to_first_token: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., recall_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., prompt_tokens: _Optional[int] = ..., answer_tokens: _Optional[int] = ..., tokens_per_second: _Optional[float] = ..., estimated: _Optional[bool] = ...) -> None: ...

class Turn(_message.Message):
    __slots__ = ("turn_id", "speaker", "text", "create_time", "citations", "rung", "notes", "broke_off", "model", "tool_calls", "tool_results")
    TURN_ID_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    CITATIONS_FIELD_NUMBER: _ClassVar[int]
    RUNG_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    BROKE_OFF_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALLS_FIELD_NUMBER: _ClassVar[int]
    TOOL_RESULTS_FIELD_NUMBER: _ClassVar[int]
    turn_id: str
    speaker: Speaker
    text: str
    create_time: _timestamp_pb2.Timestamp
    citations: _containers.RepeatedCompositeFieldContainer[Citation]
    rung: AnswerRung
    notes: _containers.RepeatedScalarFieldContainer[str]
    broke_off: str
    model: str
    tool_calls: _containers.RepeatedCompositeFieldContainer[_model_pb2.ToolCall]
    tool_results: _containers.RepeatedCompositeFieldContainer[_model_pb2.ToolResult]
    def __init__(self, turn_id: _Optional[str] = ..., speaker: _Optional[_Union[Speaker, str]] = ..., text: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., citations: _Optional[_Iterable[_Union[Citation, _Mapping]]] = ..., rung: _Optional[_Union[AnswerRung, str]] = ..., notes: _Optional[_Iterable[str]] = ..., broke_off: _Optional[str] = ..., model: _Optional[str] = ..., tool_calls: _Optional[_Iterable[_Union[_model_pb2.ToolCall, _Mapping]]] = ..., tool_results: _Optional[_Iterable[_Union[_model_pb2.ToolResult, _Mapping]]] = ...) -> None: ...

class Conversation(_message.Message):
    __slots__ = ("conversation_id", "title", "namespace", "create_time")
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    title: str
    namespace: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, conversation_id: _Optional[str] = ..., title: _Optional[str] = ..., namespace: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
