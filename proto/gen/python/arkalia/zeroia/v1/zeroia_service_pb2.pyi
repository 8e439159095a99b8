import datetime

from arkalia.node.v1 import severity_pb2 as _severity_pb2
from arkalia.options.v1 import method_pb2 as _method_pb2
from arkalia.zeroia.v1 import zeroia_pb2 as _zeroia_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DecideRequest(_message.Message):
    __slots__ = ("decision_id", "node", "signals")
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    decision_id: str
    node: str
    signals: _zeroia_pb2.Signals
    def __init__(self, decision_id: _Optional[str] = ..., node: _Optional[str] = ..., signals: _Optional[_Union[_zeroia_pb2.Signals, _Mapping]] = ...) -> None: ...

class DecideResponse(_message.Message):
    __slots__ = ("decision", "position", "duplicate")
    DECISION_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    decision: _zeroia_pb2.Decision
    position: int
    duplicate: bool
    def __init__(self, decision: _Optional[_Union[_zeroia_pb2.Decision, _Mapping]] = ..., position: _Optional[int] = ..., duplicate: _Optional[bool] = ...) -> None: ...

class DecideManyRequest(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: DecideRequest
    def __init__(self, request: _Optional[_Union[DecideRequest, _Mapping]] = ...) -> None: ...

class DecideManyResponse(_message.Message):
    __slots__ = ("responses",)
    RESPONSES_FIELD_NUMBER: _ClassVar[int]
    responses: _containers.RepeatedCompositeFieldContainer[DecideResponse]
    def __init__(self, responses: _Optional[_Iterable[_Union[DecideResponse, _Mapping]]] = ...) -> None: ...

class GetDecisionRequest(_message.Message):
    __slots__ = ("decision_id",)
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    decision_id: str
    def __init__(self, decision_id: _Optional[str] = ...) -> None: ...

class GetDecisionResponse(_message.Message):
    __slots__ = ("decision", "position")
    DECISION_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    decision: _zeroia_pb2.Decision
    position: int
    def __init__(self, decision: _Optional[_Union[_zeroia_pb2.Decision, _Mapping]] = ..., position: _Optional[int] = ...) -> None: ...

class ListDecisionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "node", "actions", "severity_min", "start_time", "end_time")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_MIN_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    node: str
    actions: _containers.RepeatedScalarFieldContainer[_zeroia_pb2.DecisionAction]
    severity_min: _severity_pb2.Severity
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., node: _Optional[str] = ..., actions: _Optional[_Iterable[_Union[_zeroia_pb2.DecisionAction, str]]] = ..., severity_min: _Optional[_Union[_severity_pb2.Severity, str]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListDecisionsResponse(_message.Message):
    __slots__ = ("decisions", "next_page_token")
    DECISIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    decisions: _containers.RepeatedCompositeFieldContainer[_zeroia_pb2.Decision]
    next_page_token: str
    def __init__(self, decisions: _Optional[_Iterable[_Union[_zeroia_pb2.Decision, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchDecisionsRequest(_message.Message):
    __slots__ = ("resume_token", "node")
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    node: str
    def __init__(self, resume_token: _Optional[str] = ..., node: _Optional[str] = ...) -> None: ...

class WatchDecisionsResponse(_message.Message):
    __slots__ = ("decisions", "resume_token")
    DECISIONS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    decisions: _containers.RepeatedCompositeFieldContainer[_zeroia_pb2.Decision]
    resume_token: str
    def __init__(self, decisions: _Optional[_Iterable[_Union[_zeroia_pb2.Decision, _Mapping]]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class ExplainDecisionRequest(_message.Message):
    __slots__ = ("decision_id",)
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    decision_id: str
    def __init__(self, decision_id: _Optional[str] = ...) -> None: ...

class ExplainDecisionResponse(_message.Message):
    __slots__ = ("decision", "explanation", "calibration")
    DECISION_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    decision: _zeroia_pb2.Decision
    explanation: _zeroia_pb2.Explanation
    calibration: _zeroia_pb2.Calibration
    def __init__(self, decision: _Optional[_Union[_zeroia_pb2.Decision, _Mapping]] = ..., explanation: _Optional[_Union[_zeroia_pb2.Explanation, _Mapping]] = ..., calibration: _Optional[_Union[_zeroia_pb2.Calibration, _Mapping]] = ...) -> None: ...

class ReportOutcomeRequest(_message.Message):
    __slots__ = ("decision_id", "verdict", "note")
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    decision_id: str
    verdict: _zeroia_pb2.OutcomeVerdict
    note: str
    def __init__(self, decision_id: _Optional[str] = ..., verdict: _Optional[_Union[_zeroia_pb2.OutcomeVerdict, str]] = ..., note: _Optional[str] = ...) -> None: ...

class ReportOutcomeResponse(_message.Message):
    __slots__ = ("decision",)
    DECISION_FIELD_NUMBER: _ClassVar[int]
    decision: _zeroia_pb2.Decision
    def __init__(self, decision: _Optional[_Union[_zeroia_pb2.Decision, _Mapping]] = ...) -> None: ...

class GetCalibrationRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCalibrationResponse(_message.Message):
    __slots__ = ("calibration",)
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    calibration: _zeroia_pb2.Calibration
    def __init__(self, calibration: _Optional[_Union[_zeroia_pb2.Calibration, _Mapping]] = ...) -> None: ...

class GetPolicyRequest(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    def __init__(self, revision: _Optional[int] = ...) -> None: ...

class GetPolicyResponse(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: _zeroia_pb2.PolicyRevision
    def __init__(self, revision: _Optional[_Union[_zeroia_pb2.PolicyRevision, _Mapping]] = ...) -> None: ...

class UpdatePolicyRequest(_message.Message):
    __slots__ = ("policy", "etag", "reason")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    policy: _zeroia_pb2.Policy
    etag: str
    reason: str
    def __init__(self, policy: _Optional[_Union[_zeroia_pb2.Policy, _Mapping]] = ..., etag: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class UpdatePolicyResponse(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: _zeroia_pb2.PolicyRevision
    def __init__(self, revision: _Optional[_Union[_zeroia_pb2.PolicyRevision, _Mapping]] = ...) -> None: ...

class ListPolicyRevisionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPolicyRevisionsResponse(_message.Message):
    __slots__ = ("revisions", "next_page_token")
    REVISIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    revisions: _containers.RepeatedCompositeFieldContainer[_zeroia_pb2.PolicyRevision]
    next_page_token: str
    def __init__(self, revisions: _Optional[_Iterable[_Union[_zeroia_pb2.PolicyRevision, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RollbackPolicyRequest(_message.Message):
    __slots__ = ("revision", "etag", "reason")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    revision: int
    etag: str
    reason: str
    def __init__(self, revision: _Optional[int] = ..., etag: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class RollbackPolicyResponse(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: _zeroia_pb2.PolicyRevision
    def __init__(self, revision: _Optional[_Union[_zeroia_pb2.PolicyRevision, _Mapping]] = ...) -> None: ...

class ReplayDecisionsRequest(_message.Message):
    __slots__ = ("policy", "node", "start_time", "end_time", "samples_max", "include_same")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_MAX_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_SAME_FIELD_NUMBER: _ClassVar[int]
    policy: _zeroia_pb2.Policy
    node: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    samples_max: int
    include_same: bool
    def __init__(self, policy: _Optional[_Union[_zeroia_pb2.Policy, _Mapping]] = ..., node: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., samples_max: _Optional[int] = ..., include_same: _Optional[bool] = ...) -> None: ...

class ReplayDecisionsResponse(_message.Message):
    __slots__ = ("decisions", "progress", "summary")
    DECISIONS_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    decisions: _containers.RepeatedCompositeFieldContainer[_zeroia_pb2.ReplayedDecision]
    progress: _zeroia_pb2.ReplayProgress
    summary: _zeroia_pb2.ReplaySummary
    def __init__(self, decisions: _Optional[_Iterable[_Union[_zeroia_pb2.ReplayedDecision, _Mapping]]] = ..., progress: _Optional[_Union[_zeroia_pb2.ReplayProgress, _Mapping]] = ..., summary: _Optional[_Union[_zeroia_pb2.ReplaySummary, _Mapping]] = ...) -> None: ...

class RunCycleRequest(_message.Message):
    __slots__ = ("cycle_id",)
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    cycle_id: str
    def __init__(self, cycle_id: _Optional[str] = ...) -> None: ...

class RunCycleResponse(_message.Message):
    __slots__ = ("cycle",)
    CYCLE_FIELD_NUMBER: _ClassVar[int]
    cycle: _zeroia_pb2.Cycle
    def __init__(self, cycle: _Optional[_Union[_zeroia_pb2.Cycle, _Mapping]] = ...) -> None: ...

class WatchCyclesRequest(_message.Message):
    __slots__ = ("resume_token",)
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    def __init__(self, resume_token: _Optional[str] = ...) -> None: ...

class WatchCyclesResponse(_message.Message):
    __slots__ = ("cycles", "resume_token")
    CYCLES_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    cycles: _containers.RepeatedCompositeFieldContainer[_zeroia_pb2.Cycle]
    resume_token: str
    def __init__(self, cycles: _Optional[_Iterable[_Union[_zeroia_pb2.Cycle, _Mapping]]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class GetModeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetModeResponse(_message.Message):
    __slots__ = ("mode", "interval")
    MODE_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    mode: _zeroia_pb2.CycleMode
    interval: _duration_pb2.Duration
    def __init__(self, mode: _Optional[_Union[_zeroia_pb2.CycleMode, str]] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class SetModeRequest(_message.Message):
    __slots__ = ("mode", "reason")
    MODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    mode: _zeroia_pb2.CycleMode
    reason: str
    def __init__(self, mode: _Optional[_Union[_zeroia_pb2.CycleMode, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class SetModeResponse(_message.Message):
    __slots__ = ("mode", "interval")
    MODE_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    mode: _zeroia_pb2.CycleMode
    interval: _duration_pb2.Duration
    def __init__(self, mode: _Optional[_Union[_zeroia_pb2.CycleMode, str]] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GetTimelineRequest(_message.Message):
    __slots__ = ("start_time", "end_time", "bucket")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    bucket: _duration_pb2.Duration
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., bucket: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GetTimelineResponse(_message.Message):
    __slots__ = ("buckets", "heat_map", "patterns", "cycle_count", "truncated")
    BUCKETS_FIELD_NUMBER: _ClassVar[int]
    HEAT_MAP_FIELD_NUMBER: _ClassVar[int]
    PATTERNS_FIELD_NUMBER: _ClassVar[int]
    CYCLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    buckets: _containers.RepeatedCompositeFieldContainer[_zeroia_pb2.TimelineBucket]
    heat_map: _containers.RepeatedCompositeFieldContainer[_zeroia_pb2.HeatCell]
    patterns: _containers.RepeatedCompositeFieldContainer[_zeroia_pb2.CyclePattern]
    cycle_count: int
    truncated: bool
    def __init__(self, buckets: _Optional[_Iterable[_Union[_zeroia_pb2.TimelineBucket, _Mapping]]] = ..., heat_map: _Optional[_Iterable[_Union[_zeroia_pb2.HeatCell, _Mapping]]] = ..., patterns: _Optional[_Iterable[_Union[_zeroia_pb2.CyclePattern, _Mapping]]] = ..., cycle_count: _Optional[int] = ..., truncated: _Optional[bool] = ...) -> None: ...
