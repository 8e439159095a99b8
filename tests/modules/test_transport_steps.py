"""The steps of the chain, each by itself."""

from dataclasses import fields
from typing import Any

import pytest
from arkalia.helloria.v1 import helloria_service_pb2
from arkalia.memory.v1.memory_pb2 import NewMemory
from arkalia.memory.v1.memory_service_pb2 import RetainManyRequest
from arkalia.options.v1 import method_pb2
from google.protobuf.struct_pb2 import Struct

from luna.kernel.context import CallContext
from luna.transport.admission import Admission
from luna.transport.call import Call
from luna.transport.chain import Chain, standard_steps
from luna.transport.deadline import Deadline
from luna.transport.identity import Identity
from luna.transport.meter import Meter
from luna.transport.plain_rules import has_rules
from luna.transport.request_errors import DeadlineError, InvalidRequestError
from luna.transport.rpc import describe
from luna.transport.step import ChainOrderError, Step, in_order
from luna.transport.trace import trace_id_of, unrecorded
from luna.transport.validate import MANY, Validate, load_validator

ECHO = "/arkalia.helloria.v1.HelloriaService/Echo"
WATCH = "/arkalia.helloria.v1.HelloriaService/WatchStatus"


class Context:
    """A servicer's context of which only the deadline matters."""

    def __init__(self, left: float | None = None) -> None:
        self._left = left

    def time_remaining(self) -> float | None:
        return self._left

    def code(self) -> None:
        return None


def call_of(path: str = ECHO, *, left: float | None = None, headers: dict[str, str] | None = None) -> Call:
    return Call(describe(path), Context(left), tuple((headers or {}).items()))


def started(step: Step, call: Call) -> Call:
    start = step.on_start(call.rpc)
    assert start is not None
    start(call)
    return call


def test_the_standard_steps_are_in_order() -> None:
    """
    The order that the documents name is the order that runs.
    """
    steps = in_order(standard_steps(meter=Meter(), reasons=[]))

    assert " ".join(step.name for step in steps) == (
        "observe report errors deadline identity admission validate breaker"
    )


@pytest.mark.parametrize("swapped", range(7))
def test_a_wrong_order_stops_the_start(swapped: int) -> None:
    """
    Two neighbours that depend on each other cannot change places.
    """
    steps = list(standard_steps(meter=Meter(), reasons=[]))
    steps[swapped], steps[swapped + 1] = steps[swapped + 1], steps[swapped]
    if {steps[swapped].name, steps[swapped + 1].name} in ({"deadline", "identity"}, {"report", "errors"}):
        assert in_order(steps)
        return
    with pytest.raises(ChainOrderError):
        in_order(steps)


@pytest.mark.parametrize("missing", ["errors", "observe"])
def test_a_chain_without_a_step_that_others_need_does_not_start(missing: str) -> None:
    """
    Leaving one out is a wrong order too.
    """
    steps = [step for step in standard_steps(meter=Meter(), reasons=[]) if step.name != missing]
    with pytest.raises(ChainOrderError, match=missing):
        Chain(steps, meter=Meter(), message_bytes_max=1)


def test_a_step_is_there_once() -> None:
    """
    Twice would count twice.
    """
    step = standard_steps(meter=Meter(), reasons=[])[0]
    with pytest.raises(ChainOrderError, match="twice"):
        in_order([step, step])


def test_the_contract_is_read_once_per_method() -> None:
    """
    Options become plain attributes, with the defaults that the contract promises.
    """
    echo, watch, unknown = describe(ECHO), describe(WATCH), describe("/no.Such/Thing")

    assert (echo.scope, echo.priority, echo.deadline_seconds) == ("node:read", method_pb2.PRIORITY_CRITICAL, 5.0)
    assert (watch.unary, watch.deadline_seconds, watch.priority) == (False, None, method_pb2.PRIORITY_LOW)
    assert (unknown.service, unknown.method, unknown.priority) == (
        "no.Such",
        "no.Such/Thing",
        method_pb2.PRIORITY_MEDIUM,
    )


