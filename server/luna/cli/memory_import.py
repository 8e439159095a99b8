"""Cuts the files of a folder into parts that each say something by themselves, and has them remembered.

The id of a part follows from its file and its text, so an import that broke off is simply run again. A file that
cannot be read is told, and the import goes on.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from hashlib import sha256
from pathlib import Path
from typing import Final

from arkalia.memory.v1.memory_pb2 import NewMemory
from arkalia.memory.v1.memory_service_pb2 import RetainManyRequest, RetainManyResponse

from arkalia_client import Arkalia, new_memory
from luna.cli import pdf_text

PDF: Final = ".pdf"
ENDINGS: Final = frozenset({".txt", ".md", ".markdown", PDF})
PART_LENGTH: Final = 1000
"""Characters. What a model makes a vector of is about that long."""
BATCH: Final = 64
FILE_BYTES_MAX: Final = 256 * 1024 * 1024
PDF_SECONDS_MAX: Final = 120.0

Batch = tuple[RetainManyRequest, int]
"""Parts, and how many files are through with it."""
Complain = Callable[[str, str], None]
"""Is told the name of a file that cannot be read, and why."""


class UnreadableError(Exception):
    """A file cannot be read, and this is why."""


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


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts of a file: of each page, counted from 1, or of the whole file, with 0.

    Raises:
        UnreadableError: it has none that can be read.

    """
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise UnreadableError(f"it has more than {FILE_BYTES_MAX >> 20} MiB")
        if path.suffix.lower() == PDF:
            yield from _pages(path)
        else:
            yield 0, path.read_text(errors="replace")
    except OSError as error:
        raise UnreadableError(error.strerror or str(error)) from error


def batches(
    folder: Path, found: Sequence[Path], *, namespace: str, collection: str, complain: Complain
) -> Iterator[Batch]:
    """Yield what to retain of these files."""
    waiting: dict[str, NewMemory] = {}
    for done, path in enumerate(found):
        for memory in _memories(path, path.relative_to(folder).as_posix(), collection, complain):
            waiting[memory.id] = memory
            if len(waiting) == BATCH:
                yield RetainManyRequest(namespace=namespace, memories=waiting.values()), done
                waiting = {}
    if waiting:
        yield RetainManyRequest(namespace=namespace, memories=waiting.values(), visible=True), len(found)


async def settled(node: Arkalia, wanted: Iterator[Batch], tell: Callable[[int], None]) -> RetainManyResponse:
    """Have everything retained, and return what became of it. *tell* is told how many files are done."""
    done: list[int] = []

    async def sent() -> AsyncGenerator[RetainManyRequest, None]:
        # Reading a file may take a while.
        while (following := await asyncio.to_thread(next, wanted, None)) is not None:
            batch, through = following
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


def _memories(path: Path, name: str, collection: str, complain: Complain) -> Iterator[NewMemory]:
    try:
        for page, whole in texts(path):
            known = {"source": name[-512:]} | ({"page": str(page)} if page else {})
            for text in parts(whole):
                id = f"f-{sha256(f'{len(name)} {name}{text}'.encode()).hexdigest()[:32]}"
                yield new_memory(text, id=id, collection=collection, attributes=known)
    except UnreadableError as error:
        complain(name, str(error))


def _pages(path: Path) -> Iterator[tuple[int, str]]:
    """Read a PDF file in a process of its own, which cannot do harm."""
    command = [sys.executable, "-P", "-B", str(Path(pdf_text.__file__)), str(path.absolute())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PDF_SECONDS_MAX, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise UnreadableError("reading it takes too long") from None
    if done.returncode:
        # It has said why, unless it was ended.
        why = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise UnreadableError(why if done.returncode > 0 and why else "reading it takes too much")
    for line in done.stdout.splitlines():
        page = json.loads(line)
        yield page["page"], page["text"]
