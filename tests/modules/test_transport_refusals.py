"""How refusals are answered, and what is logged."""

import json
import logging
from typing import Any

import pytest
import structlog
from arkalia.options.v1 import method_pb2, request_error_pb2
from google.rpc import code_pb2, status_pb2

from luna.kernel.errors import DomainError
from luna.resilience.bulkhead import BulkheadFullError
from luna.resilience.circuit import CircuitOpenError
from luna.transport import logs
from luna.transport.call import Call
from luna.transport.errors import DETAIL_BYTES_MAX, Errors
from luna.transport.request_errors import FieldViolation, InvalidRequestError, RequestError
from luna.transport.rpc import describe

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


def test_every_request_error_is_in_the_contract_and_the_other_way_round() -> None:
    """
    Classes and reasons match one to one.
    """
    declared = {value.name for value in request_error_pb2.RequestErrorReason.DESCRIPTOR.values if value.number}

    classes: list[type[DomainError]] = [*RequestError.__subclasses__(), CircuitOpenError, BulkheadFullError]
    raised = {cls.reason for cls in classes}

    assert declared == raised


def test_a_reason_without_a_code_stops_the_start() -> None:
    """
    The contract has to decide.
    """
    with pytest.raises(ValueError, match="PRIORITY_CRITICAL declares no status code"):
        Errors([method_pb2.Priority.DESCRIPTOR])


def test_an_undeclared_reason_is_a_bug() -> None:
    """
    It is answered as one.
    """

    class LostError(DomainError):
        domain = "lost.arkalia.dev"
        reason = "NOT_IN_ANY_CONTRACT"

    assert Errors([]).refusal(call_of(), LostError("?")).code == code_pb2.INTERNAL


def test_trailers_stay_small_enough_for_any_client() -> None:
    """
    A thousand violations are cut to as many as fit; a longer trailer would reach the client as another error.
    """
    many = [FieldViolation(field=f"items[{n}]", description="x" * 2000, rule="string.max_len") for n in range(1000)]
    refusal = Errors([]).refusal(call_of(), InvalidRequestError(many))

    assert len(refusal.details) < 3 * DETAIL_BYTES_MAX
    assert len(refusal.message) <= 1000
    assert status_pb2.Status.FromString(refusal.details).code == code_pb2.INVALID_ARGUMENT


@pytest.fixture
def _restored() -> Any:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


@pytest.mark.usefixtures("_restored")
def test_logs_are_json_without_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    """
    A traceback names lines, not what was in the variables; the standard library's log goes the same way.
    """
    logs.configure(level="info", format="json")
    secret = "hunter" + "2"
    try:
        [secret].index("nothing there")
    except ValueError:
        structlog.stdlib.get_logger("a").exception("it broke")
    logging.getLogger("b").warning("old style")
    logging.getLogger("b").debug("too quiet")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    assert [(line["event"], line["level"]) for line in lines] == [("it broke", "error"), ("old style", "warning")]
    assert "ValueError" in lines[0]["exception"]
    assert secret not in lines[0]["exception"]


@pytest.mark.parametrize("kwargs", [{"level": "loud", "format": "json"}, {"level": "info", "format": "xml"}])
def test_an_unknown_log_setting_stops_the_start(kwargs: dict[str, str]) -> None:
    """
    The message says what there is.
    """
    with pytest.raises(ValueError, match="take"):
        logs.configure(**kwargs)