@pytest.mark.parametrize(("path", "left", "expected"), [(ECHO, None, 5), (ECHO, 2, 2), (ECHO, 60, 5), (WATCH, 60, 60)])
def test_a_call_has_the_shorter_of_its_own_deadline_and_the_contracts(
    path: str, left: float | None, expected: float
) -> None:
    """
    A stream has only its own.
    """
    call = started(Deadline(), call_of(path, left=left))

    assert call.deadline == pytest.approx(call.started + expected)


def test_a_stream_may_have_no_deadline() -> None:
    """
    It lasts until somebody ends it.
    """
    assert started(Deadline(), call_of(WATCH)).deadline is None


def test_a_spent_deadline_is_refused_before_the_work() -> None:
    """
    Nobody waits for the answer.
    """
    with pytest.raises(DeadlineError, match="before the work began"):
        started(Deadline(), call_of(left=0.0))


def test_claims_are_read_and_nothing_is_enforced() -> None:
    """
    Without headers there is just no subject.
    """
    known = started(Identity(), call_of(headers={"x-jwt-sub": "ada", "x-jwt-scope": "a:read b:write"}))
    unknown = started(Identity(), call_of())

    assert (known.subject, sorted(known.scopes)) == ("ada", ["a:read", "b:write"])
    assert (unknown.subject, unknown.scopes) == ("", frozenset())


def test_admission_asks_its_gates_with_the_priority_of_the_rpc() -> None:
    """
    And those that steer the node are asked by no other.
    """
    asked: list[tuple[str, int]] = []
    started(Admission(lambda call, priority: asked.append((call.rpc.method, priority))), call_of())

    assert asked == [("arkalia.helloria.v1.HelloriaService/Echo", method_pb2.PRIORITY_CRITICAL)]
    assert Admission().on_start(describe("/grpc.health.v1.Health/Check")) is None


def test_messages_without_limits_are_not_checked() -> None:
    """
    The validator is not asked in vain, and types that contain themselves end.
    """
    assert has_rules(helloria_service_pb2.EchoRequest.DESCRIPTOR)
    assert not has_rules(helloria_service_pb2.GetStatusRequest.DESCRIPTOR)
    assert not has_rules(Struct.DESCRIPTOR)


@pytest.mark.parametrize("count", [1, MANY])
def test_what_is_wrong_is_told_of_few_and_of_many(count: int) -> None:
    """
    By its place, once the validator is there too.
    """
    load_validator()
    check = Validate().on_message(describe("/arkalia.memory.v1.MemoryService/RetainMany"))
    good = RetainManyRequest(namespace="n", memories=[NewMemory(text="x")] * count)
    assert check is not None
    check(good)
    good.memories[count - 1].text = ""
    with pytest.raises(InvalidRequestError) as caught:
        check(good)

    assert [violation.field for violation in caught.value.violations] == [f"memories[{count - 1}].text"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "0af7651916cd43dd8448eb211c80319c"),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", ""),
        ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", ""),
        ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", ""),
        ("rubbish", ""),
        (b"00", ""),
        (None, ""),
    ],
)
def test_only_a_well_formed_traceparent_is_believed(header: Any, expected: str) -> None:
    """
    The W3C rules: lower case, no zero ids.
    """
    assert trace_id_of(header) == expected


def test_an_unrecorded_trace_can_be_continued() -> None:
    """
    What is written can be read.
    """
    assert trace_id_of(unrecorded("0af7651916cd43dd8448eb211c80319c")) == "0af7651916cd43dd8448eb211c80319c"


def test_a_call_can_stand_for_its_context() -> None:
    """
    What the kernel promises about the current call, the chain's own object has.
    """
    names = {field.name for field in fields(CallContext)}

    assert names <= set(Call.__slots__)
