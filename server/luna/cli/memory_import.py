"""Cuts the files of a folder into parts that each say something by themselves, and has them remembered.

The id of a part follows from its file and its text, so an import that broke off is simply run again.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from hashlib import sha256
from pathlib import Path
from typing import Final

from arkalia.memory.v1.memory_pb2 import NewMemory
from arkalia.memory.v1.memory_service_pb2 import RetainManyRequest, RetainManyResponse

from arkalia_client import Arkalia, new_memory

ENDINGS: Final = frozenset({".txt", ".md", ".markdown"})
PART_LENGTH: Final = 1000
"""Characters. What a model makes a vector of is about that long."""
BATCH: Final = 64

Batch = tuple[RetainManyRequest, int]
"""Parts, and how many files are through with it."""


def files(folder: Path) -> Sequence[Path]:
    """Return the files that can be read, in order."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())


def parts(text: str) -> Iterator[str]:
    """Yield *text* in parts that end with a paragraph, or with a word where one is too long."""
    part = ""
    for paragraph in text.split("\n\n"):
        if part and len(part) + len(paragraph) > PART_LENGTH:
            yield part
            part = ""
        part = f"{part}\n\n{paragraph}".strip()
        while len(part) > PART_LENGTH:
            cut = part.rfind(" ", 1, PART_LENGTH)
            cut = cut if cut > 0 else PART_LENGTH
            yield part[:cut].strip()
            part = part[cut:].strip()
    if part:
        yield part


def batches(folder: Path, found: Sequence[Path], *, namespace: str, collection: str) -> Iterator[Batch]:
    """Yield what to retain of these files."""
    waiting: dict[str, NewMemory] = {}
    for done, path in enumerate(found):
        name = path.relative_to(folder).as_posix()
        for text in parts(path.read_text(errors="replace")):
            id = f"f-{sha256(f'{len(name)} {name}{text}'.encode()).hexdigest()[:32]}"
            waiting[id] = new_memory(text, id=id, collection=collection, attributes={"source": name[-512:]})
            if len(waiting) == BATCH:
                yield RetainManyRequest(namespace=namespace, memories=waiting.values()), done
                waiting = {}
    if waiting:
        yield RetainManyRequest(namespace=namespace, memories=waiting.values(), visible=True), len(found)


async def settled(node: Arkalia, wanted: Iterator[Batch], tell: Callable[[int], None]) -> RetainManyResponse:
    """Have everything retained, and return what became of it. *tell* is told how many files are done."""
    done: list[int] = []

    async def sent() -> AsyncGenerator[RetainManyRequest, None]:
        for batch, through in wanted:
            done.append(through)
            yield batch

    total = RetainManyResponse()
    async with aclosing(node.memories.retain_many(sent())) as outcomes:
        async for outcome in outcomes:
            total.retained_count += outcome.retained_count
            total.duplicate_count += outcome.duplicate_count
            total.position = max(total.position, outcome.position)
            tell(done.pop(0))
    return total
