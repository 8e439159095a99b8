import datetime

from arkalia.options.v1 import method_pb2 as _method_pb2
from arkalia.resilience.v1 import circuit_breaker_pb2 as _circuit_breaker_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListCircuitBreakersRequest(_message.Message):
    __slots__ = ("selector", "state", "page_size", "page_token")
    SELECTOR_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    selector: _circuit_breaker_pb2.CircuitSelector
    state: _circuit_breaker_pb2.CircuitState
    page_size: int
    page_token: str
    def __init__(self, selector: _Optional[_Union[_circuit_breaker_pb2.CircuitSelector, _Mapping]] = ..., state: _Optional[_Union[_circuit_breaker_pb2.CircuitState, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCircuitBreakersResponse(_message.Message):
    __slots__ = ("circuit_breakers", "next_page_token")
    CIRCUIT_BREAKERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    circuit_breakers: _containers.RepeatedCompositeFieldContainer[_circuit_breaker_pb2.CircuitBreaker]
    next_page_token: str
    def __init__(self, circuit_breakers: _Optional[_Iterable[_Union[_circuit_breaker_pb2.CircuitBreaker, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchCircuitBreakersRequest(_message.Message):
    __slots__ = ("selector", "resume_token")
    SELECTOR_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    selector: _circuit_breaker_pb2.CircuitSelector
    resume_token: str
    def __init__(self, selector: _Optional[_Union[_circuit_breaker_pb2.CircuitSelector, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchCircuitBreakersResponse(_message.Message):
    __slots__ = ("circuit_breakers", "resume_token")
    CIRCUIT_BREAKERS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    circuit_breakers: _containers.RepeatedCompositeFieldContainer[_circuit_breaker_pb2.CircuitBreaker]
    resume_token: str
    def __init__(self, circuit_breakers: _Optional[_Iterable[_Union[_circuit_breaker_pb2.CircuitBreaker, _Mapping]]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class TripCircuitBreakerRequest(_message.Message):
    __slots__ = ("selector", "duration", "reason", "request_id")
    SELECTOR_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    selector: _circuit_breaker_pb2.CircuitSelector
    duration: _duration_pb2.Duration
    reason: str
    request_id: str
    def __init__(self, selector: _Optional[_Union[_circuit_breaker_pb2.CircuitSelector, _Mapping]] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class TripCircuitBreakerResponse(_message.Message):
    __slots__ = ("circuit_breakers",)
    CIRCUIT_BREAKERS_FIELD_NUMBER: _ClassVar[int]
    circuit_breakers: _containers.RepeatedCompositeFieldContainer[_circuit_breaker_pb2.CircuitBreaker]
    def __init__(self, circuit_breakers: _Optional[_Iterable[_Union[_circuit_breaker_pb2.CircuitBreaker, _Mapping]]] = ...) -> None: ...

class ResetCircuitBreakerRequest(_message.Message):
    __slots__ = ("selector", "reason", "request_id")
    SELECTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    selector: _circuit_breaker_pb2.CircuitSelector
    reason: str
    request_id: str
    def __init__(self, selector: _Optional[_Union[_circuit_breaker_pb2.CircuitSelector, _Mapping]] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ResetCircuitBreakerResponse(_message.Message):
    __slots__ = ("circuit_breakers",)
    CIRCUIT_BREAKERS_FIELD_NUMBER: _ClassVar[int]
    circuit_breakers: _containers.RepeatedCompositeFieldContainer[_circuit_breaker_pb2.CircuitBreaker]
    def __init__(self, circuit_breakers: _Optional[_Iterable[_Union[_circuit_breaker_pb2.CircuitBreaker, _Mapping]]] = ...) -> None: ...

class DisableCircuitBreakerRequest(_message.Message):
    __slots__ = ("selector", "reason", "request_id")
    SELECTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    selector: _circuit_breaker_pb2.CircuitSelector
    reason: str
    request_id: str
    def __init__(self, selector: _Optional[_Union[_circuit_breaker_pb2.CircuitSelector, _Mapping]] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DisableCircuitBreakerResponse(_message.Message):
    __slots__ = ("circuit_breakers",)
    CIRCUIT_BREAKERS_FIELD_NUMBER: _ClassVar[int]
    circuit_breakers: _containers.RepeatedCompositeFieldContainer[_circuit_breaker_pb2.CircuitBreaker]
    def __init__(self, circuit_breakers: _Optional[_Iterable[_Union[_circuit_breaker_pb2.CircuitBreaker, _Mapping]]] = ...) -> None: ...

class GetCircuitBreakerPolicyRequest(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    def __init__(self, revision: _Optional[int] = ...) -> None: ...

class GetCircuitBreakerPolicyResponse(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: _circuit_breaker_pb2.CircuitPolicyRevision
    def __init__(self, revision: _Optional[_Union[_circuit_breaker_pb2.CircuitPolicyRevision, _Mapping]] = ...) -> None: ...

class UpdateCircuitBreakerRequest(_message.Message):
    __slots__ = ("selector", "policy", "etag", "reason", "dry_run")
    SELECTOR_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    selector: _circuit_breaker_pb2.CircuitSelector
    policy: _circuit_breaker_pb2.CircuitBreakerPolicy
    etag: str
    reason: str
    dry_run: bool
    def __init__(self, selector: _Optional[_Union[_circuit_breaker_pb2.CircuitSelector, _Mapping]] = ..., policy: _Optional[_Union[_circuit_breaker_pb2.CircuitBreakerPolicy, _Mapping]] = ..., etag: _Optional[str] = ..., reason: _Optional[str] = ..., dry_run: _Optional[bool] = ...) -> None: ...

class UpdateCircuitBreakerResponse(_message.Message):
    __slots__ = ("revision", "affected", "opening")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    AFFECTED_FIELD_NUMBER: _ClassVar[int]
    OPENING_FIELD_NUMBER: _ClassVar[int]
    revision: _circuit_breaker_pb2.CircuitPolicyRevision
    affected: _containers.RepeatedScalarFieldContainer[str]
    opening: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, revision: _Optional[_Union[_circuit_breaker_pb2.CircuitPolicyRevision, _Mapping]] = ..., affected: _Optional[_Iterable[str]] = ..., opening: _Optional[_Iterable[str]] = ...) -> None: ...

class ListCircuitBreakerPolicyRevisionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCircuitBreakerPolicyRevisionsResponse(_message.Message):
    __slots__ = ("revisions", "next_page_token")
    REVISIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    revisions: _containers.RepeatedCompositeFieldContainer[_circuit_breaker_pb2.CircuitPolicyRevision]
    next_page_token: str
    def __init__(self, revisions: _Optional[_Iterable[_Union[_circuit_breaker_pb2.CircuitPolicyRevision, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ReportCircuitBreakersRequest(_message.Message):
    __slots__ = ("process", "report_time_ns", "circuit_breakers", "policy_revision", "limiter")
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    REPORT_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    CIRCUIT_BREAKERS_FIELD_NUMBER: _ClassVar[int]
    POLICY_REVISION_FIELD_NUMBER: _ClassVar[int]
    LIMITER_FIELD_NUMBER: _ClassVar[int]
    process: str
    report_time_ns: int
    circuit_breakers: _containers.RepeatedCompositeFieldContainer[_circuit_breaker_pb2.CircuitBreaker]
    policy_revision: int
    limiter: LimiterFigures
    def __init__(self, process: _Optional[str] = ..., report_time_ns: _Optional[int] = ..., circuit_breakers: _Optional[_Iterable[_Union[_circuit_breaker_pb2.CircuitBreaker, _Mapping]]] = ..., policy_revision: _Optional[int] = ..., limiter: _Optional[_Union[LimiterFigures, _Mapping]] = ...) -> None: ...

class LimiterFigures(_message.Message):
    __slots__ = ("limit", "in_flight", "queued", "admitted_calls", "shed_calls")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    IN_FLIGHT_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    ADMITTED_CALLS_FIELD_NUMBER: _ClassVar[int]
    SHED_CALLS_FIELD_NUMBER: _ClassVar[int]
    limit: int
    in_flight: int
    queued: int
    admitted_calls: int
    shed_calls: int
    def __init__(self, limit: _Optional[int] = ..., in_flight: _Optional[int] = ..., queued: _Optional[int] = ..., admitted_calls: _Optional[int] = ..., shed_calls: _Optional[int] = ...) -> None: ...

class ReportCircuitBreakersResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
