import datetime

from arkalia.zeroia.v1 import zeroia_pb2 as _zeroia_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DecisionMade(_message.Message):
    __slots__ = ("decision",)
    DECISION_FIELD_NUMBER: _ClassVar[int]
    decision: _zeroia_pb2.Decision
    def __init__(self, decision: _Optional[_Union[_zeroia_pb2.Decision, _Mapping]] = ...) -> None: ...

class OutcomeReported(_message.Message):
    __slots__ = ("decision_id", "outcome", "action", "confidence")
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    decision_id: str
    outcome: _zeroia_pb2.Outcome
    action: _zeroia_pb2.DecisionAction
    confidence: float
    def __init__(self, decision_id: _Optional[str] = ..., outcome: _Optional[_Union[_zeroia_pb2.Outcome, _Mapping]] = ..., action: _Optional[_Union[_zeroia_pb2.DecisionAction, str]] = ..., confidence: _Optional[float] = ...) -> None: ...

class PolicyUpdated(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: _zeroia_pb2.PolicyRevision
    def __init__(self, revision: _Optional[_Union[_zeroia_pb2.PolicyRevision, _Mapping]] = ...) -> None: ...

class CycleCompleted(_message.Message):
    __slots__ = ("cycle",)
    CYCLE_FIELD_NUMBER: _ClassVar[int]
    cycle: _zeroia_pb2.Cycle
    def __init__(self, cycle: _Optional[_Union[_zeroia_pb2.Cycle, _Mapping]] = ...) -> None: ...

class ModeChanged(_message.Message):
    __slots__ = ("mode", "previous_mode", "reason", "change_time")
    MODE_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_MODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CHANGE_TIME_FIELD_NUMBER: _ClassVar[int]
    mode: _zeroia_pb2.CycleMode
    previous_mode: _zeroia_pb2.CycleMode
    reason: str
    change_time: _timestamp_pb2.Timestamp
    def __init__(self, mode: _Optional[_Union[_zeroia_pb2.CycleMode, str]] = ..., previous_mode: _Optional[_Union[_zeroia_pb2.CycleMode, str]] = ..., reason: _Optional[str] = ..., change_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class IntegrityViolated(_message.Message):
    __slots__ = ("node", "sample_id", "sample_position", "findings", "compromised", "decision_id", "detect_time")
    NODE_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_ID_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_POSITION_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    COMPROMISED_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    DETECT_TIME_FIELD_NUMBER: _ClassVar[int]
    node: str
    sample_id: str
    sample_position: int
    findings: _containers.RepeatedCompositeFieldContainer[_zeroia_pb2.IntegrityFinding]
    compromised: bool
    decision_id: str
    detect_time: _timestamp_pb2.Timestamp
    def __init__(self, node: _Optional[str] = ..., sample_id: _Optional[str] = ..., sample_position: _Optional[int] = ..., findings: _Optional[_Iterable[_Union[_zeroia_pb2.IntegrityFinding, _Mapping]]] = ..., compromised: _Optional[bool] = ..., decision_id: _Optional[str] = ..., detect_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
