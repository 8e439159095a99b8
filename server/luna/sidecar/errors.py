"""What ``NodeService`` refuses."""

from pathlib import Path

from luna.kernel.errors import DomainError


class NodeError(DomainError):
    """Base of what the node refuses."""

    domain = "node.arkalia.dev"


class ProcessUnknownError(NodeError):
    """The node has no process of that name."""

    reason = "NODE_ERROR_REASON_PROCESS_UNKNOWN"

    def __init__(self, process: str, known: list[str]) -> None:
        super().__init__(f"there is no process {process!r}; there are {', '.join(known)}", process=process)


class NotRestartableError(NodeError):
    """The process cannot be replaced while it serves."""

    reason = "NODE_ERROR_REASON_NOT_RESTARTABLE"

    def __init__(self, process: str) -> None:
        super().__init__(
            f"{process} cannot be replaced while it serves, for it holds the node's port; restart the node instead",
            process=process,
        )


class ReplacementError(NodeError):
    """The replacement did not come up."""

    reason = "NODE_ERROR_REASON_REPLACEMENT"

    def __init__(self, process: str, replica: int, log: Path) -> None:
        super().__init__(
            f"the replacement of {process}-{replica} did not come up, and the old process goes on; {log} says why",
            process=process,
            replica=replica,
            log=log,
        )


class NodeStoppingError(NodeError):
    """The node is stopping."""

    reason = "NODE_ERROR_REASON_STOPPING"

    def __init__(self, node: str) -> None:
        super().__init__(f"node {node} is stopping; try again when it is back", node=node)


class NodeResumeTokenError(NodeError):
    """The resume token was not issued by this node."""

    reason = "NODE_ERROR_REASON_RESUME_TOKEN"

    def __init__(self) -> None:
        super().__init__("resume_token is garbled or of another node; send an empty one to start over")
