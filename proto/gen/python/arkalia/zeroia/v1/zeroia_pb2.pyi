import datetime

from arkalia.node.v1 import severity_pb2 as _severity_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DecisionAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DECISION_ACTION_UNSPECIFIED: _ClassVar[DecisionAction]
    DECISION_ACTION_NORMAL: _ClassVar[DecisionAction]
    DECISION_ACTION_MONITOR: _ClassVar[DecisionAction]
    DECISION_ACTION_REDUCE_LOAD: _ClassVar[DecisionAction]
    DECISION_ACTION_EMERGENCY_SHUTDOWN: _ClassVar[DecisionAction]
    DECISION_ACTION_HALT: _ClassVar[DecisionAction]

class DecisionOrigin(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DECISION_ORIGIN_UNSPECIFIED: _ClassVar[DecisionOrigin]
    DECISION_ORIGIN_SAMPLE: _ClassVar[DecisionOrigin]
    DECISION_ORIGIN_CALL: _ClassVar[DecisionOrigin]
    DECISION_ORIGIN_SIGNALS: _ClassVar[DecisionOrigin]
    DECISION_ORIGIN_CYCLE: _ClassVar[DecisionOrigin]

class DwellRuling(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DWELL_RULING_UNSPECIFIED: _ClassVar[DwellRuling]
    DWELL_RULING_FIRST: _ClassVar[DwellRuling]
    DWELL_RULING_UNCHANGED: _ClassVar[DwellRuling]
    DWELL_RULING_CHANGED: _ClassVar[DwellRuling]
    DWELL_RULING_HELD: _ClassVar[DwellRuling]
    DWELL_RULING_ESCALATED: _ClassVar[DwellRuling]

class ScoreFactor(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCORE_FACTOR_UNSPECIFIED: _ClassVar[ScoreFactor]
    SCORE_FACTOR_CONSISTENCY: _ClassVar[ScoreFactor]
    SCORE_FACTOR_SYSTEM_HEALTH: _ClassVar[ScoreFactor]
    SCORE_FACTOR_RESPONSE_TIME: _ClassVar[ScoreFactor]
    SCORE_FACTOR_RESOURCE_EFFICIENCY: _ClassVar[ScoreFactor]
    SCORE_FACTOR_CONTEXT_RELEVANCE: _ClassVar[ScoreFactor]
    SCORE_FACTOR_ERROR_RATE: _ClassVar[ScoreFactor]

class IntegrityCheck(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INTEGRITY_CHECK_UNSPECIFIED: _ClassVar[IntegrityCheck]
    INTEGRITY_CHECK_SCHEMA: _ClassVar[IntegrityCheck]
    INTEGRITY_CHECK_RANGE: _ClassVar[IntegrityCheck]
    INTEGRITY_CHECK_PAYLOAD: _ClassVar[IntegrityCheck]
    INTEGRITY_CHECK_COHERENCE: _ClassVar[IntegrityCheck]
    INTEGRITY_CHECK_TIME_BACKWARDS: _ClassVar[IntegrityCheck]
    INTEGRITY_CHECK_TIME_FUTURE: _ClassVar[IntegrityCheck]
    INTEGRITY_CHECK_REPETITION: _ClassVar[IntegrityCheck]

class OutcomeVerdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTCOME_VERDICT_UNSPECIFIED: _ClassVar[OutcomeVerdict]
    OUTCOME_VERDICT_RIGHT: _ClassVar[OutcomeVerdict]
    OUTCOME_VERDICT_TOO_STRONG: _ClassVar[OutcomeVerdict]
    OUTCOME_VERDICT_TOO_WEAK: _ClassVar[OutcomeVerdict]

class CycleMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CYCLE_MODE_UNSPECIFIED: _ClassVar[CycleMode]
    CYCLE_MODE_URGENT: _ClassVar[CycleMode]
    CYCLE_MODE_NORMAL: _ClassVar[CycleMode]
    CYCLE_MODE_DEEP: _ClassVar[CycleMode]
    CYCLE_MODE_MAINTENANCE: _ClassVar[CycleMode]

class CycleStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CYCLE_STATUS_UNSPECIFIED: _ClassVar[CycleStatus]
    CYCLE_STATUS_DECIDED: _ClassVar[CycleStatus]
    CYCLE_STATUS_NO_SAMPLE: _ClassVar[CycleStatus]

class CycleStage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CYCLE_STAGE_UNSPECIFIED: _ClassVar[CycleStage]
    CYCLE_STAGE_SENSE: _ClassVar[CycleStage]
    CYCLE_STAGE_INTEGRITY: _ClassVar[CycleStage]
    CYCLE_STAGE_SCORE: _ClassVar[CycleStage]
    CYCLE_STAGE_DECIDE: _ClassVar[CycleStage]
    CYCLE_STAGE_REPORT: _ClassVar[CycleStage]

class CyclePatternKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CYCLE_PATTERN_KIND_UNSPECIFIED: _ClassVar[CyclePatternKind]
    CYCLE_PATTERN_KIND_STEADY: _ClassVar[CyclePatternKind]
    CYCLE_PATTERN_KIND_OSCILLATION: _ClassVar[CyclePatternKind]
    CYCLE_PATTERN_KIND_ESCALATION: _ClassVar[CyclePatternKind]
    CYCLE_PATTERN_KIND_RECOVERY: _ClassVar[CyclePatternKind]
DECISION_ACTION_UNSPECIFIED: DecisionAction
DECISION_ACTION_NORMAL: DecisionAction
DECISION_ACTION_MONITOR: DecisionAction
DECISION_ACTION_REDUCE_LOAD: DecisionAction
DECISION_ACTION_EMERGENCY_SHUTDOWN: DecisionAction
DECISION_ACTION_HALT: DecisionAction
DECISION_ORIGIN_UNSPECIFIED: DecisionOrigin
DECISION_ORIGIN_SAMPLE: DecisionOrigin
DECISION_ORIGIN_CALL: DecisionOrigin
DECISION_ORIGIN_SIGNALS: DecisionOrigin
DECISION_ORIGIN_CYCLE: DecisionOrigin
DWELL_RULING_UNSPECIFIED: DwellRuling
DWELL_RULING_FIRST: DwellRuling
DWELL_RULING_UNCHANGED: DwellRuling
DWELL_RULING_CHANGED: DwellRuling
DWELL_RULING_HELD: DwellRuling
DWELL_RULING_ESCALATED: DwellRuling
SCORE_FACTOR_UNSPECIFIED: ScoreFactor
SCORE_FACTOR_CONSISTENCY: ScoreFactor
SCORE_FACTOR_SYSTEM_HEALTH: ScoreFactor
SCORE_FACTOR_RESPONSE_TIME: ScoreFactor
SCORE_FACTOR_RESOURCE_EFFICIENCY: ScoreFactor
SCORE_FACTOR_CONTEXT_RELEVANCE: ScoreFactor
SCORE_FACTOR_ERROR_RATE: ScoreFactor
INTEGRITY_CHECK_UNSPECIFIED: IntegrityCheck
INTEGRITY_CHECK_SCHEMA: IntegrityCheck
INTEGRITY_CHECK_RANGE: IntegrityCheck
INTEGRITY_CHECK_PAYLOAD: IntegrityCheck
INTEGRITY_CHECK_COHERENCE: IntegrityCheck
INTEGRITY_CHECK_TIME_BACKWARDS: IntegrityCheck
INTEGRITY_CHECK_TIME_FUTURE: IntegrityCheck
INTEGRITY_CHECK_REPETITION: IntegrityCheck
OUTCOME_VERDICT_UNSPECIFIED: OutcomeVerdict
OUTCOME_VERDICT_RIGHT: OutcomeVerdict
OUTCOME_VERDICT_TOO_STRONG: OutcomeVerdict
OUTCOME_VERDICT_TOO_WEAK: OutcomeVerdict
CYCLE_MODE_UNSPECIFIED: CycleMode
CYCLE_MODE_URGENT: CycleMode
CYCLE_MODE_NORMAL: CycleMode
CYCLE_MODE_DEEP: CycleMode
CYCLE_MODE_MAINTENANCE: CycleMode
CYCLE_STATUS_UNSPECIFIED: CycleStatus
CYCLE_STATUS_DECIDED: CycleStatus
CYCLE_STATUS_NO_SAMPLE: CycleStatus
CYCLE_STAGE_UNSPECIFIED: CycleStage
CYCLE_STAGE_SENSE: CycleStage
CYCLE_STAGE_INTEGRITY: CycleStage
CYCLE_STAGE_SCORE: CycleStage
CYCLE_STAGE_DECIDE: CycleStage
CYCLE_STAGE_REPORT: CycleStage
CYCLE_PATTERN_KIND_UNSPECIFIED: CyclePatternKind
CYCLE_PATTERN_KIND_STEADY: CyclePatternKind
CYCLE_PATTERN_KIND_OSCILLATION: CyclePatternKind
CYCLE_PATTERN_KIND_ESCALATION: CyclePatternKind
CYCLE_PATTERN_KIND_RECOVERY: CyclePatternKind

class Signals(_message.Message):
    __slots__ = ("cpu_ratio", "memory_ratio", "disk_ratio", "latency_seconds", "error_ratio", "loop_lag_seconds", "load_per_cpu", "swap_ratio")
    CPU_RATIO_FIELD_NUMBER: _ClassVar[int]
    MEMORY_RATIO_FIELD_NUMBER: _ClassVar[int]
    DISK_RATIO_FIELD_NUMBER: _ClassVar[int]
    LATENCY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ERROR_RATIO_FIELD_NUMBER: _ClassVar[int]
    LOOP_LAG_SECONDS_FIELD_NUMBER: _ClassVar[int]
    LOAD_PER_CPU_FIELD_NUMBER: _ClassVar[int]
    SWAP_RATIO_FIELD_NUMBER: _ClassVar[int]
    cpu_ratio: float
    memory_ratio: float
    disk_ratio: float
    latency_seconds: float
    error_ratio: float
    loop_lag_seconds: float
    load_per_cpu: float
    swap_ratio: float
    def __init__(self, cpu_ratio: _Optional[float] = ..., memory_ratio: _Optional[float] = ..., disk_ratio: _Optional[float] = ..., latency_seconds: _Optional[float] = ..., error_ratio: _Optional[float] = ..., loop_lag_seconds: _Optional[float] = ..., load_per_cpu: _Optional[float] = ..., swap_ratio: _Optional[float] = ...) -> None: ...

class Factor(_message.Message):
    __slots__ = ("factor", "value", "weight")
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    factor: ScoreFactor
    value: float
    weight: float
    def __init__(self, factor: _Optional[_Union[ScoreFactor, str]] = ..., value: _Optional[float] = ..., weight: _Optional[float] = ...) -> None: ...

class IntegrityFinding(_message.Message):
    __slots__ = ("check", "severity", "field", "detail")
    CHECK_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    check: IntegrityCheck
    severity: _severity_pb2.Severity
    field: str
    detail: str
    def __init__(self, check: _Optional[_Union[IntegrityCheck, str]] = ..., severity: _Optional[_Union[_severity_pb2.Severity, str]] = ..., field: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class Reasoning(_message.Message):
    __slots__ = ("wanted_action", "previous_wanted_action", "previous_action", "previous_pressure", "previous_since_time", "ruling", "since_time", "compromised_in_row")
    WANTED_ACTION_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_WANTED_ACTION_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_ACTION_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_PRESSURE_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_SINCE_TIME_FIELD_NUMBER: _ClassVar[int]
    RULING_FIELD_NUMBER: _ClassVar[int]
    SINCE_TIME_FIELD_NUMBER: _ClassVar[int]
    COMPROMISED_IN_ROW_FIELD_NUMBER: _ClassVar[int]
    wanted_action: DecisionAction
    previous_wanted_action: DecisionAction
    previous_action: DecisionAction
    previous_pressure: float
    previous_since_time: _timestamp_pb2.Timestamp
    ruling: DwellRuling
    since_time: _timestamp_pb2.Timestamp
    compromised_in_row: int
    def __init__(self, wanted_action: _Optional[_Union[DecisionAction, str]] = ..., previous_wanted_action: _Optional[_Union[DecisionAction, str]] = ..., previous_action: _Optional[_Union[DecisionAction, str]] = ..., previous_pressure: _Optional[float] = ..., previous_since_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ruling: _Optional[_Union[DwellRuling, str]] = ..., since_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., compromised_in_row: _Optional[int] = ...) -> None: ...

class Outcome(_message.Message):
    __slots__ = ("verdict", "note", "report_time")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    REPORT_TIME_FIELD_NUMBER: _ClassVar[int]
    verdict: OutcomeVerdict
    note: str
    report_time: _timestamp_pb2.Timestamp
    def __init__(self, verdict: _Optional[_Union[OutcomeVerdict, str]] = ..., note: _Optional[str] = ..., report_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Decision(_message.Message):
    __slots__ = ("decision_id", "node", "action", "severity", "pressure", "confidence", "score", "factors", "signals", "sample_id", "sample_position", "sample_age", "sample_interval", "policy_revision", "suppressed_count", "decide_time", "reasoning", "findings", "origin", "outcome")
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    PRESSURE_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_ID_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_POSITION_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_AGE_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    POLICY_REVISION_FIELD_NUMBER: _ClassVar[int]
    SUPPRESSED_COUNT_FIELD_NUMBER: _ClassVar[int]
    DECIDE_TIME_FIELD_NUMBER: _ClassVar[int]
    REASONING_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    decision_id: str
    node: str
    action: DecisionAction
    severity: _severity_pb2.Severity
    pressure: float
    confidence: float
    score: float
    factors: _containers.RepeatedCompositeFieldContainer[Factor]
    signals: Signals
    sample_id: str
    sample_position: int
    sample_age: _duration_pb2.Duration
    sample_interval: _duration_pb2.Duration
    policy_revision: int
    suppressed_count: int
    decide_time: _timestamp_pb2.Timestamp
    reasoning: Reasoning
    findings: _containers.RepeatedCompositeFieldContainer[IntegrityFinding]
    origin: DecisionOrigin
    outcome: Outcome
    def __init__(self, decision_id: _Optional[str] = ..., node: _Optional[str] = ..., action: _Optional[_Union[DecisionAction, str]] = ..., severity: _Optional[_Union[_severity_pb2.Severity, str]] = ..., pressure: _Optional[float] = ..., confidence: _Optional[float] = ..., score: _Optional[float] = ..., factors: _Optional[_Iterable[_Union[Factor, _Mapping]]] = ..., signals: _Optional[_Union[Signals, _Mapping]] = ..., sample_id: _Optional[str] = ..., sample_position: _Optional[int] = ..., sample_age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., sample_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., policy_revision: _Optional[int] = ..., suppressed_count: _Optional[int] = ..., decide_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reasoning: _Optional[_Union[Reasoning, _Mapping]] = ..., findings: _Optional[_Iterable[_Union[IntegrityFinding, _Mapping]]] = ..., origin: _Optional[_Union[DecisionOrigin, str]] = ..., outcome: _Optional[_Union[Outcome, _Mapping]] = ...) -> None: ...

class ExplanationTerm(_message.Message):
    __slots__ = ("name", "text", "reading", "value", "weight", "contribution", "terms")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    READING_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    CONTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    name: str
    text: str
    reading: float
    value: float
    weight: float
    contribution: float
    terms: _containers.RepeatedCompositeFieldContainer[ExplanationTerm]
    def __init__(self, name: _Optional[str] = ..., text: _Optional[str] = ..., reading: _Optional[float] = ..., value: _Optional[float] = ..., weight: _Optional[float] = ..., contribution: _Optional[float] = ..., terms: _Optional[_Iterable[_Union[ExplanationTerm, _Mapping]]] = ...) -> None: ...

class Explanation(_message.Message):
    __slots__ = ("summary", "confidence", "pressure", "reasoning", "integrity")
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    PRESSURE_FIELD_NUMBER: _ClassVar[int]
    REASONING_FIELD_NUMBER: _ClassVar[int]
    INTEGRITY_FIELD_NUMBER: _ClassVar[int]
    summary: str
    confidence: ExplanationTerm
    pressure: ExplanationTerm
    reasoning: _containers.RepeatedScalarFieldContainer[str]
    integrity: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, summary: _Optional[str] = ..., confidence: _Optional[_Union[ExplanationTerm, _Mapping]] = ..., pressure: _Optional[_Union[ExplanationTerm, _Mapping]] = ..., reasoning: _Optional[_Iterable[str]] = ..., integrity: _Optional[_Iterable[str]] = ...) -> None: ...

class CalibrationBin(_message.Message):
    __slots__ = ("confidence_from", "confidence_to", "count", "mean_confidence", "right_ratio")
    CONFIDENCE_FROM_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_TO_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    MEAN_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    RIGHT_RATIO_FIELD_NUMBER: _ClassVar[int]
    confidence_from: float
    confidence_to: float
    count: int
    mean_confidence: float
    right_ratio: float
    def __init__(self, confidence_from: _Optional[float] = ..., confidence_to: _Optional[float] = ..., count: _Optional[int] = ..., mean_confidence: _Optional[float] = ..., right_ratio: _Optional[float] = ...) -> None: ...

class Calibration(_message.Message):
    __slots__ = ("outcome_count", "brier_score", "calibration_error", "bins")
    OUTCOME_COUNT_FIELD_NUMBER: _ClassVar[int]
    BRIER_SCORE_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_ERROR_FIELD_NUMBER: _ClassVar[int]
    BINS_FIELD_NUMBER: _ClassVar[int]
    outcome_count: int
    brier_score: float
    calibration_error: float
    bins: _containers.RepeatedCompositeFieldContainer[CalibrationBin]
    def __init__(self, outcome_count: _Optional[int] = ..., brier_score: _Optional[float] = ..., calibration_error: _Optional[float] = ..., bins: _Optional[_Iterable[_Union[CalibrationBin, _Mapping]]] = ...) -> None: ...

class ScoreWeights(_message.Message):
    __slots__ = ("consistency", "system_health", "response_time", "resource_efficiency", "context_relevance", "error_rate")
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_HEALTH_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_TIME_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_RELEVANCE_FIELD_NUMBER: _ClassVar[int]
    ERROR_RATE_FIELD_NUMBER: _ClassVar[int]
    consistency: float
    system_health: float
    response_time: float
    resource_efficiency: float
    context_relevance: float
    error_rate: float
    def __init__(self, consistency: _Optional[float] = ..., system_health: _Optional[float] = ..., response_time: _Optional[float] = ..., resource_efficiency: _Optional[float] = ..., context_relevance: _Optional[float] = ..., error_rate: _Optional[float] = ...) -> None: ...

class PressureWeights(_message.Message):
    __slots__ = ("cpu", "memory", "disk", "latency", "error_rate")
    CPU_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    DISK_FIELD_NUMBER: _ClassVar[int]
    LATENCY_FIELD_NUMBER: _ClassVar[int]
    ERROR_RATE_FIELD_NUMBER: _ClassVar[int]
    cpu: float
    memory: float
    disk: float
    latency: float
    error_rate: float
    def __init__(self, cpu: _Optional[float] = ..., memory: _Optional[float] = ..., disk: _Optional[float] = ..., latency: _Optional[float] = ..., error_rate: _Optional[float] = ...) -> None: ...

class SignalScale(_message.Message):
    __slots__ = ("elevated", "high", "critical")
    ELEVATED_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    CRITICAL_FIELD_NUMBER: _ClassVar[int]
    elevated: float
    high: float
    critical: float
    def __init__(self, elevated: _Optional[float] = ..., high: _Optional[float] = ..., critical: _Optional[float] = ...) -> None: ...

class PressureAnchors(_message.Message):
    __slots__ = ("elevated", "high", "critical")
    ELEVATED_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    CRITICAL_FIELD_NUMBER: _ClassVar[int]
    elevated: float
    high: float
    critical: float
    def __init__(self, elevated: _Optional[float] = ..., high: _Optional[float] = ..., critical: _Optional[float] = ...) -> None: ...

class SignalScales(_message.Message):
    __slots__ = ("cpu", "memory", "disk", "latency", "error_rate", "loop_lag", "load", "swap")
    CPU_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    DISK_FIELD_NUMBER: _ClassVar[int]
    LATENCY_FIELD_NUMBER: _ClassVar[int]
    ERROR_RATE_FIELD_NUMBER: _ClassVar[int]
    LOOP_LAG_FIELD_NUMBER: _ClassVar[int]
    LOAD_FIELD_NUMBER: _ClassVar[int]
    SWAP_FIELD_NUMBER: _ClassVar[int]
    cpu: SignalScale
    memory: SignalScale
    disk: SignalScale
    latency: SignalScale
    error_rate: SignalScale
    loop_lag: SignalScale
    load: SignalScale
    swap: SignalScale
    def __init__(self, cpu: _Optional[_Union[SignalScale, _Mapping]] = ..., memory: _Optional[_Union[SignalScale, _Mapping]] = ..., disk: _Optional[_Union[SignalScale, _Mapping]] = ..., latency: _Optional[_Union[SignalScale, _Mapping]] = ..., error_rate: _Optional[_Union[SignalScale, _Mapping]] = ..., loop_lag: _Optional[_Union[SignalScale, _Mapping]] = ..., load: _Optional[_Union[SignalScale, _Mapping]] = ..., swap: _Optional[_Union[SignalScale, _Mapping]] = ...) -> None: ...

class PressurePolicy(_message.Message):
    __slots__ = ("worst_share", "weights", "scales", "calls_min", "anchors")
    WORST_SHARE_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    SCALES_FIELD_NUMBER: _ClassVar[int]
    CALLS_MIN_FIELD_NUMBER: _ClassVar[int]
    ANCHORS_FIELD_NUMBER: _ClassVar[int]
    worst_share: float
    weights: PressureWeights
    scales: SignalScales
    calls_min: int
    anchors: PressureAnchors
    def __init__(self, worst_share: _Optional[float] = ..., weights: _Optional[_Union[PressureWeights, _Mapping]] = ..., scales: _Optional[_Union[SignalScales, _Mapping]] = ..., calls_min: _Optional[int] = ..., anchors: _Optional[_Union[PressureAnchors, _Mapping]] = ...) -> None: ...

class ActionPolicy(_message.Message):
    __slots__ = ("monitor", "reduce_load", "emergency_shutdown", "hysteresis", "dwell")
    MONITOR_FIELD_NUMBER: _ClassVar[int]
    REDUCE_LOAD_FIELD_NUMBER: _ClassVar[int]
    EMERGENCY_SHUTDOWN_FIELD_NUMBER: _ClassVar[int]
    HYSTERESIS_FIELD_NUMBER: _ClassVar[int]
    DWELL_FIELD_NUMBER: _ClassVar[int]
    monitor: float
    reduce_load: float
    emergency_shutdown: float
    hysteresis: float
    dwell: _duration_pb2.Duration
    def __init__(self, monitor: _Optional[float] = ..., reduce_load: _Optional[float] = ..., emergency_shutdown: _Optional[float] = ..., hysteresis: _Optional[float] = ..., dwell: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ConfidencePolicy(_message.Message):
    __slots__ = ("clarity_weight", "clear_distance", "stale_after_intervals", "age_penalty", "age_penalty_max", "unknown_penalty", "finding_penalty")
    CLARITY_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    CLEAR_DISTANCE_FIELD_NUMBER: _ClassVar[int]
    STALE_AFTER_INTERVALS_FIELD_NUMBER: _ClassVar[int]
    AGE_PENALTY_FIELD_NUMBER: _ClassVar[int]
    AGE_PENALTY_MAX_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_PENALTY_FIELD_NUMBER: _ClassVar[int]
    FINDING_PENALTY_FIELD_NUMBER: _ClassVar[int]
    clarity_weight: float
    clear_distance: float
    stale_after_intervals: float
    age_penalty: float
    age_penalty_max: float
    unknown_penalty: float
    finding_penalty: float
    def __init__(self, clarity_weight: _Optional[float] = ..., clear_distance: _Optional[float] = ..., stale_after_intervals: _Optional[float] = ..., age_penalty: _Optional[float] = ..., age_penalty_max: _Optional[float] = ..., unknown_penalty: _Optional[float] = ..., finding_penalty: _Optional[float] = ...) -> None: ...

class IntegrityPolicy(_message.Message):
    __slots__ = ("coherence_tolerance", "clock_tolerance", "repetition_count", "movement", "halt_after")
    COHERENCE_TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    CLOCK_TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    REPETITION_COUNT_FIELD_NUMBER: _ClassVar[int]
    MOVEMENT_FIELD_NUMBER: _ClassVar[int]
    HALT_AFTER_FIELD_NUMBER: _ClassVar[int]
    coherence_tolerance: float
    clock_tolerance: _duration_pb2.Duration
    repetition_count: int
    movement: float
    halt_after: int
    def __init__(self, coherence_tolerance: _Optional[float] = ..., clock_tolerance: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., repetition_count: _Optional[int] = ..., movement: _Optional[float] = ..., halt_after: _Optional[int] = ...) -> None: ...

class CyclePolicy(_message.Message):
    __slots__ = ("urgent", "normal", "deep", "maintenance")
    URGENT_FIELD_NUMBER: _ClassVar[int]
    NORMAL_FIELD_NUMBER: _ClassVar[int]
    DEEP_FIELD_NUMBER: _ClassVar[int]
    MAINTENANCE_FIELD_NUMBER: _ClassVar[int]
    urgent: _duration_pb2.Duration
    normal: _duration_pb2.Duration
    deep: _duration_pb2.Duration
    maintenance: _duration_pb2.Duration
    def __init__(self, urgent: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., normal: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., deep: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., maintenance: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Policy(_message.Message):
    __slots__ = ("score", "pressure", "actions", "confidence", "integrity", "cycles")
    SCORE_FIELD_NUMBER: _ClassVar[int]
    PRESSURE_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    INTEGRITY_FIELD_NUMBER: _ClassVar[int]
    CYCLES_FIELD_NUMBER: _ClassVar[int]
    score: ScoreWeights
    pressure: PressurePolicy
    actions: ActionPolicy
    confidence: ConfidencePolicy
    integrity: IntegrityPolicy
    cycles: CyclePolicy
    def __init__(self, score: _Optional[_Union[ScoreWeights, _Mapping]] = ..., pressure: _Optional[_Union[PressurePolicy, _Mapping]] = ..., actions: _Optional[_Union[ActionPolicy, _Mapping]] = ..., confidence: _Optional[_Union[ConfidencePolicy, _Mapping]] = ..., integrity: _Optional[_Union[IntegrityPolicy, _Mapping]] = ..., cycles: _Optional[_Union[CyclePolicy, _Mapping]] = ...) -> None: ...

class PolicyRevision(_message.Message):
    __slots__ = ("revision", "policy", "etag", "update_time", "reason", "restored_revision")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RESTORED_REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    policy: Policy
    etag: str
    update_time: _timestamp_pb2.Timestamp
    reason: str
    restored_revision: int
    def __init__(self, revision: _Optional[int] = ..., policy: _Optional[_Union[Policy, _Mapping]] = ..., etag: _Optional[str] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ..., restored_revision: _Optional[int] = ...) -> None: ...

class Judgement(_message.Message):
    __slots__ = ("action", "wanted_action", "severity", "pressure", "confidence", "score")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    WANTED_ACTION_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    PRESSURE_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    action: DecisionAction
    wanted_action: DecisionAction
    severity: _severity_pb2.Severity
    pressure: float
    confidence: float
    score: float
    def __init__(self, action: _Optional[_Union[DecisionAction, str]] = ..., wanted_action: _Optional[_Union[DecisionAction, str]] = ..., severity: _Optional[_Union[_severity_pb2.Severity, str]] = ..., pressure: _Optional[float] = ..., confidence: _Optional[float] = ..., score: _Optional[float] = ...) -> None: ...

class ReplayedDecision(_message.Message):
    __slots__ = ("sample_id", "sample_position", "sample_time", "current", "changed", "differs")
    SAMPLE_ID_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_POSITION_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_TIME_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    DIFFERS_FIELD_NUMBER: _ClassVar[int]
    sample_id: str
    sample_position: int
    sample_time: _timestamp_pb2.Timestamp
    current: Judgement
    changed: Judgement
    differs: bool
    def __init__(self, sample_id: _Optional[str] = ..., sample_position: _Optional[int] = ..., sample_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., current: _Optional[_Union[Judgement, _Mapping]] = ..., changed: _Optional[_Union[Judgement, _Mapping]] = ..., differs: _Optional[bool] = ...) -> None: ...

class ActionComparison(_message.Message):
    __slots__ = ("action", "current_count", "changed_count")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    CURRENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    action: DecisionAction
    current_count: int
    changed_count: int
    def __init__(self, action: _Optional[_Union[DecisionAction, str]] = ..., current_count: _Optional[int] = ..., changed_count: _Optional[int] = ...) -> None: ...

class ReplayProgress(_message.Message):
    __slots__ = ("sample_count", "done_ratio")
    SAMPLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    DONE_RATIO_FIELD_NUMBER: _ClassVar[int]
    sample_count: int
    done_ratio: float
    def __init__(self, sample_count: _Optional[int] = ..., done_ratio: _Optional[float] = ...) -> None: ...

class ReplaySummary(_message.Message):
    __slots__ = ("sample_count", "differing_count", "current_change_count", "changed_change_count", "actions", "truncated")
    SAMPLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    DIFFERING_COUNT_FIELD_NUMBER: _ClassVar[int]
    CURRENT_CHANGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_CHANGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    sample_count: int
    differing_count: int
    current_change_count: int
    changed_change_count: int
    actions: _containers.RepeatedCompositeFieldContainer[ActionComparison]
    truncated: bool
    def __init__(self, sample_count: _Optional[int] = ..., differing_count: _Optional[int] = ..., current_change_count: _Optional[int] = ..., changed_change_count: _Optional[int] = ..., actions: _Optional[_Iterable[_Union[ActionComparison, _Mapping]]] = ..., truncated: _Optional[bool] = ...) -> None: ...

class StageDuration(_message.Message):
    __slots__ = ("stage", "duration")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    stage: CycleStage
    duration: _duration_pb2.Duration
    def __init__(self, stage: _Optional[_Union[CycleStage, str]] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Cycle(_message.Message):
    __slots__ = ("cycle_id", "node", "mode", "called", "start_time", "stages", "status", "sample_id", "sample_age", "judgement", "finding_count", "decision_id")
    CYCLE_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    CALLED_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_ID_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_AGE_FIELD_NUMBER: _ClassVar[int]
    JUDGEMENT_FIELD_NUMBER: _ClassVar[int]
    FINDING_COUNT_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    cycle_id: str
    node: str
    mode: CycleMode
    called: bool
    start_time: _timestamp_pb2.Timestamp
    stages: _containers.RepeatedCompositeFieldContainer[StageDuration]
    status: CycleStatus
    sample_id: str
    sample_age: _duration_pb2.Duration
    judgement: Judgement
    finding_count: int
    decision_id: str
    def __init__(self, cycle_id: _Optional[str] = ..., node: _Optional[str] = ..., mode: _Optional[_Union[CycleMode, str]] = ..., called: _Optional[bool] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., stages: _Optional[_Iterable[_Union[StageDuration, _Mapping]]] = ..., status: _Optional[_Union[CycleStatus, str]] = ..., sample_id: _Optional[str] = ..., sample_age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., judgement: _Optional[_Union[Judgement, _Mapping]] = ..., finding_count: _Optional[int] = ..., decision_id: _Optional[str] = ...) -> None: ...

class TimelineBucket(_message.Message):
    __slots__ = ("start_time", "cycle_count", "actions", "mean_pressure", "max_pressure", "mean_confidence")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    CYCLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    MEAN_PRESSURE_FIELD_NUMBER: _ClassVar[int]
    MAX_PRESSURE_FIELD_NUMBER: _ClassVar[int]
    MEAN_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    cycle_count: int
    actions: _containers.RepeatedCompositeFieldContainer[ActionCount]
    mean_pressure: float
    max_pressure: float
    mean_confidence: float
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cycle_count: _Optional[int] = ..., actions: _Optional[_Iterable[_Union[ActionCount, _Mapping]]] = ..., mean_pressure: _Optional[float] = ..., max_pressure: _Optional[float] = ..., mean_confidence: _Optional[float] = ...) -> None: ...

class ActionCount(_message.Message):
    __slots__ = ("action", "count")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    action: DecisionAction
    count: int
    def __init__(self, action: _Optional[_Union[DecisionAction, str]] = ..., count: _Optional[int] = ...) -> None: ...

class HeatCell(_message.Message):
    __slots__ = ("weekday", "hour", "cycle_count", "mean_pressure", "max_pressure")
    WEEKDAY_FIELD_NUMBER: _ClassVar[int]
    HOUR_FIELD_NUMBER: _ClassVar[int]
    CYCLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    MEAN_PRESSURE_FIELD_NUMBER: _ClassVar[int]
    MAX_PRESSURE_FIELD_NUMBER: _ClassVar[int]
    weekday: int
    hour: int
    cycle_count: int
    mean_pressure: float
    max_pressure: float
    def __init__(self, weekday: _Optional[int] = ..., hour: _Optional[int] = ..., cycle_count: _Optional[int] = ..., mean_pressure: _Optional[float] = ..., max_pressure: _Optional[float] = ...) -> None: ...

class CyclePattern(_message.Message):
    __slots__ = ("kind", "actions", "start_time", "end_time", "cycle_count", "duration")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    CYCLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    kind: CyclePatternKind
    actions: _containers.RepeatedScalarFieldContainer[DecisionAction]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    cycle_count: int
    duration: _duration_pb2.Duration
    def __init__(self, kind: _Optional[_Union[CyclePatternKind, str]] = ..., actions: _Optional[_Iterable[_Union[DecisionAction, str]]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cycle_count: _Optional[int] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...
