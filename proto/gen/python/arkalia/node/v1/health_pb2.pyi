from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class HealthState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HEALTH_STATE_UNSPECIFIED: _ClassVar[HealthState]
    HEALTH_STATE_SERVING: _ClassVar[HealthState]
    HEALTH_STATE_DEGRADED: _ClassVar[HealthState]
    HEALTH_STATE_NOT_SERVING: _ClassVar[HealthState]
    HEALTH_STATE_STARTING: _ClassVar[HealthState]
    HEALTH_STATE_RECOVERING: _ClassVar[HealthState]
    HEALTH_STATE_QUARANTINED: _ClassVar[HealthState]

class DegradationLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEGRADATION_LEVEL_UNSPECIFIED: _ClassVar[DegradationLevel]
    DEGRADATION_LEVEL_NORMAL: _ClassVar[DegradationLevel]
    DEGRADATION_LEVEL_LIGHT: _ClassVar[DegradationLevel]
    DEGRADATION_LEVEL_MODERATE: _ClassVar[DegradationLevel]
    DEGRADATION_LEVEL_HEAVY: _ClassVar[DegradationLevel]
    DEGRADATION_LEVEL_EMERGENCY: _ClassVar[DegradationLevel]
    DEGRADATION_LEVEL_SURVIVAL: _ClassVar[DegradationLevel]
HEALTH_STATE_UNSPECIFIED: HealthState
HEALTH_STATE_SERVING: HealthState
HEALTH_STATE_DEGRADED: HealthState
HEALTH_STATE_NOT_SERVING: HealthState
HEALTH_STATE_STARTING: HealthState
HEALTH_STATE_RECOVERING: HealthState
HEALTH_STATE_QUARANTINED: HealthState
DEGRADATION_LEVEL_UNSPECIFIED: DegradationLevel
DEGRADATION_LEVEL_NORMAL: DegradationLevel
DEGRADATION_LEVEL_LIGHT: DegradationLevel
DEGRADATION_LEVEL_MODERATE: DegradationLevel
DEGRADATION_LEVEL_HEAVY: DegradationLevel
DEGRADATION_LEVEL_EMERGENCY: DegradationLevel
DEGRADATION_LEVEL_SURVIVAL: DegradationLevel
