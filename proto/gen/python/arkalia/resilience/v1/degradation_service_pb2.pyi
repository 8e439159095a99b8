import datetime

from arkalia.node.v1 import health_pb2 as _health_pb2
from arkalia.options.v1 import method_pb2 as _method_pb2
from arkalia.resilience.v1 import degradation_pb2 as _degradation_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetDegradationRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetDegradationResponse(_message.Message):
    __slots__ = ("degradation",)
    DEGRADATION_FIELD_NUMBER: _ClassVar[int]
    degradation: _degradation_pb2.Degradation
    def __init__(self, degradation: _Optional[_Union[_degradation_pb2.Degradation, _Mapping]] = ...) -> None: ...

class WatchDegradationRequest(_message.Message):
    __slots__ = ("resume_token",)
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    def __init__(self, resume_token: _Optional[str] = ...) -> None: ...

class WatchDegradationResponse(_message.Message):
    __slots__ = ("degradation", "resume_token")
    DEGRADATION_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    degradation: _degradation_pb2.Degradation
    resume_token: str
    def __init__(self, degradation: _Optional[_Union[_degradation_pb2.Degradation, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class SetDegradationRequest(_message.Message):
    __slots__ = ("level", "hold", "reason", "request_id", "at_least")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    level: _health_pb2.DegradationLevel
    hold: _duration_pb2.Duration
    reason: str
    request_id: str
    at_least: bool
    def __init__(self, level: _Optional[_Union[_health_pb2.DegradationLevel, str]] = ..., hold: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ..., at_least: _Optional[bool] = ...) -> None: ...

class SetDegradationResponse(_message.Message):
    __slots__ = ("degradation",)
    DEGRADATION_FIELD_NUMBER: _ClassVar[int]
    degradation: _degradation_pb2.Degradation
    def __init__(self, degradation: _Optional[_Union[_degradation_pb2.Degradation, _Mapping]] = ...) -> None: ...

class ReleaseDegradationRequest(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class ReleaseDegradationResponse(_message.Message):
    __slots__ = ("degradation",)
    DEGRADATION_FIELD_NUMBER: _ClassVar[int]
    degradation: _degradation_pb2.Degradation
    def __init__(self, degradation: _Optional[_Union[_degradation_pb2.Degradation, _Mapping]] = ...) -> None: ...

class GetDegradationPolicyRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetDegradationPolicyResponse(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: _degradation_pb2.DegradationPolicyRevision
    def __init__(self, revision: _Optional[_Union[_degradation_pb2.DegradationPolicyRevision, _Mapping]] = ...) -> None: ...

class UpdateDegradationPolicyRequest(_message.Message):
    __slots__ = ("policy", "etag", "reason", "dry_run")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    policy: _degradation_pb2.DegradationPolicy
    etag: str
    reason: str
    dry_run: bool
    def __init__(self, policy: _Optional[_Union[_degradation_pb2.DegradationPolicy, _Mapping]] = ..., etag: _Optional[str] = ..., reason: _Optional[str] = ..., dry_run: _Optional[bool] = ...) -> None: ...

class UpdateDegradationPolicyResponse(_message.Message):
    __slots__ = ("revision", "level")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    revision: _degradation_pb2.DegradationPolicyRevision
    level: _health_pb2.DegradationLevel
    def __init__(self, revision: _Optional[_Union[_degradation_pb2.DegradationPolicyRevision, _Mapping]] = ..., level: _Optional[_Union[_health_pb2.DegradationLevel, str]] = ...) -> None: ...
