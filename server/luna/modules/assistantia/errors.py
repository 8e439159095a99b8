"""The failures of the assistantia module, one class per ``AssistantiaErrorReason`` value."""

from collections.abc import Sequence
from typing import Final

from luna.kernel.errors import DomainError
from luna.modules.assistantia.guard import Verdict

SHOWN_MAX: Final = 8
"""How many rules and places a refusal names."""


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


class PromptRefusedError(AssistantiaModuleError):
    """The guard refuses a message."""

    reason = "ASSISTANTIA_ERROR_REASON_PROMPT_REFUSED"

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(
            "the guard takes the message for an attack; ListRules says what its rules find, "
            "and CheckPrompt shows where they match",
            category=verdict.rules[0].category,
            score=round(verdict.score, 3),
            threshold=verdict.threshold,
            rule_ids=",".join(rule.id for rule in verdict.rules[:SHOWN_MAX]),
            spans=",".join(f"{span.start}-{span.end}:{span.rule.id}" for span in verdict.spans[:SHOWN_MAX]),
        )


class ConversationUnknownError(AssistantiaModuleError):
    """There is no such conversation for whoever asks."""

    reason = "ASSISTANTIA_ERROR_REASON_CONVERSATION_UNKNOWN"

    def __init__(self, conversation_id: str) -> None:
        super().__init__(
            f"there is no conversation {conversation_id}; ListConversations lists those there are",
            conversation_id=conversation_id,
        )


class PageTokenError(AssistantiaModuleError):
    """The page token was not issued for this list."""

    reason = "ASSISTANTIA_ERROR_REASON_PAGE_TOKEN"

    def __init__(self) -> None:
        super().__init__("page_token was not issued for this list; send an empty one to start over")


class ModelUnknownError(AssistantiaModuleError):
    """The node has no such language model."""

    reason = "ASSISTANTIA_ERROR_REASON_MODEL_UNKNOWN"

    def __init__(self, model: str, models: Sequence[str]) -> None:
        known = ", ".join(models) or "none"
        super().__init__(f"there is no model {model}; there are: {known}", model=model, models=",".join(models))


class ModelDownError(AssistantiaModuleError):
    """What holds a language model does not answer, or no longer."""

    reason = "ASSISTANTIA_ERROR_REASON_MODEL_DOWN"

    def __init__(self, model: str, why: str) -> None:
        super().__init__(
            f"{model or 'the ladder of models'} does not answer: {why}; try again later, or ask another model",
            model=model,
        )


class ModelRejectedError(AssistantiaModuleError):
    """A language model cannot be asked this."""

    reason = "ASSISTANTIA_ERROR_REASON_MODEL_REJECTED"

    def __init__(self, model: str, why: str) -> None:
        super().__init__(f"{model} cannot be asked this: {why}; change the request", model=model)


class PullRefusedError(AssistantiaModuleError):
    """A language model cannot be fetched."""

    reason = "ASSISTANTIA_ERROR_REASON_PULL_REJECTED"

    def __init__(self, model: str, why: str) -> None:
        super().__init__(f"{model} cannot be fetched: {why}; look at its name, or fetch it another way", model=model)


class AnswerBrokeOffError(AssistantiaModuleError):
    """A language model stopped in the middle of its answer."""

    reason = "ASSISTANTIA_ERROR_REASON_ANSWER_BROKE_OFF"

    def __init__(self, *, conversation_id: str, turn_id: str, model: str, why: str) -> None:
        super().__init__(
            f"the answer broke off: {why}; GetConversation returns what was said until then",
            conversation_id=conversation_id,
            turn_id=turn_id,
            model=model,
        )


class BudgetSpentError(AssistantiaModuleError):
    """The tokens that a caller may use today are spent."""

    reason = "ASSISTANTIA_ERROR_REASON_BUDGET_SPENT"

    def __init__(self, *, limit: int, spent: int, resets: str, retry_after_seconds: float) -> None:
        super().__init__(
            f"{spent} of {limit} tokens are spent; wait until {resets}, or name no model to be answered with quotes",
            limit=limit,
            spent=spent,
            resets=resets,
        )
        self.retry_after_seconds = retry_after_seconds


class ToolResultsError(AssistantiaModuleError):
    """The results are not those of the tools that a conversation waits for."""

    reason = "ASSISTANTIA_ERROR_REASON_TOOL_RESULTS"

    def __init__(self, waits_for: Sequence[str]) -> None:
        ids = ", ".join(waits_for) or "no tool"
        super().__init__(f"the conversation waits for {ids}; send those results", waits_for=",".join(waits_for))
