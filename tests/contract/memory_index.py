"""What every index of memories promises."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from luna.kernel.embedding import Vectors
from luna.kernel.memory_errors import IndexMismatchError, TagTakenError, VectorsError, VersionUnknownError
from luna.kernel.memory_index import MemoryIndex, MemoryIndexes
from luna.kernel.memory_rows import AnyOf, Batch, Moment, Row, Superseded, Where

DIMENSION = 8
HOME = Where(namespace="home")
AWKWARD = ["it's", "a''b", '"', "\\", "\\'", "'; DROP TABLE memories; --", "%_", "é🙂", "\n", "\x1f", "1.a", ""]


def row(id: str, **fields: Any) -> Row:
    known: dict[str, Any] = {"namespace": "home", "text": f"text of {id}", "retain_ns": 10, "position": 1}
    return Row(id=id, event_id=f"event-{id}", **(known | fields))


def pointing(*places: int) -> Vectors:
    """Vectors along axes: those of the same place are the same, others have nothing in common."""
    return np.eye(DIMENSION, dtype=np.float32)[list(places)]


def batch(position: int, *rows: Row, **fields: Any) -> Batch:
    fields.setdefault("vectors", pointing(*[index % DIMENSION for index in range(len(rows))]))
    return Batch(position=position, rows=rows, **fields)


async def ids(index: MemoryIndex, where: Where = HOME) -> list[str]:
    return [each.id for each in (await index.scroll(where, "", 100)).rows]


class MemoryIndexContract:
    """Promises of `MemoryIndex`."""

    async def test_a_row_comes_back_whole(self, index: MemoryIndex) -> None:
        """
        What was applied is what is read, to the last field.
        """
        given = row(
            "a",
            collection="notes",
            importance=0.7,
            expire_ns=99,
            attributes={"lang": "fr", "": "x", "1.a": ""},
            supersedes="z",
            superseded_by="b",
            position=7,
        )
        await index.apply(batch(7, given))

        assert await index.get([given.key, ("home", "none")]) == {given.key: given}
        assert (await index.vectors([given.key]))[given.key].tolist() == pointing(0)[0].tolist()
        assert index.position == 7

    async def test_rows_that_are_alike_come_back_as_whole_as_others(self, index: MemoryIndex) -> None:
        """
        Whatever they have in common: nothing but their ids, their first and last values, or everything but one.
        """
        alike = [row(id, text="", retain_ns=1, collection="é:1", importance=0.1, attributes={"a": ""}) for id in "ab"]
        mixed = [row("c"), row("d", expire_ns=5, importance=0.25, attributes={"": "3:x"}, supersedes="é"), row("e")]
        other = [row("a", namespace="work"), row("b", namespace="work", retain_ns=-1, text="🙂")]
        await index.apply(batch(1, *alike))
        await index.apply(batch(2, *mixed))
        await index.apply(batch(3, *other))

        given = [*alike, *mixed, *other]
        assert await index.get([each.key for each in given]) == {each.key: each for each in given}

    async def test_what_has_expired_is_found_wherever_it_is(self, index: MemoryIndex) -> None:
        """
        From the very moment on, and so many as are wanted.
        """
        assert await index.expired(99, 10) == []
        rows = [row("a", expire_ns=10), row("b", expire_ns=11, namespace="work"), row("c", expire_ns=12), row("d")]
        await index.apply(batch(1, *rows))

        assert await index.expired(9, 10) == []
        assert sorted(await index.expired(11, 10)) == [("home", "a"), ("work", "b")]
        assert len(await index.expired(99, 2)) == 2
        await index.apply(batch(2, remove=[("home", "a"), ("work", "b")], vectors=pointing()))
        assert await index.expired(99, 10) == [("home", "c")]

    async def test_meaning_finds_the_closest_first(self, index: MemoryIndex) -> None:
        """
        The score is the cosine, whatever the length of the vectors.
        """
        await index.apply(batch(1, row("a"), row("b"), row("c"), vectors=3 * pointing(0, 1, 2)))
        found = await index.nearest(np.array([2, 1, 0, 0, 0, 0, 0, 0], np.float32), HOME, 2)

        assert [hit.row.id for hit in found.hits] == ["a", "b"]
        assert [hit.score for hit in found.hits] == pytest.approx([2 / 5**0.5, 1 / 5**0.5], abs=1e-5)

    async def test_words_find_what_has_them(self, index: MemoryIndex) -> None:
        """
        Whatever the case, new rows at once; a text without words finds nothing.
        """
        await index.apply(batch(1, row("a", text="The Quick fox"), row("b", text="a slow fox"), row("c", text="else")))

        assert {hit.row.id for hit in (await index.matching("FOX", HOME, 5)).hits} == {"a", "b"}
        assert (await index.matching("quick fox", HOME, 5)).hits[0].row.id == "a"
        assert not (await index.matching("!?", HOME, 5)).hits

    @pytest.mark.parametrize("text", AWKWARD)
    async def test_no_text_is_special(self, index: MemoryIndex, text: str) -> None:
        """
        Quotes, control characters and syntax of others are text like any other, wherever they stand.
        """
        odd = row(text or "-", namespace=text or "-", collection=text, text=text, attributes={text: text})
        await index.apply(batch(1, odd, row("b")))
        where = Where(namespace=text or "-", collection=text, attributes=[AnyOf(key=text, values=[text])])

        assert [hit.row for hit in (await index.nearest(pointing(0)[0], where, 5)).hits] == [odd]
        assert await index.get([odd.key]) == {odd.key: odd}
        await index.matching(text, where, 5)
        await index.apply(Batch(position=2, remove=[odd.key]))

        assert await index.count(where) == 0
        assert await ids(index) == ["b"]

    async def test_namespaces_never_meet(self, index: MemoryIndex) -> None:
        """
        The same id in two is two memories, and no search of one sees the other.
        """
        mine, other = row("a", text="fox"), row("a", namespace="away", text="fox")
        await index.apply(batch(1, mine, other, vectors=pointing(0, 0)))

        assert [hit.row for hit in (await index.nearest(pointing(0)[0], HOME, 5)).hits] == [mine]
        assert [hit.row for hit in (await index.matching("fox", HOME, 5)).hits] == [mine]
        await index.apply(Batch(position=2, remove=[other.key]))

        assert await ids(index) == ["a"]
        with pytest.raises(ValueError, match="namespace is required"):
            Where(namespace="")

    @pytest.mark.parametrize(
        ("where", "wanted"),
        [
            (Where(namespace="home", collection="x"), ["a"]),
            (Where(namespace="home", attributes=[AnyOf(key="k", values=["1", "2"])]), ["a", "b"]),
            (Where(namespace="home", attributes=[AnyOf(key="k", values=["1"]), AnyOf(key="l", values=["1"])]), ["a"]),
            (Where(namespace="home", attributes=[AnyOf(key="k", values=[])]), []),
            (Where(namespace="home", retained_from_ns=20), ["b", "c"]),
            (Where(namespace="home", retained_until_ns=20), ["a"]),
            (Where(namespace="home", importance_min=0.1), ["b", "c"]),
            (Where(namespace="home", importance_max=0.1), ["a", "b"]),
            (Where(namespace="home", alive_at_ns=50), ["a", "b"]),
            (Where(namespace="home", alive_at_ns=49), ["a", "b", "c"]),
            (Where(namespace="home", include_superseded=True), ["a", "b", "c", "d"]),
        ],
    )
    async def test_only_what_counts_is_found(self, index: MemoryIndex, where: Where, wanted: list[str]) -> None:
        """
        Each way to search obeys each condition alike.
        """
        await index.apply(
            batch(
                1,
                row("a", collection="x", attributes={"k": "1", "l": "1"}),
                row("b", attributes={"k": "2"}, retain_ns=20, importance=0.1),
                row("c", attributes={"k": "3"}, retain_ns=30, importance=0.9, expire_ns=50),
                row("d", superseded_by="a", collection="y", importance=0.05, retain_ns=19, attributes={"k": "9"}),
                row("e", namespace="away", collection="x", attributes={"k": "1", "l": "1"}),
            )
        )

        assert await ids(index, where) == wanted
        assert await index.count(where) == len(wanted)
        assert sorted(hit.row.id for hit in (await index.nearest(np.ones(8, np.float32), where, 9)).hits) == wanted
        assert sorted(hit.row.id for hit in (await index.matching("text", where, 9)).hits) == wanted

    async def test_what_does_not_count_takes_no_place(self, index: MemoryIndex) -> None:
        """
        Many superseded and expired memories in front leave room for those behind.
        """
        gone = [row(f"gone-{n}", superseded_by="x") if n % 2 else row(f"gone-{n}", expire_ns=5) for n in range(60)]
        await index.apply(batch(1, *gone, vectors=pointing(*[0] * 60)))
        near = np.array([[9, 1, 0, 0, 0, 0, 0, 0], [1, 9, 0, 0, 0, 0, 0, 0]], np.float32)
        await index.apply(batch(2, row("near"), row("far"), vectors=near))
        found = await index.nearest(pointing(0)[0], replace(HOME, alive_at_ns=7), 2)

        assert [hit.row.id for hit in found.hits] == ["near", "far"]

    async def test_pages_hold_everything_once(self, index: MemoryIndex) -> None:
        """
        The next page begins after the last id, and the last one says so.
        """
        await index.apply(batch(1, *[row(f"{n:02}") for n in range(10)]))
        first = await index.scroll(HOME, "", 6)
        second = await index.scroll(HOME, first.rows[-1].id, 6)

        assert [each.id for each in [*first.rows, *second.rows]] == [f"{n:02}" for n in range(10)]
        assert (first.more, second.more) == (True, False)

    async def test_applying_again_changes_nothing(self, index: MemoryIndex) -> None:
        """
        A batch that is applied twice leaves each row once.
        """
        first = batch(1, row("a"), row("b"))
        second = batch(2, row("b", text="changed"), row("c"), remove=[("home", "a")])
        for each in (first, second, second, first, second):
            await index.apply(each)

        assert await ids(index) == ["b", "c"]
        assert (await index.get([("home", "b")]))["home", "b"].text == "changed"
        assert index.position == 2

    async def test_one_batch_has_an_order(self, index: MemoryIndex) -> None:
        """
        What goes goes first; of two rows with one key the last counts; what was superseded is so at the end.
        """
        await index.apply(batch(1, row("a"), row("old")))
        taken = [Superseded(namespace="home", id=id, by="new") for id in ("old", "both", "none")]
        again, twice = row("a", text="again"), row("both", text="twice")
        await index.apply(
            batch(2, row("a"), again, row("both"), twice, row("new"), remove=[("home", "a")], superseded=taken)
        )
        found = await index.get([("home", id) for id in ("a", "both", "old", "new", "none")])

        assert {id: each.superseded_by for (_, id), each in found.items()} == {
            "a": "",
            "both": "new",
            "old": "new",
            "new": "",
        }
        assert found["home", "a"] == again
        assert await ids(index) == ["a", "new"]
        assert (await index.vectors([("home", "old")]))["home", "old"].tolist() == pointing(1)[0].tolist()

    async def test_the_position_moves_without_rows(self, index: MemoryIndex, indexes: MemoryIndexes) -> None:
        """
        An index that is opened again knows how far it was.
        """
        await index.apply(batch(3, row("a")))
        await index.apply(Batch(position=9, remove=[("home", "a")]))
        await index.apply(Batch(position=12))
        await index.aclose()
        again = await indexes.open("fake", DIMENSION)

        assert again.position == 12
        assert await ids(again) == []
        await again.apply(batch(13, row("b")))

        assert await ids(again) == ["b"]
        await again.aclose()

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0])
    async def test_vectors_without_direction_are_refused(self, index: MemoryIndex, value: float) -> None:
        """
        Nothing of the batch is applied.
        """
        await index.apply(batch(1, row("a")))
        with pytest.raises(VectorsError):
            await index.apply(batch(2, row("b"), row("c"), vectors=np.full((2, DIMENSION), value, np.float32)))
        with pytest.raises(VectorsError):
            await index.nearest(np.full(DIMENSION, value, np.float32), HOME, 1)

        assert (await ids(index), index.position) == (["a"], 1)

    async def test_vectors_of_another_size_are_refused(self, index: MemoryIndex) -> None:
        """
        Nothing of the batch is applied.
        """
        with pytest.raises(VectorsError):
            await index.apply(batch(2, row("b"), vectors=np.ones((1, DIMENSION + 1), np.float32)))
        with pytest.raises(VectorsError):
            await index.nearest(np.ones(DIMENSION - 1, np.float32), HOME, 1)

        assert await index.count(HOME) == 0

    async def test_the_past_can_be_read(self, index: MemoryIndex) -> None:
        """
        By version and by tag, with the position it had; it does not move on.
        """
        await index.apply(batch(4, row("a")))
        tagged = await index.tag("before")
        past = await index.at(Moment(tag="before"))
        await index.apply(batch(5, row("b"), remove=[("home", "a")], vectors=pointing(0)))
        same = await index.at(Moment(version=tagged.number))

        for reader in (past, same):
            assert (reader.position, reader.version) == (4, tagged.number)
            assert [hit.row.id for hit in (await reader.nearest(pointing(0)[0], HOME, 5)).hits] == ["a"]
            assert await reader.count(HOME) == 1
        assert index.version > tagged.number
        assert [(each.number, each.tags) for each in await index.versions(50) if each.tags] == [
            (tagged.number, ["before"])
        ]

    async def test_the_past_can_be_read_by_time(self, index: MemoryIndex) -> None:
        """
        The newest version that is not later than the time.
        """
        await index.apply(batch(1, row("a")))
        newest = (await index.versions(1))[0]

        assert (await index.at(Moment(time_ns=newest.time_ns))).version == newest.number
        with pytest.raises(VersionUnknownError, match="there is no version"):
            await index.at(Moment(time_ns=0))
        with pytest.raises(VersionUnknownError):
            await index.at(Moment(version=10_000))
        with pytest.raises(VersionUnknownError):
            await index.at(Moment(tag="never"))

    async def test_a_tag_names_one_version(self, index: MemoryIndex) -> None:
        """
        It may be given to it again, and to another only after it was let go of.
        """
        await index.apply(batch(1, row("a")))
        first = await index.tag("t")

        assert await index.tag("t") == first
        await index.apply(batch(2, row("b")))
        with pytest.raises(TagTakenError):
            await index.tag("t")
        await index.untag("t")
        await index.untag("t")

        assert (await index.tag("t")).number > first.number

    async def test_purge_leaves_the_present_alone(self, index: MemoryIndex) -> None:
        """
        There is no past afterwards, and the present is as it was.
        """
        await index.apply(batch(3, row("a"), row("b", attributes={"k": "v"})))
        await index.tag("t")
        first = index.version
        await index.apply(Batch(position=4, remove=[("home", "a")]))
        await index.purge()

        assert (await ids(index), index.position) == (["b"], 4)
        assert [hit.row.id for hit in (await index.matching("text", HOME, 5)).hits] == ["b"]
        with pytest.raises(VersionUnknownError):
            await index.at(Moment(version=first))
        await index.apply(batch(5, row("b", text="changed"), row("c")))

        assert await ids(index) == ["b", "c"]

    async def test_upkeep_changes_no_answer(self, index: MemoryIndex) -> None:
        """
        Before and after it the same is found.
        """
        for n in range(5):
            await index.apply(batch(n + 1, row(f"{n}"), vectors=pointing(n)))
        await index.apply(Batch(position=9, remove=[("home", "2")]))
        await index.optimize()

        assert await ids(index) == ["0", "1", "3", "4"]
        assert (await index.nearest(pointing(3)[0], HOME, 1)).hits[0].row.id == "3"
        assert index.position == 9
        assert (await index.stats()).rows == 4
        assert not await index.tend()

    async def test_another_model_is_refused(self, index: MemoryIndex, indexes: MemoryIndexes) -> None:
        """
        The message names the command, and making it anew starts from nothing.
        """
        await index.apply(batch(3, row("a")))
        await index.aclose()
        for model, dimension in (("other", DIMENSION), ("fake", DIMENSION + 1)):
            with pytest.raises(IndexMismatchError, match="arkalia memories reindex"):
                await indexes.open(model, dimension)
        anew = await indexes.create("other", 4)

        assert (anew.model_id, anew.dimension, anew.position) == ("other", 4, 0)
        assert await ids(anew) == []
        await anew.apply(batch(1, row("a"), vectors=np.ones((1, 4), np.float32)))

        assert (await anew.stats()).rows == 1
        await anew.aclose()
