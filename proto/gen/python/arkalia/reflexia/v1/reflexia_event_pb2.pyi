import datetime

from arkalia.node.v1 import severity_pb2 as _severity_pb2
from arkalia.reflexia.v1 import reflexia_pb2 as _reflexia_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SampleTaken(_message.Message):
    __slots__ = ("sample",)
    SAMPLE_FIELD_NUMBER: _ClassVar[int]
    sample: _reflexia_pb2.Sample
    def __init__(self, sample: _Optional[_Union[_reflexia_pb2.Sample, _Mapping]] = ...) -> None: ...

class ContradictionDetected(_message.Message):
    __slots__ = ("node", "recommended_action", "decided_action", "first_sample_id", "since_time", "last_sample_id", "decision_event_id", "severity", "reason")
    NODE_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDED_ACTION_FIELD_NUMBER: _ClassVar[int]
    DECIDED_ACTION_FIELD_NUMBER: _ClassVar[int]
    FIRST_SAMPLE_ID_FIELD_NUMBER: _ClassVar[int]
    SINCE_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_SAMPLE_ID_FIELD_NUMBER: _ClassVar[int]
    DECISION_EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    node: str
    recommended_action: _reflexia_pb2.RecommendedAction
    decided_action: _reflexia_pb2.RecommendedAction
    first_sample_id: str
    since_time: _timestamp_pb2.Timestamp
    last_sample_id: str
    decision_event_id: str
    severity: _severity_pb2.Severity
    reason: str
    def __init__(self, node: _Optional[str] = ..., recommended_action: _Optional[_Union[_reflexia_pb2.RecommendedAction, str]] = ..., decided_action: _Optional[_Union[_reflexia_pb2.RecommendedAction, str]] = ..., first_sample_id: _Optional[str] = ..., since_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_sample_id: _Optional[str] = ..., decision_event_id: _Optional[str] = ..., severity: _Optional[_Union[_severity_pb2.Severity, str]] = ..., reason: _Optional[str] = ...) -> None: ...
