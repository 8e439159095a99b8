"""Files of a folder become parts to remember, whatever is in the files."""

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from arkalia.memory.v1.memory_pb2 import NewMemory
from pypdf import PdfReader, PdfWriter

from luna.cli import memory_import
from luna.cli.memory_import import batches, files


def pdf(contents: Mapping[int, bytes], *, kids: str = "", extra: str = "", packed: bool = False) -> bytes:
    """Return a PDF file with a page for each of *contents*."""
    pages = [f"{3 + 2 * number} 0 R" for number in range(len(contents))]
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {extra} >>".encode(),
        f"<< /Type /Pages /Kids [{kids or ' '.join(pages)}] /Count {len(pages)} >>".encode(),
    ]
    font = "<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    for number, content in contents.items():
        page = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Resources {font} /Contents {4 + 2 * number} 0 R >>"
        )
        said = b" /Filter /FlateDecode" if packed else b""
        objects += [page.encode(), b"<< /Length %d%s >> stream\n%s\nendstream" % (len(content), said, content)]
    body, places = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (size, table, trailer)


def said(*texts: str) -> dict[int, bytes]:
    return {number: f"BT /F 12 Tf 20 200 Td ({text}) Tj ET".encode() for number, text in enumerate(texts)}


def encrypted(path: Path) -> None:
    path.write_bytes(pdf(said("hidden")))
    writer = PdfWriter(clone_from=PdfReader(path))
    writer.encrypt("secret")
    writer.write(path)


def written(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def linked(path: Path) -> None:
    path.symlink_to(path.parent / "elsewhere.pdf")


def bomb() -> bytes:
    """Return a page whose content is a gigabyte of zeros when it is unpacked."""
    size, times = 1 << 24, 64
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    # After a full flush a block stands for itself, so that it can be repeated.
    block = packer.compress(bytes(size)) + packer.flush(zlib.Z_FULL_FLUSH)
    last = zlib.compressobj(9, wbits=-zlib.MAX_WBITS).flush()
    checksum = (times * size % 65521 << 16 | 1).to_bytes(4, "big")
    return pdf({0: b"\x78\xda" + times * block + last + checksum}, packed=True)


BAD: Mapping[str, Callable[[Path], object]] = {
    "empty": written(b""),
    "not a PDF": written(b"\x89PNG" * 100),
    "cut off": written(pdf(said("half"))[:200]),
    "encrypted": encrypted,
    "bomb": written(bomb()),
    "without pages": written(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF"),
    "pages in a circle": written(pdf(said("round"), kids="2 0 R " * 50)),
}


def remembered(folder: Path) -> tuple[list[NewMemory], dict[str, str]]:
    complaints: dict[str, str] = {}
    wanted = batches(folder, files(folder), namespace="n", collection="c", complain=complaints.__setitem__)
    return [memory for request, _ in wanted for memory in request.memories], complaints


def known(memory: NewMemory) -> dict[str, str]:
    return {each.key: each.value for each in memory.attributes}


def test_each_page_of_a_pdf_is_remembered(tmp_path: Path) -> None:
    """
    With its number; pages without text are not.
    """
    (tmp_path / "two.pdf").write_bytes(pdf(said("the first page", "", "the third page")))
    found, complaints = remembered(tmp_path)

    assert [(each.text, known(each)) for each in found] == [
        ("the first page", {"source": "two.pdf", "page": "1"}),
        ("the third page", {"source": "two.pdf", "page": "3"}),
    ]
    assert complaints == {}


def test_what_a_pdf_would_do_is_not_done(tmp_path: Path) -> None:
    """
    Its script is not run, its text is read.
    """
    script = "/OpenAction << /S /JavaScript /JS (while (true) {}) >>"
    (tmp_path / "script.pdf").write_bytes(pdf(said("read this"), extra=script))
    found, complaints = remembered(tmp_path)

    assert ([each.text for each in found], complaints) == (["read this"], {})


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_named_and_the_rest_is_imported(tmp_path: Path, kind: str) -> None:
    """
    With one line that says why.
    """
    BAD[kind](tmp_path / "bad.pdf")
    (tmp_path / "good.pdf").write_bytes(pdf(said("good")))
    (tmp_path / "note.md").write_text("a note")
    found, complaints = remembered(tmp_path)

    assert [each.text for each in found] == ["good", "a note"]
    assert [*complaints] == ["bad.pdf"]
    assert complaints["bad.pdf"]
    assert "\n" not in complaints["bad.pdf"]


def test_a_broken_table_of_contents_is_mended(tmp_path: Path) -> None:
    """
    If the text can still be read, it is.
    """
    (tmp_path / "broken.pdf").write_bytes(pdf(said("still there")).replace(b"startxref\n", b"startxref\n9"))
    found, complaints = remembered(tmp_path)

    assert ([each.text for each in found], complaints) == (["still there"], {})


def test_reading_a_pdf_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    However long it would take.
    """
    monkeypatch.setattr(memory_import, "PDF_SECONDS_MAX", 0.001)
    (tmp_path / "slow.pdf").write_bytes(pdf(said("slow")))

    assert remembered(tmp_path) == ([], {"slow.pdf": "reading it takes too long"})


def test_files_that_cannot_be_opened_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Also those that are too large.
    """
    monkeypatch.setattr(memory_import, "FILE_BYTES_MAX", 100)
    (tmp_path / "large.txt").write_text("x" * 101)
    (tmp_path / "small.txt").write_text("small")
    (tmp_path / "note.txt").write_bytes(b"not \xff all of it is text")
    found, complaints = remembered(tmp_path)

    assert [each.text for each in found] == ["not � all of it is text", "small"]
    assert [*complaints] == ["large.txt"]
