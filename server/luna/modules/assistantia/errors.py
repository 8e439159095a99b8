"""The failures of the assistantia module, one class per ``AssistantiaErrorReason`` value."""

from luna.kernel.errors import DomainError


class AssistantiaModuleError(DomainError):
    """Base of every failure in this module."""

    domain = "assistantia.arkalia.dev"


class BatchTooLongError(AssistantiaModuleError):
    """The prompts of a batch are too long together."""

    reason = "ASSISTANTIA_ERROR_REASON_BATCH_TOO_LONG"

    def __init__(self, characters: int, limit: int) -> None:
        super().__init__(
            f"the prompts have {characters} characters together, {limit} are allowed; send fewer of them",
            characters=characters,
            limit=limit,
        )
