"""Writes reports of failures as the contract has them."""

from arkalia.recovery.v1 import recovery_pb2 as pb

from luna.kernel.error_reports import ErrorReport
from luna.kernel.times import timestamp

_TEXT_MAX = 1024


def report_to_pb(report: ErrorReport) -> pb.ErrorReport:
    """Return *report* as a message within the limits of the contract."""
    target = report.target
    message = pb.ErrorReport(
        error_id=report.error_id,
        target=pb.ErrorTarget(
            process=target.process, service=target.service, method=target.method, resource=target.resource
        ),
        reporter=report.reporter,
        code=report.code,
        reason=report.reason[:128],
        message=report.message[:_TEXT_MAX],
        count=report.count,
        first_time=timestamp(report.first_ns),
        last_time=timestamp(report.last_ns),
        trace_id=report.trace_id,
        correlation_id=report.correlation_id[:128],
        resolved=report.resolved,
        evidence=[
            pb.Evidence(name=name[:64], text=text[:_TEXT_MAX]) for name, text in list(report.evidence.items())[:32]
        ],
    )
    if report.type is not None:
        message.type = report.type.value  # type: ignore[assignment]  # the numbers are those of the contract
    if report.severity is not None:
        message.severity = report.severity.value  # type: ignore[assignment]  # as above
    return message
