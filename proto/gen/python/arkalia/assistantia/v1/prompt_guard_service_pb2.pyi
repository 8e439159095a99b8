from arkalia.assistantia.v1 import prompt_guard_pb2 as _prompt_guard_pb2
from arkalia.options.v1 import field_pb2 as _field_pb2
from arkalia.options.v1 import method_pb2 as _method_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CheckPromptRequest(_message.Message):
    __slots__ = ("text", "level", "source")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    text: str
    level: _prompt_guard_pb2.GuardLevel
    source: _prompt_guard_pb2.TextSource
    def __init__(self, text: _Optional[str] = ..., level: _Optional[_Union[_prompt_guard_pb2.GuardLevel, str]] = ..., source: _Optional[_Union[_prompt_guard_pb2.TextSource, str]] = ...) -> None: ...

class CheckPromptResponse(_message.Message):
    __slots__ = ("verdict",)
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    verdict: _prompt_guard_pb2.GuardVerdict
    def __init__(self, verdict: _Optional[_Union[_prompt_guard_pb2.GuardVerdict, _Mapping]] = ...) -> None: ...

class CheckPromptsRequest(_message.Message):
    __slots__ = ("prompts",)
    PROMPTS_FIELD_NUMBER: _ClassVar[int]
    prompts: _containers.RepeatedCompositeFieldContainer[CheckPromptRequest]
    def __init__(self, prompts: _Optional[_Iterable[_Union[CheckPromptRequest, _Mapping]]] = ...) -> None: ...

class CheckPromptsResponse(_message.Message):
    __slots__ = ("verdicts",)
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    verdicts: _containers.RepeatedCompositeFieldContainer[_prompt_guard_pb2.GuardVerdict]
    def __init__(self, verdicts: _Optional[_Iterable[_Union[_prompt_guard_pb2.GuardVerdict, _Mapping]]] = ...) -> None: ...

class MaskTextRequest(_message.Message):
    __slots__ = ("text", "kinds")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    text: str
    kinds: _containers.RepeatedScalarFieldContainer[_prompt_guard_pb2.PiiKind]
    def __init__(self, text: _Optional[str] = ..., kinds: _Optional[_Iterable[_Union[_prompt_guard_pb2.PiiKind, str]]] = ...) -> None: ...

class MaskTextResponse(_message.Message):
    __slots__ = ("text", "spans")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SPANS_FIELD_NUMBER: _ClassVar[int]
    text: str
    spans: _containers.RepeatedCompositeFieldContainer[_prompt_guard_pb2.PiiSpan]
    def __init__(self, text: _Optional[str] = ..., spans: _Optional[_Iterable[_Union[_prompt_guard_pb2.PiiSpan, _Mapping]]] = ...) -> None: ...

class ListRulesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListRulesResponse(_message.Message):
    __slots__ = ("rules", "version")
    RULES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    rules: _containers.RepeatedCompositeFieldContainer[_prompt_guard_pb2.GuardRule]
    version: str
    def __init__(self, rules: _Optional[_Iterable[_Union[_prompt_guard_pb2.GuardRule, _Mapping]]] = ..., version: _Optional[str] = ...) -> None: ...
