import datetime

from arkalia.assistantia.v1 import conversation_pb2 as _conversation_pb2
from arkalia.assistantia.v1 import model_pb2 as _model_pb2
from arkalia.assistantia.v1 import prompt_guard_pb2 as _prompt_guard_pb2
from arkalia.options.v1 import field_pb2 as _field_pb2
from arkalia.options.v1 import method_pb2 as _method_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ChatRequest(_message.Message):
    __slots__ = ("message", "conversation_id", "namespace", "memories_max", "model", "sampling", "instructions", "unmasked", "tools", "tool_results")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    MEMORIES_MAX_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTIONS_FIELD_NUMBER: _ClassVar[int]
    UNMASKED_FIELD_NUMBER: _ClassVar[int]
    TOOLS_FIELD_NUMBER: _ClassVar[int]
    TOOL_RESULTS_FIELD_NUMBER: _ClassVar[int]
    message: str
    conversation_id: str
    namespace: str
    memories_max: int
    model: str
    sampling: _model_pb2.Sampling
    instructions: str
    unmasked: bool
    tools: _containers.RepeatedCompositeFieldContainer[_model_pb2.Tool]
    tool_results: _containers.RepeatedCompositeFieldContainer[_model_pb2.ToolResult]
    def __init__(self, message: _Optional[str] = ..., conversation_id: _Optional[str] = ..., namespace: _Optional[str] = ..., memories_max: _Optional[int] = ..., model: _Optional[str] = ..., sampling: _Optional[_Union[_model_pb2.Sampling, _Mapping]] = ..., instructions: _Optional[str] = ..., unmasked: _Optional[bool] = ..., tools: _Optional[_Iterable[_Union[_model_pb2.Tool, _Mapping]]] = ..., tool_results: _Optional[_Iterable[_Union[_model_pb2.ToolResult, _Mapping]]] = ...) -> None: ...

class ChatBegun(_message.Message):
    __slots__ = ("verdict", "conversation_id", "turn_id")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    TURN_ID_FIELD_NUMBER: _ClassVar[int]
    verdict: _prompt_guard_pb2.GuardVerdict
    conversation_id: str
    turn_id: str
    def __init__(self, verdict: _Optional[_Union[_prompt_guard_pb2.GuardVerdict, _Mapping]] = ..., conversation_id: _Optional[str] = ..., turn_id: _Optional[str] = ...) -> None: ...

class ChatDone(_message.Message):
    __slots__ = ("rung", "notes", "turn_id", "model", "ending")
    RUNG_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    TURN_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ENDING_FIELD_NUMBER: _ClassVar[int]
    rung: _conversation_pb2.AnswerRung
    notes: _containers.RepeatedScalarFieldContainer[str]
    turn_id: str
    model: str
    ending: _conversation_pb2.AnswerEnding
    def __init__(self, rung: _Optional[_Union[_conversation_pb2.AnswerRung, str]] = ..., notes: _Optional[_Iterable[str]] = ..., turn_id: _Optional[str] = ..., model: _Optional[str] = ..., ending: _Optional[_Union[_conversation_pb2.AnswerEnding, str]] = ...) -> None: ...

class ChatResponse(_message.Message):
    __slots__ = ("begun", "delta", "citation", "usage", "done", "tool_call")
    BEGUN_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    CITATION_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALL_FIELD_NUMBER: _ClassVar[int]
    begun: ChatBegun
    delta: str
    citation: _conversation_pb2.Citation
    usage: _conversation_pb2.Usage
    done: ChatDone
    tool_call: _model_pb2.ToolCall
    def __init__(self, begun: _Optional[_Union[ChatBegun, _Mapping]] = ..., delta: _Optional[str] = ..., citation: _Optional[_Union[_conversation_pb2.Citation, _Mapping]] = ..., usage: _Optional[_Union[_conversation_pb2.Usage, _Mapping]] = ..., done: _Optional[_Union[ChatDone, _Mapping]] = ..., tool_call: _Optional[_Union[_model_pb2.ToolCall, _Mapping]] = ...) -> None: ...

class ConverseInterrupt(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ConverseRequest(_message.Message):
    __slots__ = ("message", "tool_result", "interrupt")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TOOL_RESULT_FIELD_NUMBER: _ClassVar[int]
    INTERRUPT_FIELD_NUMBER: _ClassVar[int]
    message: ChatRequest
    tool_result: _model_pb2.ToolResult
    interrupt: ConverseInterrupt
    def __init__(self, message: _Optional[_Union[ChatRequest, _Mapping]] = ..., tool_result: _Optional[_Union[_model_pb2.ToolResult, _Mapping]] = ..., interrupt: _Optional[_Union[ConverseInterrupt, _Mapping]] = ...) -> None: ...

class ConverseResponse(_message.Message):
    __slots__ = ("part",)
    PART_FIELD_NUMBER: _ClassVar[int]
    part: ChatResponse
    def __init__(self, part: _Optional[_Union[ChatResponse, _Mapping]] = ...) -> None: ...

class GetBudgetRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetBudgetResponse(_message.Message):
    __slots__ = ("tokens_daily", "tokens_spent", "reset_time")
    TOKENS_DAILY_FIELD_NUMBER: _ClassVar[int]
    TOKENS_SPENT_FIELD_NUMBER: _ClassVar[int]
    RESET_TIME_FIELD_NUMBER: _ClassVar[int]
    tokens_daily: int
    tokens_spent: int
    reset_time: _timestamp_pb2.Timestamp
    def __init__(self, tokens_daily: _Optional[int] = ..., tokens_spent: _Optional[int] = ..., reset_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetConversationRequest(_message.Message):
    __slots__ = ("conversation_id", "page_size", "page_token")
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    page_size: int
    page_token: str
    def __init__(self, conversation_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class GetConversationResponse(_message.Message):
    __slots__ = ("conversation", "turns", "next_page_token")
    CONVERSATION_FIELD_NUMBER: _ClassVar[int]
    TURNS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    conversation: _conversation_pb2.Conversation
    turns: _containers.RepeatedCompositeFieldContainer[_conversation_pb2.Turn]
    next_page_token: str
    def __init__(self, conversation: _Optional[_Union[_conversation_pb2.Conversation, _Mapping]] = ..., turns: _Optional[_Iterable[_Union[_conversation_pb2.Turn, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListConversationsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListConversationsResponse(_message.Message):
    __slots__ = ("conversations", "next_page_token")
    CONVERSATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    conversations: _containers.RepeatedCompositeFieldContainer[_conversation_pb2.Conversation]
    next_page_token: str
    def __init__(self, conversations: _Optional[_Iterable[_Union[_conversation_pb2.Conversation, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteConversationRequest(_message.Message):
    __slots__ = ("conversation_id",)
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    def __init__(self, conversation_id: _Optional[str] = ...) -> None: ...

class DeleteConversationResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
