"""The failures of the helloria module, one class per ``HelloriaErrorReason`` value."""

from luna.kernel.errors import DomainError


class PageTokenError(DomainError):
    """The page token was not issued for this list."""

    domain = "helloria.arkalia.dev"
    reason = "HELLORIA_ERROR_REASON_PAGE_TOKEN"

    def __init__(self) -> None:
        super().__init__("page_token was not issued for this list; send an empty one for the first page")
