import datetime

from arkalia.assistantia.v1 import model_pb2 as _model_pb2
from arkalia.options.v1 import field_pb2 as _field_pb2
from arkalia.options.v1 import method_pb2 as _method_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PromptRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROMPT_ROLE_UNSPECIFIED: _ClassVar[PromptRole]
    PROMPT_ROLE_SYSTEM: _ClassVar[PromptRole]
    PROMPT_ROLE_USER: _ClassVar[PromptRole]
    PROMPT_ROLE_ASSISTANT: _ClassVar[PromptRole]
    PROMPT_ROLE_TOOL: _ClassVar[PromptRole]

class GenerateEnding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GENERATE_ENDING_UNSPECIFIED: _ClassVar[GenerateEnding]
    GENERATE_ENDING_STOP: _ClassVar[GenerateEnding]
    GENERATE_ENDING_LENGTH: _ClassVar[GenerateEnding]
    GENERATE_ENDING_TOOL_CALLS: _ClassVar[GenerateEnding]
PROMPT_ROLE_UNSPECIFIED: PromptRole
PROMPT_ROLE_SYSTEM: PromptRole
PROMPT_ROLE_USER: PromptRole
PROMPT_ROLE_ASSISTANT: PromptRole
PROMPT_ROLE_TOOL: PromptRole
GENERATE_ENDING_UNSPECIFIED: GenerateEnding
GENERATE_ENDING_STOP: GenerateEnding
GENERATE_ENDING_LENGTH: GenerateEnding
GENERATE_ENDING_TOOL_CALLS: GenerateEnding

class ListModelsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("models", "silent_servers")
    MODELS_FIELD_NUMBER: _ClassVar[int]
    SILENT_SERVERS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[_model_pb2.Model]
    silent_servers: _containers.RepeatedCompositeFieldContainer[SilentServer]
    def __init__(self, models: _Optional[_Iterable[_Union[_model_pb2.Model, _Mapping]]] = ..., silent_servers: _Optional[_Iterable[_Union[SilentServer, _Mapping]]] = ...) -> None: ...

class SilentServer(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class PullModelRequest(_message.Message):
    __slots__ = ("model",)
    MODEL_FIELD_NUMBER: _ClassVar[int]
    model: str
    def __init__(self, model: _Optional[str] = ...) -> None: ...

class PullModelResponse(_message.Message):
    __slots__ = ("status", "done_bytes", "total_bytes", "model")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DONE_BYTES_FIELD_NUMBER: _ClassVar[int]
    TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    status: str
    done_bytes: int
    total_bytes: int
    model: _model_pb2.Model
    def __init__(self, status: _Optional[str] = ..., done_bytes: _Optional[int] = ..., total_bytes: _Optional[int] = ..., model: _Optional[_Union[_model_pb2.Model, _Mapping]] = ...) -> None: ...

class LoadModelRequest(_message.Message):
    __slots__ = ("model",)
    MODEL_FIELD_NUMBER: _ClassVar[int]
    model: str
    def __init__(self, model: _Optional[str] = ...) -> None: ...

class LoadModelResponse(_message.Message):
    __slots__ = ("model",)
    MODEL_FIELD_NUMBER: _ClassVar[int]
    model: _model_pb2.Model
    def __init__(self, model: _Optional[_Union[_model_pb2.Model, _Mapping]] = ...) -> None: ...

class PromptMessage(_message.Message):
    __slots__ = ("role", "text", "tool_calls", "tool_call_id")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALLS_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    role: PromptRole
    text: str
    tool_calls: _containers.RepeatedCompositeFieldContainer[_model_pb2.ToolCall]
    tool_call_id: str
    def __init__(self, role: _Optional[_Union[PromptRole, str]] = ..., text: _Optional[str] = ..., tool_calls: _Optional[_Iterable[_Union[_model_pb2.ToolCall, _Mapping]]] = ..., tool_call_id: _Optional[str] = ...) -> None: ...

class GenerateRequest(_message.Message):
    __slots__ = ("messages", "tools", "sampling", "model")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    TOOLS_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[PromptMessage]
    tools: _containers.RepeatedCompositeFieldContainer[_model_pb2.Tool]
    sampling: _model_pb2.Sampling
    model: str
    def __init__(self, messages: _Optional[_Iterable[_Union[PromptMessage, _Mapping]]] = ..., tools: _Optional[_Iterable[_Union[_model_pb2.Tool, _Mapping]]] = ..., sampling: _Optional[_Union[_model_pb2.Sampling, _Mapping]] = ..., model: _Optional[str] = ...) -> None: ...

class GenerateBegun(_message.Message):
    __slots__ = ("model", "passed_over")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PASSED_OVER_FIELD_NUMBER: _ClassVar[int]
    model: str
    passed_over: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, model: _Optional[str] = ..., passed_over: _Optional[_Iterable[str]] = ...) -> None: ...

class GenerateDone(_message.Message):
    __slots__ = ("ending", "prompt_tokens", "answer_tokens", "time_to_first_token", "tokens_per_second")
    ENDING_FIELD_NUMBER: _ClassVar[int]
    PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    ANSWER_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TIME_TO_FIRST_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOKENS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    ending: GenerateEnding
    prompt_tokens: int
    answer_tokens: int
    time_to_first_token: _duration_pb2.Duration
    tokens_per_second: float
    def __init__(self, ending: _Optional[_Union[GenerateEnding, str]] = ..., prompt_tokens: _Optional[int] = ..., answer_tokens: _Optional[int] = ..., time_to_first_token: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., tokens_per_second: _Optional[float] = ...) -> None: ...

class GenerateResponse(_message.Message):
    __slots__ = ("begun", "delta", "tool_call", "done")
    BEGUN_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALL_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    begun: GenerateBegun
    delta: str
    tool_call: _model_pb2.ToolCall
    done: GenerateDone
    def __init__(self, begun: _Optional[_Union[GenerateBegun, _Mapping]] = ..., delta: _Optional[str] = ..., tool_call: _Optional[_Union[_model_pb2.ToolCall, _Mapping]] = ..., done: _Optional[_Union[GenerateDone, _Mapping]] = ...) -> None: ...
