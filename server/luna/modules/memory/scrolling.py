"""Goes through the memories of an index, page by page."""

from collections.abc import AsyncIterator, Sequence

from luna.kernel.memory_index import MemoryReader
from luna.kernel.memory_rows import Row, Where


async def pages(reader: MemoryReader, where: Where, size: int) -> AsyncIterator[Sequence[Row]]:
    """Yield the memories that fit *where* in the order of their ids, up to *size* at a time."""
    after, more = "", True
    while more:
        page = await reader.scroll(where, after, size)
        if page.rows:
            yield page.rows
            after = page.rows[-1].id
        more = page.more
