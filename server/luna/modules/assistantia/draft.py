"""An answer while it is written."""

from dataclasses import dataclass, field

from arkalia.assistantia.v1 import conversation_pb2 as pb

from luna.kernel.generation import ToolCall, pace
from luna.modules.assistantia.domain import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The next words, and what they rest on where it was not named before."""

    text: str
    citation: Passage | None = None
    number: int = 0
    tool_call: ToolCall | None = None
    """A tool that the model asks for."""


@dataclass(slots=True, kw_only=True)
class Draft:
    """What was said so far, by whom, and what it took."""

    text: str = ""
    citations: list[Part] = field(default_factory=list)
    tool_calls: list[ToolCall] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Why it is less than it could be."""
    rung: pb.AnswerRung = pb.ANSWER_RUNG_EXTRACTIVE
    ending: pb.AnswerEnding = pb.ANSWER_ENDING_STOP
    model: str = ""
    """The language model that writes it; empty: none does."""
    prompt_tokens: int = 0
    answer_tokens: int = 0
    estimated: bool = False
    """Whether nobody counted the tokens."""
    first_at: float = 0.0
    """When the first words came."""
    last_at: float = 0.0

    def add(self, part: Part) -> None:
        """Take in what was said next."""
        self.text += part.text
        if part.citation is not None:
            self.citations.append(part)
        if part.tool_call is not None:
            self.tool_calls.append(part.tool_call)

    @property
    def tokens_per_second(self) -> float:
        """How fast it was written after the first words; 0 if that cannot be told."""
        return pace(self.answer_tokens, self.last_at - self.first_at) or 0.0
