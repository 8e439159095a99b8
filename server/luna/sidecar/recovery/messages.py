"""Translates between the contract of recoveries and the values that they are thought about in."""

from collections.abc import Mapping
from typing import Final, cast

from arkalia.node.v1 import severity_pb2
from arkalia.recovery.v1 import recovery_pb2 as pb

from luna.kernel.error_reports import ErrorReport, ErrorTarget, ErrorType, Severity
from luna.kernel.times import timestamp
from luna.resilience.recovery_policy import Strategy, Verification

_NAME_LENGTH_MAX: Final = 64
_TEXT_LENGTH_MAX: Final = 1024
_ERROR: Final = "ERROR_TYPE_"
_STRATEGY: Final = "RECOVERY_STRATEGY_"
_STATE: Final = "RECOVERY_STATE_"


def report_from(message: pb.ErrorReport, *, now_ns: int) -> ErrorReport:
    """Return what *message* reports. What it does not say happened *now_ns*."""
    last_ns = message.last_time.ToNanoseconds() if message.HasField("last_time") else now_ns
    return ErrorReport(
        error_id=message.error_id,
        target=target_from(message.target),
        reporter=message.reporter,
        first_ns=message.first_time.ToNanoseconds() if message.HasField("first_time") else last_ns,
        last_ns=last_ns,
        count=message.count or 1,
        type=ErrorType(message.type) if message.type else None,
        severity=Severity(message.severity) if message.severity else None,
        code=message.code,
        reason=message.reason,
        message=message.message,
        trace_id=message.trace_id,
        correlation_id=message.correlation_id,
        resolved=message.resolved,
        evidence={each.name: each.text for each in message.evidence},
    )


def report_to(report: ErrorReport) -> pb.ErrorReport:
    """Return *report* as a message."""
    return pb.ErrorReport(
        error_id=report.error_id,
        type=type_to(report.type) if report.type else None,
        severity=severity_to(report.severity) if report.severity else None,
        target=target_to(report.target),
        reporter=report.reporter,
        code=report.code,
        reason=report.reason,
        message=report.message,
        count=report.count,
        first_time=timestamp(report.first_ns),
        last_time=timestamp(report.last_ns),
        trace_id=report.trace_id,
        correlation_id=report.correlation_id,
        resolved=report.resolved,
        evidence=evidence_to(report.evidence),
    )


def target_from(message: pb.ErrorTarget) -> ErrorTarget:
    """Return the target in *message*."""
    return ErrorTarget(
        process=message.process, service=message.service, method=message.method, resource=message.resource
    )


def target_to(target: ErrorTarget) -> pb.ErrorTarget:
    """Return *target* as a message."""
    return pb.ErrorTarget(
        process=target.process, service=target.service, method=target.method, resource=target.resource
    )


def evidence_to(evidence: Mapping[str, str]) -> list[pb.Evidence]:
    """Return *evidence* as messages, each cut to what the contract has room for."""
    return [pb.Evidence(name=name[:_NAME_LENGTH_MAX], text=text[:_TEXT_LENGTH_MAX]) for name, text in evidence.items()]


# The numbers are those of the contract.
def type_to(type: ErrorType) -> pb.ErrorType:
    """Return *type* as the contract has it."""
    return cast("pb.ErrorType", int(type))


def severity_to(severity: Severity) -> severity_pb2.Severity:
    """Return *severity* as the contract has it."""
    return cast("severity_pb2.Severity", int(severity))


def strategy_to(strategy: Strategy) -> pb.RecoveryStrategy:
    """Return *strategy* as the contract has it."""
    return cast("pb.RecoveryStrategy", int(strategy))


def verification_to(verification: Verification) -> pb.Verification:
    """Return *verification* as the contract has it."""
    return cast("pb.Verification", int(verification))


def words(target: ErrorTarget) -> str:
    """Return *target* as people say it."""
    what = target.method or target.service or target.resource
    where = target.process or "the node"
    return f"{what} of {where}" if what else where


def type_word(type: pb.ErrorType) -> str:
    """Return the name of a type of failure, without what all of them begin with."""
    return pb.ErrorType.Name(type).removeprefix(_ERROR)


def strategy_word(strategy: pb.RecoveryStrategy) -> str:
    """Return the name of a strategy, without what all of them begin with."""
    return pb.RecoveryStrategy.Name(strategy).removeprefix(_STRATEGY)


def state_word(state: pb.RecoveryState) -> str:
    """Return the name of a state, without what all of them begin with."""
    return pb.RecoveryState.Name(state).removeprefix(_STATE)
