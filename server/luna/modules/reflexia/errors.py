"""The failures of the reflexia module, one class per ``ReflexiaErrorReason`` value."""

from luna.kernel.errors import DomainError


class ReflexiaError(DomainError):
    """Base of every failure in this module."""

    domain = "reflexia.arkalia.dev"


class NoSampleError(ReflexiaError):
    """The node was never sampled."""

    reason = "REFLEXIA_ERROR_REASON_NO_SAMPLE"

    def __init__(self, node: str) -> None:
        super().__init__(f"no sample of node {node!r} is known; ask again once it was sampled", node=node)


class PageTokenError(ReflexiaError):
    """The page token is not one of ours."""

    reason = "REFLEXIA_ERROR_REASON_PAGE_TOKEN"

    def __init__(self) -> None:
        super().__init__("page_token was not issued for this list; send an empty one to start over")


class TimeRangeError(ReflexiaError):
    """The time range holds no moment."""

    reason = "REFLEXIA_ERROR_REASON_TIME_RANGE"

    def __init__(self, start_time: str, end_time: str) -> None:
        super().__init__(
            f"start_time {start_time} must be before end_time {end_time}", start_time=start_time, end_time=end_time
        )


class OwnNodeError(ReflexiaError):
    """Somebody reports samples of the node that samples itself."""

    reason = "REFLEXIA_ERROR_REASON_OWN_NODE"

    def __init__(self, node: str) -> None:
        super().__init__(f"node {node!r} samples itself; report other machines under their own names", node=node)


class FutureSampleError(ReflexiaError):
    """The sample was taken later than now."""

    reason = "REFLEXIA_ERROR_REASON_FUTURE_SAMPLE"

    def __init__(self, sample_id: str, ahead_seconds: float) -> None:
        super().__init__(
            f"sample {sample_id} is {ahead_seconds:.0f} s ahead of this node; set the agent's clock",
            sample_id=sample_id,
            ahead_seconds=f"{ahead_seconds:.0f}",
        )


class SampleIdReusedError(ReflexiaError):
    """A sample id is taken by another sample."""

    reason = "REFLEXIA_ERROR_REASON_SAMPLE_ID_REUSED"

    def __init__(self, sample_id: str) -> None:
        super().__init__(f"sample id {sample_id} belongs to another sample; choose a new one", sample_id=sample_id)


class ForeignProcessError(ReflexiaError):
    """The vitals are of a process that belongs to another node."""

    reason = "REFLEXIA_ERROR_REASON_FOREIGN_PROCESS"

    def __init__(self, node: str, process: str) -> None:
        super().__init__(
            f"process {process!r} belongs to node {node!r}, not to this one; report to its own node",
            node=node,
            process=process,
        )
