"""Opens a LanceDB table as an index of memories, or says why it cannot be one."""

from collections.abc import Mapping
from datetime import timedelta

import lancedb
import pyarrow as pa
from lancedb.db import AsyncConnection
from lancedb.table import AsyncTable

from luna.adapters.lance_errors import spoken
from luna.adapters.lance_folder import TABLE, LanceFolder
from luna.adapters.lance_index import LanceIndex
from luna.adapters.lance_words import schema
from luna.kernel.memory_errors import IndexMismatchError


async def opened(
    uri: str,
    options: Mapping[str, str],
    model_id: str,
    dimension: int,
    *,
    anew: bool,
    folder: LanceFolder | None,
    keep: timedelta,
    copied_max: int,
) -> LanceIndex:
    """Return the index at *uri*, empty if there is none or if it is made *anew*.

    Raises:
        IndexMismatchError: it is of another model, dimension or format.
        IndexUnavailableError: it cannot be read.

    """
    columns = schema(model_id, dimension)
    with spoken("opening the memory index"):
        connection = await lancedb.connect_async(uri, storage_options=dict(options) or None)
        if anew:
            await connection.drop_table(TABLE, ignore_missing=True)
        table = await _table(connection, columns)
        found = await table.schema()
        if _said(found) != _said(columns):
            raise IndexMismatchError(found=_said(found), wanted=_said(columns))
        index = LanceIndex(connection, table, columns, folder=folder, keep=keep, copied_max=copied_max)
        await index.begin()
        return index


async def _table(connection: AsyncConnection, columns: pa.Schema) -> AsyncTable:
    if TABLE in (await connection.list_tables()).tables:
        return await connection.open_table(TABLE)
    return await connection.create_table(TABLE, schema=columns)


def _said(columns: pa.Schema) -> str:
    known = {name.decode(): value.decode() for name, value in (columns.metadata or {}).items()}
    if "arkalia.format" not in known:
        return "a table that is not ours"
    model, dimension, number = (known.get(f"arkalia.{each}", "?") for each in ("model_id", "dimension", "format"))
    return f"vectors of {model} with {dimension} numbers, in format {number}"
