"""Translates between the contract of memory and its values."""

from collections.abc import Mapping
from typing import Final

from arkalia.memory.v1 import memory_pb2 as pb
from arkalia.memory.v1 import memory_service_pb2 as rpc

from luna.kernel.memory_rows import AnyOf, Hit, Moment, Row, Rung, Version, Where
from luna.kernel.times import fill_time, ns_of
from luna.modules.memory.domain import IMPORTANCE_WEIGHT, RECENCY_WEIGHT, Score, Weights
from luna.modules.memory.recall import CACHE, Answer, Mode, Question, Recalled
from luna.modules.memory.requests import given
from luna.modules.memory.restoring import Restored

LIMIT_DEFAULT: Final = 10

_MODES: Final[Mapping[int, Mode]] = {
    pb.RECALL_MODE_UNSPECIFIED: Mode.HYBRID,
    pb.RECALL_MODE_HYBRID: Mode.HYBRID,
    pb.RECALL_MODE_MEANING: Mode.MEANING,
    pb.RECALL_MODE_WORDS: Mode.WORDS,
}
_RUNGS: Final[Mapping[str, pb.Rung]] = {
    Rung.INDEXED: pb.RUNG_INDEXED,
    Rung.FLAT: pb.RUNG_FLAT,
    Rung.FULL_TEXT: pb.RUNG_FULL_TEXT,
    CACHE: pb.RUNG_CACHE,
}


def to_question(request: rpc.RecallRequest, *, dimension: int, now_ns: int) -> Question:
    """Return what a request asks for.

    Raises:
        VectorsMisfitError: its vector is not one.

    """
    vectors = given(request.vector, 1, dimension)
    moment = to_moment(request.as_of)
    return Question(
        where=to_where(request.namespace, request.filter, _alive_at(moment, now_ns)),
        text=request.text,
        vector=vectors[0] if vectors is not None else None,
        mode=_MODES[request.mode],
        limit=request.limit or LIMIT_DEFAULT,
        weights=Weights(
            recency=request.recency_weight if request.HasField("recency_weight") else RECENCY_WEIGHT,
            importance=request.importance_weight if request.HasField("importance_weight") else IMPORTANCE_WEIGHT,
        ),
        score_min=request.score_min,
        similarity_min=request.similarity_min if request.HasField("similarity_min") else None,
        moment=moment,
    )


def to_where(namespace: str, wanted: pb.MemoryFilter, now_ns: int) -> Where:
    """Return which memories of *namespace* count that are alive at *now_ns*."""
    return Where(
        namespace=namespace,
        collection=wanted.collection if wanted.HasField("collection") else None,
        attributes=[AnyOf(key=each.key, values=list(each.values)) for each in wanted.attributes],
        retained_from_ns=ns_of(wanted.start_time) if wanted.HasField("start_time") else None,
        retained_until_ns=ns_of(wanted.end_time) if wanted.HasField("end_time") else None,
        importance_min=wanted.importance_min or None,
        alive_at_ns=now_ns,
        include_superseded=wanted.include_superseded,
    )


def to_moment(as_of: pb.RecallMoment) -> Moment | None:
    """Return the state of the index that is asked for; ``None`` is the present one."""
    match as_of.WhichOneof("moment"):
        case "time":
            return Moment(time_ns=ns_of(as_of.time))
        case "version":
            return Moment(version=as_of.version)
        case "tag":
            return Moment(tag=as_of.tag)
        case _:
            return None


def from_answer(answer: Answer) -> rpc.RecallResponse:
    """Return *answer* as the contract has it."""
    return rpc.RecallResponse(
        memories=[_recalled(each) for each in answer.memories],
        rung=_RUNGS[answer.rung],
        version=answer.version,
        position=answer.position,
    )


def from_row(row: Row) -> pb.Memory:
    """Return a memory as the contract has it."""
    memory = pb.Memory(
        id=row.id,
        namespace=row.namespace,
        text=row.text,
        collection=row.collection,
        importance=row.importance,
        attributes=[pb.Attribute(key=key, value=value) for key, value in row.attributes.items()],
        supersedes=row.supersedes,
        superseded_by=row.superseded_by,
        event_id=row.event_id,
        position=row.position,
    )
    fill_time(memory.retain_time, row.retain_ns)
    if row.expire_ns is not None:
        fill_time(memory.expire_time, row.expire_ns)
    return memory


def from_hit(hit: Hit) -> pb.SimilarMemory:
    """Return a memory that says nearly the same."""
    return pb.SimilarMemory(memory=from_row(hit.row), similarity=hit.score)


def from_version(version: Version) -> pb.IndexVersion:
    """Return a past state of the index."""
    told = pb.IndexVersion(number=version.number, tags=version.tags)
    fill_time(told.create_time, version.time_ns)
    return told


def from_restored(told: Restored) -> rpc.RestoreVersionResponse:
    """Return how far it is with restoring a version."""
    return rpc.RestoreVersionResponse(
        version=told.version,
        previous_version=told.version_before,
        forgotten_count=told.forgotten,
        forget_total=told.to_forget,
        retained_count=told.retained,
        retain_total=told.to_retain,
        done=told.done,
    )


def _alive_at(moment: Moment | None, now_ns: int) -> int:
    # What has expired by now was still known then.
    return moment.time_ns if moment is not None and moment.time_ns is not None else now_ns


def _recalled(found: Recalled) -> pb.RecalledMemory:
    return pb.RecalledMemory(memory=from_row(found.row), score=_parts(found.score))


def _parts(score: Score) -> pb.ScoreParts:
    meaning, words = score.meaning, score.words
    return pb.ScoreParts(
        total=score.total,
        rank=score.rank,
        recency=score.recency,
        importance=score.importance,
        similarity=meaning.score if meaning else None,
        words=words.score if words else None,
        similarity_rank=meaning.rank if meaning else 0,
        words_rank=words.rank if words else 0,
    )
