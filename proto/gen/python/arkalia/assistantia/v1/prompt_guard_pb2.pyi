from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GuardLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GUARD_LEVEL_UNSPECIFIED: _ClassVar[GuardLevel]
    GUARD_LEVEL_LOW: _ClassVar[GuardLevel]
    GUARD_LEVEL_MEDIUM: _ClassVar[GuardLevel]
    GUARD_LEVEL_HIGH: _ClassVar[GuardLevel]
    GUARD_LEVEL_PARANOID: _ClassVar[GuardLevel]

class TextSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TEXT_SOURCE_UNSPECIFIED: _ClassVar[TextSource]
    TEXT_SOURCE_USER: _ClassVar[TextSource]
    TEXT_SOURCE_MEMORY: _ClassVar[TextSource]
    TEXT_SOURCE_TOOL: _ClassVar[TextSource]

class AttackCategory(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ATTACK_CATEGORY_UNSPECIFIED: _ClassVar[AttackCategory]
    ATTACK_CATEGORY_OVERRIDE: _ClassVar[AttackCategory]
    ATTACK_CATEGORY_ROLE_PLAY: _ClassVar[AttackCategory]
    ATTACK_CATEGORY_PROMPT_LEAK: _ClassVar[AttackCategory]
    ATTACK_CATEGORY_HIDDEN_MODE: _ClassVar[AttackCategory]
    ATTACK_CATEGORY_EXFILTRATION: _ClassVar[AttackCategory]
    ATTACK_CATEGORY_FAKE_SYSTEM: _ClassVar[AttackCategory]
    ATTACK_CATEGORY_OBFUSCATION: _ClassVar[AttackCategory]

class PiiKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PII_KIND_UNSPECIFIED: _ClassVar[PiiKind]
    PII_KIND_EMAIL: _ClassVar[PiiKind]
    PII_KIND_PHONE: _ClassVar[PiiKind]
    PII_KIND_IBAN: _ClassVar[PiiKind]
    PII_KIND_CARD: _ClassVar[PiiKind]
    PII_KIND_SECRET: _ClassVar[PiiKind]
    PII_KIND_IP_ADDRESS: _ClassVar[PiiKind]
GUARD_LEVEL_UNSPECIFIED: GuardLevel
GUARD_LEVEL_LOW: GuardLevel
GUARD_LEVEL_MEDIUM: GuardLevel
GUARD_LEVEL_HIGH: GuardLevel
GUARD_LEVEL_PARANOID: GuardLevel
TEXT_SOURCE_UNSPECIFIED: TextSource
TEXT_SOURCE_USER: TextSource
TEXT_SOURCE_MEMORY: TextSource
TEXT_SOURCE_TOOL: TextSource
ATTACK_CATEGORY_UNSPECIFIED: AttackCategory
ATTACK_CATEGORY_OVERRIDE: AttackCategory
ATTACK_CATEGORY_ROLE_PLAY: AttackCategory
ATTACK_CATEGORY_PROMPT_LEAK: AttackCategory
ATTACK_CATEGORY_HIDDEN_MODE: AttackCategory
ATTACK_CATEGORY_EXFILTRATION: AttackCategory
ATTACK_CATEGORY_FAKE_SYSTEM: AttackCategory
ATTACK_CATEGORY_OBFUSCATION: AttackCategory
PII_KIND_UNSPECIFIED: PiiKind
PII_KIND_EMAIL: PiiKind
PII_KIND_PHONE: PiiKind
PII_KIND_IBAN: PiiKind
PII_KIND_CARD: PiiKind
PII_KIND_SECRET: PiiKind
PII_KIND_IP_ADDRESS: PiiKind

class GuardRule(_message.Message):
    __slots__ = ("id", "category", "weight", "description")
    ID_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    id: str
    category: AttackCategory
    weight: float
    description: str
    def __init__(self, id: _Optional[str] = ..., category: _Optional[_Union[AttackCategory, str]] = ..., weight: _Optional[float] = ..., description: _Optional[str] = ...) -> None: ...

class GuardSpan(_message.Message):
    __slots__ = ("start", "end", "rule_id")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    rule_id: str
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ..., rule_id: _Optional[str] = ...) -> None: ...

class GuardVerdict(_message.Message):
    __slots__ = ("refused", "score", "threshold", "level", "category", "rule_ids", "spans", "rules_version")
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    RULE_IDS_FIELD_NUMBER: _ClassVar[int]
    SPANS_FIELD_NUMBER: _ClassVar[int]
    RULES_VERSION_FIELD_NUMBER: _ClassVar[int]
    refused: bool
    score: float
    threshold: float
    level: GuardLevel
    category: AttackCategory
    rule_ids: _containers.RepeatedScalarFieldContainer[str]
    spans: _containers.RepeatedCompositeFieldContainer[GuardSpan]
    rules_version: str
    def __init__(self, refused: _Optional[bool] = ..., score: _Optional[float] = ..., threshold: _Optional[float] = ..., level: _Optional[_Union[GuardLevel, str]] = ..., category: _Optional[_Union[AttackCategory, str]] = ..., rule_ids: _Optional[_Iterable[str]] = ..., spans: _Optional[_Iterable[_Union[GuardSpan, _Mapping]]] = ..., rules_version: _Optional[str] = ...) -> None: ...

class PiiSpan(_message.Message):
    __slots__ = ("start", "end", "kind")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    kind: PiiKind
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ..., kind: _Optional[_Union[PiiKind, str]] = ...) -> None: ...
