"""A Python client that hides gRPC."""

from arkalia_client._client import Arkalia, connect
from arkalia_client._errors import ArkaliaError, UnreachableError
from arkalia_client._events import EventClient
from arkalia_client._zeroia import DecisionClient

__all__ = ["Arkalia", "ArkaliaError", "DecisionClient", "EventClient", "UnreachableError", "connect"]
