"""Generates with one model in memory, by llama.cpp."""

from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from luna.adapters.model_llama_text import SaidText
from luna.adapters.model_words import chat_messages, parsed
from luna.kernel.generation import Delta, Ending, Finished, Piece, Prompt, Sampling
from luna.kernel.model_errors import ModelServerError, PromptRejectedError

if TYPE_CHECKING:
    from llama_cpp import Llama, LlamaGrammar
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

SLICE: Final = 64
"""Tokens of a prompt that are read before it is looked whether anybody still waits for the answer."""
TEMPERATURE: Final = 0.8
TOP_P: Final = 0.95
_PLAIN: Final = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n"
)
"""How a prompt looks to a model whose file does not say."""
_CHANCE: Final = 0xFFFFFFFF
"""The seed that means any."""


class LlamaEngine:
    """A model in memory. Its methods block, and are called by one thread at a time."""

    def __init__(
        self,
        llama: "Llama",
        template: "Jinja2ChatFormatter",
        *,
        is_end: Callable[[int], bool],
        grammar: Callable[[str], "LlamaGrammar"],
    ) -> None:
        self._llama = llama
        self._template = template
        self._is_end = is_end
        self._grammar = grammar

    @classmethod
    def open(cls, path: Path, context_tokens: int) -> Self:
        """Bring the model at *path* into memory.

        Raises:
            ModelServerError: it cannot be loaded, or llama-cpp-python is not installed.

        """
        try:
            from llama_cpp import (  # noqa: PLC0415  an extra, and slow to load
                Llama,
                LlamaGrammar,
                llama_model_get_vocab,
                llama_vocab_is_eog,
            )
            from llama_cpp.llama_chat_format import Jinja2ChatFormatter  # noqa: PLC0415
        except (ImportError, OSError, RuntimeError) as error:
            raise ModelServerError(
                f"llama-cpp-python is not installed: pip install 'arkalia-luna[llama]' ({error})"
            ) from error
        try:
            llama = Llama(str(path), n_ctx=context_tokens, n_batch=SLICE, n_gpu_layers=-1, verbose=False)
            chat = llama.metadata.get("tokenizer.chat_template") or _PLAIN
            template = Jinja2ChatFormatter(chat, eos_token=_mark(llama, "eos"), bos_token=_mark(llama, "bos"))
            vocabulary = llama_model_get_vocab(llama.model)
            return cls(
                llama,
                template,
                is_end=lambda token: bool(llama_vocab_is_eog(vocabulary, token)),
                grammar=lambda schema: LlamaGrammar.from_json_schema(schema, verbose=False),
            )
        except Exception as error:  # the library shares no class of error
            raise ModelServerError(f"{path} cannot be loaded: {error}") from error

    @property
    def tokens_held(self) -> int:
        """How many tokens the model has in its window."""
        return int(self._llama.n_tokens)

    def answer(self, prompt: Prompt, is_wanted: Callable[[], bool]) -> Iterator[Piece]:
        """Yield what the model says to *prompt*, and nothing more once it is not wanted.

        Raises:
            PromptRejectedError: it is too long, or cannot be put to this model.

        """
        sampling = prompt.sampling
        grammar = self._held_to(sampling.schema) if sampling.schema else None
        tokens = self._tokens(prompt)
        self._read(tokens, is_wanted)
        if is_wanted():
            yield from self._say(tokens, sampling, grammar, is_wanted)

    def close(self) -> None:
        """Let go of the memory."""
        self._llama.close()

    def _say(
        self, tokens: Sequence[int], sampling: Sampling, grammar: "LlamaGrammar | None", is_wanted: Callable[[], bool]
    ) -> Iterator[Piece]:
        room = self._llama.n_ctx() - len(tokens)
        most = min(sampling.tokens_max or room, room)
        text = SaidText(sampling.stop)
        said = 0
        for token in self._sampled(tokens, sampling, grammar):
            if not is_wanted():
                return
            said += 1
            if words := text.add(self._llama.detokenize([token])):
                yield Delta(text=words)
            if text.has_stopped or said == most:
                break
        if words := text.end():
            yield Delta(text=words)
        ending = Ending.LENGTH if said == most and not text.has_stopped else Ending.STOP
        yield Finished(ending=ending, prompt_tokens=len(tokens), answer_tokens=said)

    def _sampled(self, tokens: Sequence[int], sampling: Sampling, grammar: "LlamaGrammar | None") -> Iterator[int]:
        self._llama.set_seed(_CHANCE if sampling.seed is None else sampling.seed & _CHANCE)
        sampled = self._llama.generate(
            tokens,
            temp=TEMPERATURE if sampling.temperature is None else sampling.temperature,
            top_p=TOP_P if sampling.top_p is None else sampling.top_p,
            grammar=grammar,
        )
        return takewhile(lambda token: not self._is_end(token), sampled)

    def _tokens(self, prompt: Prompt) -> Sequence[int]:
        if prompt.tools:
            raise PromptRejectedError("a model in the node itself asks for no tools; a server of llama.cpp lets it")
        try:
            text = self._template(messages=chat_messages(prompt)).prompt
        except Exception as error:  # templates are programs, and refuse what they do not know in ways of their own
            raise PromptRejectedError(f"the template of the model refuses the prompt: {error}") from error
        tokens: Sequence[int] = self._llama.tokenize(text.encode(), add_bos=False, special=True)
        if len(tokens) >= self._llama.n_ctx():
            raise PromptRejectedError(
                f"the prompt has {len(tokens)} tokens, and the window of the model {self._llama.n_ctx()}"
            )
        return tokens

    def _read(self, tokens: Sequence[int], is_wanted: Callable[[], bool]) -> None:
        """Read all but the last of *tokens*, and keep what the last prompt had in common with them."""
        llama = self._llama
        held = llama.input_ids[: llama.n_tokens].tolist()
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(held, tokens[:-1], strict=False))
        common = sum(1 for _ in alike)
        if common and llama._ctx.kv_cache_seq_rm(-1, common, -1):  # noqa: SLF001  it says whether it could
            llama.n_tokens = common
        else:
            llama.reset()
        for start in range(llama.n_tokens, len(tokens) - 1, SLICE):
            if not is_wanted():
                return
            llama.eval(tokens[start : min(start + SLICE, len(tokens) - 1)])

    def _held_to(self, schema: str) -> "LlamaGrammar":
        parsed(schema)
        try:
            return self._grammar(schema)
        except Exception as error:  # the library shares no class of error
            raise PromptRejectedError(f"the model cannot be held to this schema: {error}") from error


def _mark(llama: "Llama", name: str) -> str:
    token = llama.token_eos() if name == "eos" else llama.token_bos()
    return "" if token < 0 else str(llama.detokenize([token], special=True).decode(errors="replace"))
