"""Chooses the language models that may answer, by how well the node is. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from luna.modules.assistantia.errors import ModelDownError
from luna.modules.assistantia.models import Model, Models
from luna.resilience.levels import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The models to ask, one after the other until one begins to answer."""

    models: Sequence[Model] = ()
    notes: Sequence[str] = ()
    """Why they are fewer than there could be."""


def ladder(there: Models, level: int) -> Ladder:
    """Return those of the models *there* that may answer when the node is at *level*.

    From MODERATE on the first one is spared, unless it is the only one; from
    HEAVY on all of them are.
    """
    ranked = sorted((model for model in there.models if model.rank), key=lambda model: model.rank)
    lacking = _lacking(there)
    if level < Level.MODERATE or not ranked:
        return Ladder(models=ranked, notes=lacking)
    if level >= Level.HEAVY:
        return Ladder(notes=[_spared("no language model was", level)])
    if len(ranked) == 1:
        return Ladder(models=ranked, notes=lacking)
    return Ladder(models=ranked[1:], notes=[*lacking, _spared(f"{ranked[0].name} was not", level)])


def refuse_spared(name: str, level: int) -> None:
    """Refuse to ask the model *name*, which a caller wants and no other, when the node is at *level*.

    Raises:
        ModelDownError: no model is asked at that level.

    """
    if level >= Level.HEAVY:
        raise ModelDownError(name, _spared("no language model is", level))


def _lacking(there: Models) -> Sequence[str]:
    """Return what keeps models from answering that somebody counts on."""
    missing = [f"{name} is not there" for name in there.missing]
    silent = [f"a server of models does not answer: {each}" for each in there.silent]
    late = [f"{name} has not said yet which models it holds" for name in there.late]
    return [*missing, *silent, *late] if missing or late or there.models else []


def _spared(what: str, level: int) -> str:
    return f"{what} asked, because the node is at level {Level(level).name}"
