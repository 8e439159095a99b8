"""How language models fail."""

from collections.abc import Sequence


class ModelError(Exception):
    """Base of what a server of models raises on purpose."""


class ModelServerError(ModelError):
    """The server did not answer, or stopped in the middle of an answer. Trying again later may help."""


class ModelMissingError(ModelError):
    """The server has no such model."""

    def __init__(self, model: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no model {model}; there are {', '.join(known) or 'none'}")
        self.model = model
        self.known = known


class PromptRejectedError(ModelError):
    """The model cannot be asked this: the request is at fault, and trying again does not help."""


class PullRejectedError(ModelError):
    """The model cannot be fetched: this server fetches none, or nobody offers the model."""
