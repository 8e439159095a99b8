from arkalia.options.v1 import method_pb2 as _method_pb2
from arkalia.recovery.v1 import recovery_pb2 as _recovery_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReportErrorRequest(_message.Message):
    __slots__ = ("error",)
    ERROR_FIELD_NUMBER: _ClassVar[int]
    error: _recovery_pb2.ErrorReport
    def __init__(self, error: _Optional[_Union[_recovery_pb2.ErrorReport, _Mapping]] = ...) -> None: ...

class ReportErrorResponse(_message.Message):
    __slots__ = ("recovery_id",)
    RECOVERY_ID_FIELD_NUMBER: _ClassVar[int]
    recovery_id: str
    def __init__(self, recovery_id: _Optional[str] = ...) -> None: ...

class ReportErrorsRequest(_message.Message):
    __slots__ = ("errors",)
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    errors: _containers.RepeatedCompositeFieldContainer[_recovery_pb2.ErrorReport]
    def __init__(self, errors: _Optional[_Iterable[_Union[_recovery_pb2.ErrorReport, _Mapping]]] = ...) -> None: ...

class ReportErrorsResponse(_message.Message):
    __slots__ = ("accepted",)
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    accepted: int
    def __init__(self, accepted: _Optional[int] = ...) -> None: ...

class ListRecoveriesRequest(_message.Message):
    __slots__ = ("state", "process", "page_size", "page_token")
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    state: _recovery_pb2.RecoveryState
    process: str
    page_size: int
    page_token: str
    def __init__(self, state: _Optional[_Union[_recovery_pb2.RecoveryState, str]] = ..., process: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRecoveriesResponse(_message.Message):
    __slots__ = ("recoveries", "next_page_token")
    RECOVERIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    recoveries: _containers.RepeatedCompositeFieldContainer[_recovery_pb2.Recovery]
    next_page_token: str
    def __init__(self, recoveries: _Optional[_Iterable[_Union[_recovery_pb2.Recovery, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetRecoveryRequest(_message.Message):
    __slots__ = ("recovery_id",)
    RECOVERY_ID_FIELD_NUMBER: _ClassVar[int]
    recovery_id: str
    def __init__(self, recovery_id: _Optional[str] = ...) -> None: ...

class GetRecoveryResponse(_message.Message):
    __slots__ = ("recovery",)
    RECOVERY_FIELD_NUMBER: _ClassVar[int]
    recovery: _recovery_pb2.Recovery
    def __init__(self, recovery: _Optional[_Union[_recovery_pb2.Recovery, _Mapping]] = ...) -> None: ...

class WatchRecoveriesRequest(_message.Message):
    __slots__ = ("resume_token",)
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    def __init__(self, resume_token: _Optional[str] = ...) -> None: ...

class WatchRecoveriesResponse(_message.Message):
    __slots__ = ("recoveries", "resume_token")
    RECOVERIES_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    recoveries: _containers.RepeatedCompositeFieldContainer[_recovery_pb2.Recovery]
    resume_token: str
    def __init__(self, recoveries: _Optional[_Iterable[_Union[_recovery_pb2.Recovery, _Mapping]]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class ApproveRecoveryRequest(_message.Message):
    __slots__ = ("recovery_id",)
    RECOVERY_ID_FIELD_NUMBER: _ClassVar[int]
    recovery_id: str
    def __init__(self, recovery_id: _Optional[str] = ...) -> None: ...

class ApproveRecoveryResponse(_message.Message):
    __slots__ = ("recovery",)
    RECOVERY_FIELD_NUMBER: _ClassVar[int]
    recovery: _recovery_pb2.Recovery
    def __init__(self, recovery: _Optional[_Union[_recovery_pb2.Recovery, _Mapping]] = ...) -> None: ...

class CancelRecoveryRequest(_message.Message):
    __slots__ = ("recovery_id", "reason")
    RECOVERY_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    recovery_id: str
    reason: str
    def __init__(self, recovery_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CancelRecoveryResponse(_message.Message):
    __slots__ = ("recovery",)
    RECOVERY_FIELD_NUMBER: _ClassVar[int]
    recovery: _recovery_pb2.Recovery
    def __init__(self, recovery: _Optional[_Union[_recovery_pb2.Recovery, _Mapping]] = ...) -> None: ...

class GetRecoveryReportRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetRecoveryReportResponse(_message.Message):
    __slots__ = ("report",)
    REPORT_FIELD_NUMBER: _ClassVar[int]
    report: _recovery_pb2.RecoveryReport
    def __init__(self, report: _Optional[_Union[_recovery_pb2.RecoveryReport, _Mapping]] = ...) -> None: ...

class ListIncidentsRequest(_message.Message):
    __slots__ = ("state", "page_size", "page_token")
    STATE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    state: _recovery_pb2.IncidentState
    page_size: int
    page_token: str
    def __init__(self, state: _Optional[_Union[_recovery_pb2.IncidentState, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListIncidentsResponse(_message.Message):
    __slots__ = ("incidents", "next_page_token")
    INCIDENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    incidents: _containers.RepeatedCompositeFieldContainer[_recovery_pb2.Incident]
    next_page_token: str
    def __init__(self, incidents: _Optional[_Iterable[_Union[_recovery_pb2.Incident, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AcknowledgeIncidentRequest(_message.Message):
    __slots__ = ("incident_id",)
    INCIDENT_ID_FIELD_NUMBER: _ClassVar[int]
    incident_id: str
    def __init__(self, incident_id: _Optional[str] = ...) -> None: ...

class AcknowledgeIncidentResponse(_message.Message):
    __slots__ = ("incident",)
    INCIDENT_FIELD_NUMBER: _ClassVar[int]
    incident: _recovery_pb2.Incident
    def __init__(self, incident: _Optional[_Union[_recovery_pb2.Incident, _Mapping]] = ...) -> None: ...

class ResolveIncidentRequest(_message.Message):
    __slots__ = ("incident_id", "resolution")
    INCIDENT_ID_FIELD_NUMBER: _ClassVar[int]
    RESOLUTION_FIELD_NUMBER: _ClassVar[int]
    incident_id: str
    resolution: str
    def __init__(self, incident_id: _Optional[str] = ..., resolution: _Optional[str] = ...) -> None: ...

class ResolveIncidentResponse(_message.Message):
    __slots__ = ("incident",)
    INCIDENT_FIELD_NUMBER: _ClassVar[int]
    incident: _recovery_pb2.Incident
    def __init__(self, incident: _Optional[_Union[_recovery_pb2.Incident, _Mapping]] = ...) -> None: ...

class GetRecoveryPolicyRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetRecoveryPolicyResponse(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: _recovery_pb2.RecoveryPolicyRevision
    def __init__(self, revision: _Optional[_Union[_recovery_pb2.RecoveryPolicyRevision, _Mapping]] = ...) -> None: ...

class UpdateRecoveryPolicyRequest(_message.Message):
    __slots__ = ("policy", "etag", "reason", "dry_run")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    policy: _recovery_pb2.RecoveryPolicy
    etag: str
    reason: str
    dry_run: bool
    def __init__(self, policy: _Optional[_Union[_recovery_pb2.RecoveryPolicy, _Mapping]] = ..., etag: _Optional[str] = ..., reason: _Optional[str] = ..., dry_run: _Optional[bool] = ...) -> None: ...

class UpdateRecoveryPolicyResponse(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: _recovery_pb2.RecoveryPolicyRevision
    def __init__(self, revision: _Optional[_Union[_recovery_pb2.RecoveryPolicyRevision, _Mapping]] = ...) -> None: ...
