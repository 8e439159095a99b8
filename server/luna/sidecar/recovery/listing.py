"""Pages of recoveries and incidents, newest first."""

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from luna.sidecar.recovery.errors import RecoveryPageTokenError

PAGE_SIZE: Final = 50

T = TypeVar("T")


def page(items: Iterable[T], *, size: int, token: str, kind: str, id_of: Callable[[T], str]) -> tuple[Sequence[T], str]:
    """Return the page of *items* that begins after the item in *token*, and the token of the next one.

    Raises:
        RecoveryPageTokenError: the token was not issued for this *kind* of list, or what it names is forgotten.

    """
    rest = iter(items)
    if token:
        last = _redeem(token, kind)
        if not any(id_of(item) == last for item in rest):
            raise RecoveryPageTokenError
    size = size or PAGE_SIZE
    found = [item for item, _ in zip(rest, range(size + 1), strict=False)]
    more = len(found) > size
    return found[:size], _issue(id_of(found[size - 1]), kind) if more else ""


def _issue(last: str, kind: str) -> str:
    return base64.urlsafe_b64encode(f"{kind} {last}".encode()).decode().rstrip("=")


def _redeem(token: str, kind: str) -> str:
    try:
        said = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise RecoveryPageTokenError from None
    found, _, last = said.partition(" ")
    if found != kind:
        raise RecoveryPageTokenError
    return last
