"""Says which past states of a LanceDB table can still be read."""

from collections.abc import Sequence

from lancedb.table import AsyncTable

from luna.adapters.lance_errors import spoken
from luna.kernel.memory_errors import VersionUnknownError
from luna.kernel.memory_rows import Moment, Version


async def listed(table: AsyncTable) -> Sequence[Version]:
    """Return them, newest first."""
    with spoken("listing versions"):
        found = await table.list_versions()
        tags = await table.tags.list()
    named: dict[int, list[str]] = {}
    for name, tag in tags.items():
        named.setdefault(tag["version"], []).append(name)
    versions = [
        Version(
            number=each["version"],
            time_ns=round(each["timestamp"].timestamp() * 1e9),
            tags=sorted(named.get(each["version"], [])),
        )
        for each in found
    ]
    return sorted(versions, key=lambda version: -version.number)


def resolved(versions: Sequence[Version], moment: Moment) -> int:
    """Return the number of the one of *versions* that there was at that *moment*.

    Raises:
        VersionUnknownError: there was none, or it cannot be read any more.

    """
    fitting = [version.number for version in versions if _fits(version, moment)]
    if not fitting:
        wanted = next(str(value) for value in (moment.version, moment.tag, moment.time_ns) if value is not None)
        raise VersionUnknownError(wanted, oldest=versions[-1].number, newest=versions[0].number)
    return fitting[0]


def _fits(version: Version, moment: Moment) -> bool:
    if moment.tag is not None:
        return moment.tag in version.tags
    if moment.version is not None:
        return version.number == moment.version
    return moment.time_ns is not None and version.time_ns <= moment.time_ns
