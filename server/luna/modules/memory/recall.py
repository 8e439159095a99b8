"""Finds memories on the best rung that works: by the vector index, by comparing, by words alone, as answered before."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from luna.kernel.clock import Clock
from luna.kernel.embedding import Vectors
from luna.kernel.memory_errors import VersionUnknownError
from luna.kernel.memory_index import MemoryReader
from luna.kernel.memory_rows import Found, Moment, Row, Rung, Where
from luna.modules.memory.domain import Placed, Score, Weights, places, score
from luna.modules.memory.errors import (
    EmbedderRestingError,
    IndexDownError,
    MomentUnknownError,
    QuestionError,
    index_failures,
)
from luna.modules.memory.guards import Guards
from luna.modules.memory.projection import Projection

POOL: Final = 4
"""How many times as many candidates as answers each way of looking brings, so that joining has a choice."""
POOL_MIN: Final = 40
SCORE_DIGITS: Final = 4
"""Scores that differ by less are the same: a place more or less makes eighty times that."""
REMEMBERED: Final = 256
"""How many answers are kept for when nothing else works."""


class Mode(StrEnum):
    """How it is looked for memories."""

    HYBRID = "hybrid"
    MEANING = "meaning"
    WORDS = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked for."""

    where: Where
    text: str
    vector: Vectors | None
    mode: Mode
    limit: int
    weights: Weights
    score_min: float = 0.0
    similarity_min: float | None = None
    moment: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """One answer."""

    row: Row
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answers, best first."""

    memories: Sequence[Recalled]
    rung: str
    version: int
    position: int


CACHE: Final = "cache"


class Recaller:
    """Looks for memories."""

    def __init__(self, projection: Projection, guards: Guards, clock: Clock) -> None:
        self._projection = projection
        self._guards = guards
        self._clock = clock
        self._answers: OrderedDict[bytes, Answer] = OrderedDict()

    async def recall(self, question: Question, spelled: bytes) -> Answer:
        """Return what answers *question*; *spelled* is the same for the same question.

        Raises:
            QuestionError: it has nothing to look for.
            MomentUnknownError: there is no such state of the index.
            IndexDownError: nothing works, and it was not answered before.

        """
        if not question.text.strip() and (question.vector is None or question.mode is Mode.WORDS):
            raise QuestionError("text")
        try:
            answer = await self._asked(question)
        except IndexDownError:
            if (before := self._answers.get(spelled)) is None:
                raise
            return replace(before, rung=CACHE)
        self._remember(spelled, answer)
        return answer

    async def reader(self, moment: Moment | None) -> MemoryReader:
        """Return what to look into.

        Raises:
            MomentUnknownError: there is no such state of the index.

        """
        if moment is None:
            return self._projection.index
        try:
            with index_failures():
                return await self._projection.index.at(moment)
        except VersionUnknownError as error:
            raise MomentUnknownError(str(error), oldest=error.oldest, newest=error.newest) from error

    async def _asked(self, question: Question) -> Answer:
        reader = await self.reader(question.moment)
        meaning, words = await self._both(reader, question)
        if meaning is None and words is None:
            raise IndexDownError("it can be searched neither by meaning nor by words")
        return Answer(
            memories=self._joined(question, meaning, words),
            rung=meaning.rung if meaning is not None else Rung.FULL_TEXT,
            version=reader.version,
            position=reader.position,
        )

    async def _both(self, reader: MemoryReader, question: Question) -> tuple[Found | None, Found | None]:
        """Look both ways, or one if the other is not wanted or does not work."""
        if question.mode is Mode.MEANING or not question.text.strip():
            meaning = await self._by_meaning(reader, question)
            # What cannot be compared is looked for by words, which is better than nothing.
            words = await self._by_words(reader, question) if meaning is None else None
            return meaning, words
        if question.mode is Mode.WORDS:
            return None, await self._by_words(reader, question)
        both = await asyncio.gather(self._by_meaning(reader, question), self._by_words(reader, question))
        return both[0], both[1]

    async def _by_meaning(self, reader: MemoryReader, question: Question) -> Found | None:
        try:
            vector = question.vector
            if vector is None:
                vector = (await self._guards.embed([question.text]))[0]
            return await self._guards.nearest(reader, vector, question.where, _pool(question))
        except (EmbedderRestingError, IndexDownError):
            return None

    async def _by_words(self, reader: MemoryReader, question: Question) -> Found | None:
        if not question.text.strip():
            return None
        try:
            return await self._guards.matching(reader, question.text, question.where, _pool(question))
        except IndexDownError:
            return None

    def _joined(self, question: Question, meaning: Found | None, words: Found | None) -> Sequence[Recalled]:
        by_meaning, by_words = _places(meaning), _places(words)
        rows = {hit.row.id: hit.row for found in (meaning, words) if found is not None for hit in found.hits}
        ways, now_ns = sum(found is not None for found in (meaning, words)), self._clock.wall_ns()
        scored = [
            Recalled(
                row=row,
                score=score(
                    by_meaning.get(id),
                    by_words.get(id),
                    ways=ways,
                    age_ns=now_ns - row.retain_ns,
                    importance=row.importance,
                    weights=question.weights,
                ),
            )
            for id, row in rows.items()
        ]
        wanted = [each for each in scored if _is_wanted(each.score, question)]
        return sorted(wanted, key=_order)[: question.limit]

    def _remember(self, spelled: bytes, answer: Answer) -> None:
        self._answers[spelled] = answer
        self._answers.move_to_end(spelled)
        if len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)

    def forget(self) -> None:
        """Keep no answer: something was forgotten that they may have."""
        self._answers.clear()


def _order(found: Recalled) -> tuple[float, float]:
    """Return what sorts the best first. Of two that are worth the same, the one that means more what is asked for."""
    meaning = found.score.meaning
    return -round(found.score.total, SCORE_DIGITS), -(meaning.score if meaning is not None else -1.0)


def _pool(question: Question) -> int:
    return question.limit if question.mode is Mode.MEANING else max(POOL_MIN, POOL * question.limit)


def _places(found: Found | None) -> Mapping[str, Placed]:
    return places([hit.row.id for hit in found.hits], [hit.score for hit in found.hits]) if found is not None else {}


def _is_wanted(found: Score, question: Question) -> bool:
    if found.total < question.score_min:
        return False
    return question.similarity_min is None or (
        found.meaning is not None and found.meaning.score >= question.similarity_min
    )
