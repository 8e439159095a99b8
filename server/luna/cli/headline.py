"""Puts what happened in an event into one line for people."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from arkalia.reflexia.v1.reflexia_event_pb2 import SampleTaken
from arkalia.zeroia.v1.zeroia_event_pb2 import DecisionMade
from arkalia.zeroia.v1.zeroia_pb2 import DecisionAction
from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError, Message

from luna.cli.output import percent

_Headline = Callable[[bytes], str]


def headline(payload: AnyMessage) -> str:
    """Return the essence of *payload*, or all of it as JSON where nobody said what the essence is."""
    spelled = _HEADLINES.get(payload.TypeName())
    try:
        return spelled(payload.value) if spelled else _whole(payload)
    except (KeyError, DecodeError):
        return f"({len(payload.value)} bytes)"


def _sample(content: bytes) -> str:
    sample = SampleTaken.FromString(content).sample
    figures = "  ".join(
        f"{name} {percent(sample.machine, field)}"
        for name, field in (("cpu", "cpu_ratio"), ("memory", "memory_ratio"), ("disk", "disk_ratio"))
    )
    return f"{figures}  processes {len(sample.processes)}"


def _decision(content: bytes) -> str:
    decision = DecisionMade.FromString(content).decision
    action = DecisionAction.Name(decision.action).removeprefix("DECISION_ACTION_")
    counted = f"  after {decision.suppressed_count} repeats" if decision.suppressed_count else ""
    return f"{action}  confidence {decision.confidence:.2f}  pressure {decision.pressure:.2f}{counted}"


def _whole(payload: AnyMessage) -> str:
    descriptor = descriptor_pool.Default().FindMessageTypeByName(payload.TypeName())
    message: Message = message_factory.GetMessageClass(descriptor).FromString(payload.value)
    return json.dumps(json_format.MessageToDict(message), ensure_ascii=False).replace('"', "")


_HEADLINES: Final[Mapping[str, _Headline]] = {
    SampleTaken.DESCRIPTOR.full_name: _sample,
    DecisionMade.DESCRIPTOR.full_name: _decision,
}
