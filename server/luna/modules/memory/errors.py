"""The failures of the memory module, one class per ``MemoryErrorReason`` value."""

from collections.abc import Iterator
from contextlib import contextmanager

from luna.kernel.errors import DomainError
from luna.kernel.memory_errors import IndexFullError, IndexUnavailableError


class MemoryModuleError(DomainError):
    """Base of every failure in this module."""

    domain = "memory.arkalia.dev"


class MemoryUnknownError(MemoryModuleError):
    """The namespace has no such memory."""

    reason = "MEMORY_ERROR_REASON_UNKNOWN"

    def __init__(self, namespace: str, id: str) -> None:
        super().__init__(
            f"there is no memory {id!r} in namespace {namespace!r}; ListMemories lists those there are",
            namespace=namespace,
            id=id,
        )


class IdTakenError(MemoryModuleError):
    """The id belongs to another memory."""

    reason = "MEMORY_ERROR_REASON_ID_TAKEN"

    def __init__(self, namespace: str, id: str) -> None:
        super().__init__(
            f"id {id!r} in namespace {namespace!r} belongs to a memory with other content; choose a new id, "
            "and name the old one in `supersedes` to replace it",
            namespace=namespace,
            id=id,
        )


class TextError(MemoryModuleError):
    """A text says nothing."""

    reason = "MEMORY_ERROR_REASON_TEXT"

    def __init__(self, id: str, place: int) -> None:
        super().__init__(f"the text of memory {id or place!r} is blank; send one with words in it", id=id, index=place)


class VectorsMisfitError(MemoryModuleError):
    """Vectors are not those of the texts."""

    reason = "MEMORY_ERROR_REASON_VECTORS"

    def __init__(self, why: str, dimension: int) -> None:
        super().__init__(
            f"{why}; send one vector of {dimension} finite 32-bit floats for each text, or none at all",
            dimension=dimension,
        )


class BatchTooLargeError(MemoryModuleError):
    """A batch does not fit into one event."""

    reason = "MEMORY_ERROR_REASON_BATCH_TOO_LARGE"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            f"the batch has {size} bytes, at most {limit} are possible; send it as several",
            size_bytes=size,
            limit_bytes=limit,
        )


class EmbedderRestingError(MemoryModuleError):
    """Texts cannot be embedded now."""

    reason = "MEMORY_ERROR_REASON_EMBEDDER"

    def __init__(self, why: str) -> None:
        super().__init__(f"texts cannot be embedded at the moment: {why}; try again later, or send vectors")


class IndexDownError(MemoryModuleError):
    """The index does not answer now."""

    reason = "MEMORY_ERROR_REASON_INDEX"

    def __init__(self, why: str) -> None:
        super().__init__(f"the memory index does not answer: {why}; what was acknowledged is safe, try again later")


class IndexOtherError(MemoryModuleError):
    """The index is of another model or format."""

    reason = "MEMORY_ERROR_REASON_INDEX_MISMATCH"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class IndexNoRoomError(MemoryModuleError):
    """There is no room for the index."""

    reason = "MEMORY_ERROR_REASON_INDEX_FULL"

    def __init__(self, why: str) -> None:
        super().__init__(f"there is no room for memories: {why}; free some, it resumes by itself")


class KeysDownError(MemoryModuleError):
    """The keys that memories are sealed with cannot be read or written now."""

    reason = "MEMORY_ERROR_REASON_KEYS"

    def __init__(self, why: str) -> None:
        super().__init__(f"the keys of memories do not answer: {why}; what was acknowledged is safe, try again later")


class MomentUnknownError(MemoryModuleError):
    """There is no such state of the index."""

    reason = "MEMORY_ERROR_REASON_VERSION_UNKNOWN"

    def __init__(self, why: str, *, oldest: int, newest: int) -> None:
        super().__init__(f"{why}; ListVersions lists those that can be read", oldest=oldest, newest=newest)


class TagInUseError(MemoryModuleError):
    """The tag names another version."""

    reason = "MEMORY_ERROR_REASON_TAG_TAKEN"

    def __init__(self, tag: str, version: int) -> None:
        super().__init__(f"tag {tag!r} names version {version}; choose another", tag=tag, version=version)


class PageTokenError(MemoryModuleError):
    """The page token was not issued for this list."""

    reason = "MEMORY_ERROR_REASON_PAGE_TOKEN"

    def __init__(self) -> None:
        super().__init__("page_token was not issued for this list; send an empty one to start over")


class QuestionError(MemoryModuleError):
    """A question lacks what its mode needs."""

    reason = "MEMORY_ERROR_REASON_QUESTION"

    def __init__(self, needed: str) -> None:
        super().__init__(f"the question has no {needed}; send what to look for")


class ReindexingError(MemoryModuleError):
    """The index is being made anew."""

    reason = "MEMORY_ERROR_REASON_REINDEXING"

    def __init__(self) -> None:
        super().__init__("the index is being made anew already; GetStats tells how far it is")


class ForgetWhatError(MemoryModuleError):
    """It is not clear what to forget."""

    reason = "MEMORY_ERROR_REASON_FORGET_WHAT"

    def __init__(self) -> None:
        super().__init__("name either ids or everything; a namespace is forgotten as a whole with everything alone")


@contextmanager
def index_failures() -> Iterator[None]:
    """Raise failures of the index as those of the module.

    Raises:
        IndexNoRoomError: there is no room for it.
        IndexDownError: it does not answer.

    """
    try:
        yield
    except IndexFullError as error:
        raise IndexNoRoomError(str(error)) from error
    except IndexUnavailableError as error:
        raise IndexDownError(str(error)) from error
