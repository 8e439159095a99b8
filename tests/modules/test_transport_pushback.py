"""What refusals say to those who would try again by themselves."""

from google.rpc import code_pb2, error_details_pb2, status_pb2

from luna.transport.pushback import pushback


def details(code: int, reason: str, *, delay_ms: int | None = None) -> bytes:
    status = status_pb2.Status(code=code)
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason))
    if delay_ms is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromMilliseconds(delay_ms)
        status.details.add().Pack(retry)
    return status.SerializeToString()


def test_a_refusal_on_purpose_is_not_tried_again_before_its_time() -> None:
    """
    Envoy leaves it alone, and a client waits as long as it is told to.
    """
    said = pushback(code_pb2.UNAVAILABLE, details(code_pb2.UNAVAILABLE, "X", delay_ms=1500))

    assert dict(said) == {"x-envoy-ratelimited": "true", "grpc-retry-pushback-ms": "1500"}


def test_a_refusal_without_a_time_is_never_tried_again() -> None:
    """
    A full disk does not get empty by asking.
    """
    said = pushback(code_pb2.RESOURCE_EXHAUSTED, details(code_pb2.RESOURCE_EXHAUSTED, "X"))

    assert dict(said)["grpc-retry-pushback-ms"] == "-1"


def test_a_refusal_for_long_is_told_to_the_caller() -> None:
    """
    A client that slept until then would only spend the deadline.
    """
    said = pushback(code_pb2.UNAVAILABLE, details(code_pb2.UNAVAILABLE, "X", delay_ms=60_000))

    assert dict(said)["grpc-retry-pushback-ms"] == "-1"


def test_what_nobody_tries_again_says_nothing() -> None:
    """
    Other codes; and what a server that goes away says, which the next one will answer.
    """
    away = details(code_pb2.UNAVAILABLE, "REQUEST_ERROR_REASON_GOING_AWAY", delay_ms=500)

    assert not pushback(code_pb2.NOT_FOUND, details(code_pb2.NOT_FOUND, "X"))
    assert not pushback(code_pb2.UNAVAILABLE, b"")
    assert not pushback(code_pb2.UNAVAILABLE, away)
