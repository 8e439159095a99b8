"""The client raises refusals as something that a program can branch on."""

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc.aio import AioRpcError, Metadata

from arkalia_client import ArkaliaError, CircuitOpenError, DegradedError, UnreachableError
from arkalia_client._errors import raising_arkalia_errors


def refusal(reason: str, **metadata: str) -> AioRpcError:
    status = status_pb2.Status(code=grpc.StatusCode.UNAVAILABLE.value[0], message="not now")
    status.details.add().Pack(
        error_details_pb2.ErrorInfo(reason=reason, domain="request.arkalia.dev", metadata=metadata)
    )
    retry = error_details_pb2.RetryInfo()
    retry.retry_delay.FromMilliseconds(1500)
    status.details.add().Pack(retry)
    details = Metadata(("grpc-status-details-bin", status.SerializeToString()))
    return AioRpcError(grpc.StatusCode.UNAVAILABLE, Metadata(), details, details="not now")


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("REQUEST_ERROR_REASON_CIRCUIT_OPEN", CircuitOpenError),
        ("REQUEST_ERROR_REASON_DEGRADED", DegradedError),
        ("REQUEST_ERROR_REASON_OVERLOADED", ArkaliaError),
    ],
)
def test_refusals_that_callers_plan_for_have_a_type(reason: str, kind: type[ArkaliaError]) -> None:
    """
    Each says what it is about, and how long to wait.
    """
    with pytest.raises(ArkaliaError) as raised, raising_arkalia_errors():
        raise refusal(reason, level="HEAVY")

    assert type(raised.value) is kind
    assert (raised.value.reason, raised.value.metadata) == (reason, {"level": "HEAVY"})
    assert raised.value.retry_after_seconds == 1.5
    assert raised.value.retryable


@pytest.mark.parametrize(
    ("code", "details", "retryable"),
    [
        (grpc.StatusCode.UNAVAILABLE, "Socket closed", True),
        (grpc.StatusCode.CANCELLED, "Cancelling all calls", True),
        (grpc.StatusCode.INTERNAL, "Stream removed (RST_STREAM (Received RST_STREAM with error code 2))", True),
        (grpc.StatusCode.INTERNAL, "internal error", False),
    ],
)
def test_a_connection_that_broke_is_told_from_a_node_that_failed(
    code: grpc.StatusCode, details: str, *, retryable: bool
) -> None:
    """
    Only the former may be asked again.
    """
    with pytest.raises(ArkaliaError) as raised, raising_arkalia_errors():
        raise AioRpcError(code, Metadata(), Metadata(), details=details)

    assert isinstance(raised.value, UnreachableError) is retryable
    assert raised.value.retryable is retryable


def test_what_a_policy_breaks_is_listed_by_field() -> None:
    """
    As it is for a request outside its limits.
    """
    with pytest.raises(ArkaliaError) as raised, raising_arkalia_errors():
        raise refusal("RESILIENCE_ERROR_REASON_POLICY_INVALID", **{"violation/policy.open_max": "must not be below it"})

    assert raised.value.violations == {"policy.open_max": "must not be below it"}
