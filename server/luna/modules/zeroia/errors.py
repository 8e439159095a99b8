"""The failures of the zeroia module, one class per ``ZeroiaErrorReason`` value."""

from collections.abc import Mapping

from luna.kernel.errors import DomainError


class ZeroiaModuleError(DomainError):
    """Base of every failure in this module."""

    domain = "zeroia.arkalia.dev"


class NoSampleError(ZeroiaModuleError):
    """There is nothing to decide on."""

    reason = "ZEROIA_ERROR_REASON_NO_SAMPLE"

    def __init__(self, node: str) -> None:
        super().__init__(
            f"no sample of node {node!r} has arrived yet; wait for one, or send signals with the request", node=node
        )


class SignalsError(ZeroiaModuleError):
    """Given signals cannot be decided on."""

    reason = "ZEROIA_ERROR_REASON_SIGNALS"

    def __init__(self, violations: Mapping[str, str]) -> None:
        super().__init__(f"these signals cannot be decided on: {_listed(violations)}", **_keyed(violations))


class DecisionUnknownError(ZeroiaModuleError):
    """There is no such decision."""

    reason = "ZEROIA_ERROR_REASON_DECISION_UNKNOWN"

    def __init__(self, decision_id: str) -> None:
        super().__init__(
            f"there is no decision {decision_id!r}; ListDecisions lists those there are", decision_id=decision_id
        )


class IdTakenError(ZeroiaModuleError):
    """The chosen id belongs to something else."""

    reason = "ZEROIA_ERROR_REASON_ID_TAKEN"

    def __init__(self, id: str) -> None:
        super().__init__(f"id {id!r} belongs to another event; choose a new UUID", id=id)


class OutcomeExistsError(ZeroiaModuleError):
    """Another outcome was reported before."""

    reason = "ZEROIA_ERROR_REASON_OUTCOME_EXISTS"

    def __init__(self, decision_id: str, verdict: str) -> None:
        super().__init__(
            f"the outcome of decision {decision_id!r} was reported as {verdict}; it stays as it is",
            decision_id=decision_id,
            verdict=verdict,
        )


class PolicyInvalidError(ZeroiaModuleError):
    """A policy breaks its rules."""

    reason = "ZEROIA_ERROR_REASON_POLICY_INVALID"

    def __init__(self, violations: Mapping[str, str]) -> None:
        super().__init__(f"the policy was not changed: {_listed(violations)}", **_keyed(violations))


class PolicyChangedError(ZeroiaModuleError):
    """The policy is not at the revision that the caller has seen."""

    reason = "ZEROIA_ERROR_REASON_POLICY_CHANGED"

    def __init__(self, etag: str, revision: int) -> None:
        super().__init__(
            f"the policy is at revision {revision} now; read it again and make the change to that one",
            etag=etag,
            revision=revision,
        )


class RevisionUnknownError(ZeroiaModuleError):
    """There is no such revision of the policy."""

    reason = "ZEROIA_ERROR_REASON_REVISION_UNKNOWN"

    def __init__(self, revision: int) -> None:
        super().__init__(
            f"the policy has no revision {revision}; ListPolicyRevisions lists those it has", revision=revision
        )


class PageTokenError(ZeroiaModuleError):
    """The page token was not issued for this list."""

    reason = "ZEROIA_ERROR_REASON_PAGE_TOKEN"

    def __init__(self) -> None:
        super().__init__("page_token was not issued for this list; send an empty one to start over")


class TimeRangeError(ZeroiaModuleError):
    """A time range ends before it starts."""

    reason = "ZEROIA_ERROR_REASON_TIME_RANGE"

    def __init__(self, start: str, end: str) -> None:
        super().__init__(
            f"start_time {start} is not before end_time {end}; swap or widen them", start_time=start, end_time=end
        )


class TooManyBucketsError(ZeroiaModuleError):
    """A timeline would have too many buckets."""

    reason = "ZEROIA_ERROR_REASON_TOO_MANY_BUCKETS"

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(
            f"the timeline would have {count} buckets, at most {limit} are possible; "
            "choose a longer bucket or a shorter range",
            count=count,
            limit=limit,
        )


def _listed(violations: Mapping[str, str]) -> str:
    return "; ".join(f"{field} {what}" for field, what in violations.items())


def _keyed(violations: Mapping[str, str]) -> dict[str, object]:
    return {f"violation/{field}": what for field, what in violations.items()}
