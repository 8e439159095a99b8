"""Recognises questions about the node itself, and what of its past they are about. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from luna.modules.assistantia.normalise import unaccented

_WHY: Final = re.compile(r"\b(?:why|pourquoi|warum|weshalb|por que|explain|explique\w*|erklar\w*|explica\w*)\b")
_NODE: Final = re.compile(
    r"\b(?:you|your|node|tu|te|vous|votre|noeud|hast|dein\w*|ihr|knoten|usted|nodo|has|(?:warum|weshalb).* du)\b"
)
_DECIDED: Final = re.compile(r"\b(?:decisions?|decid\w*|entscheid\w*|entschied\w*)\b")
_ACTIONS: Final = (
    (
        re.compile(
            r"\b(?:shut\w*[ -]?down|emergency shutdown|arret d'urgence|t'es-tu arrete|notabschalt\w*|"
            r"abgeschaltet|te apagaste)\b"
        ),
        "EMERGENCY_SHUTDOWN",
    ),
    (re.compile(r"\b(?:halt(?:ed|ing)?|angehalten|te detuviste)\b"), "HALT"),
    (re.compile(r"\b(?:monitor\w*|surveill\w*|uberwach\w*|vigil\w*)\b"), "MONITOR"),
    (
        re.compile(
            r"\b(?:redu[ciz]\w*|lower\w*|baiss\w*)\b.*\b(?:load|charge|carga)\b|"
            r"\blast\b.*\b(?:gesenkt|reduzier\w*|verringert)\b"
        ),
        "REDUCE_LOAD",
    ),
)
_TIME: Final = re.compile(r"\b([01]?\d|2[0-3])\s?[:h]\s?([0-5]\d)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutNode:
    """A question about what the node did."""

    actions: Sequence[str]
    """The actions that it names; none: any."""
    until_ns: int
    """What it asks about had happened by then; 0: by now."""


def about_node(question: str, now: datetime) -> AboutNode | None:
    """Return what *question* asks about the node; ``None`` if it is about something else.

    A time of day is the newest such time before *now*, in the time zone of *now*.
    """
    said = unaccented(question.replace("’", "'"))
    actions = [name for pattern, name in _ACTIONS if pattern.search(said)]
    is_about = _WHY.search(said) and (_DECIDED.search(said) or (actions and _NODE.search(said)))
    return AboutNode(actions=actions[:1], until_ns=_until(said, now)) if is_about else None


def _until(said: str, now: datetime) -> int:
    found = _TIME.search(said)
    if not found:
        return 0
    moment = now.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
    if moment > now:
        moment -= timedelta(days=1)
    return int((moment + timedelta(minutes=1)).timestamp()) * 1_000_000_000
