"""The step that knows who calls."""

from luna.transport.call import Call
from luna.transport.rpc import Rpc
from luna.transport.step import Start, Step

SUBJECT = "x-jwt-sub"
SCOPE = "x-jwt-scope"
"""The scopes, separated by spaces."""


class Identity(Step):
    """Takes over the claims that Envoy has verified. It grants and refuses nothing.

    Only Envoy and the node's own user reach the socket, and Envoy removes
    these headers from what comes in from outside.
    """

    name = "identity"
    inside = frozenset({"errors"})

    def on_start(self, rpc: Rpc) -> Start:
        """Read the claims."""
        del rpc
        return _read


def _read(call: Call) -> None:
    headers = call.headers
    if SUBJECT in headers:
        call.subject = headers[SUBJECT]
    if SCOPE in headers:
        call.scopes = frozenset(headers[SCOPE].split())
