"""How an index of memories fails."""


class MemoryIndexError(Exception):
    """Base of what an index of memories raises on purpose."""


class IndexMismatchError(MemoryIndexError):
    """What is stored was made by another model, or by another format of the index."""

    def __init__(self, *, found: str, wanted: str) -> None:
        super().__init__(
            f"the memory index holds {found}, and the node works with {wanted}; the memories are safe in the log: "
            "run `arkalia memories reindex` to make the index anew, or go back to the model that made it"
        )
        self.found = found
        self.wanted = wanted


class VersionUnknownError(MemoryIndexError):
    """There is no such version: never, not yet, or not any more."""

    def __init__(self, wanted: str, *, oldest: int, newest: int) -> None:
        super().__init__(f"there is no version of the memory index for {wanted}; {oldest} to {newest} may be read")
        self.oldest = oldest
        self.newest = newest


class TagTakenError(MemoryIndexError):
    """The tag names another version."""

    def __init__(self, tag: str, version: int) -> None:
        super().__init__(f"the tag {tag} names version {version}; remove it first, or choose another")
        self.version = version


class VectorsError(MemoryIndexError):
    """Vectors do not fit the index, or have no direction."""


class IndexUnavailableError(MemoryIndexError):
    """The storage failed. Trying again later may help."""


class IndexFullError(IndexUnavailableError):
    """There is no room for what was to be written. What was there can still be read."""
