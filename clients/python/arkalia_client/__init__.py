"""A Python client that hides gRPC."""

from arkalia_client._assistant import AssistantClient
from arkalia_client._breakers import BreakerClient
from arkalia_client._client import OPTIONS, Arkalia, connect
from arkalia_client._degradation import DegradationClient
from arkalia_client._errors import ArkaliaError, CircuitOpenError, DegradedError, UnreachableError
from arkalia_client._events import EventClient
from arkalia_client._guard import GuardClient
from arkalia_client._memory import MemoryClient, new_memory
from arkalia_client._models import ModelClient
from arkalia_client._node import NodeClient
from arkalia_client._recovery import RecoveryClient
from arkalia_client._zeroia import DecisionClient

__all__ = [
    "OPTIONS",
    "Arkalia",
    "ArkaliaError",
    "AssistantClient",
    "BreakerClient",
    "CircuitOpenError",
    "DecisionClient",
    "DegradationClient",
    "DegradedError",
    "EventClient",
    "GuardClient",
    "MemoryClient",
    "ModelClient",
    "NodeClient",
    "RecoveryClient",
    "UnreachableError",
    "connect",
    "new_memory",
]
