"""Prints the text of a PDF file, a page a line as JSON.

A script of its own, because a file may be made to do harm: time and memory are limited, nothing can be written, and
why it failed is the one line on the standard error.
"""

import json
import logging
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

MEMORY_BYTES_MAX: Final = 1024 * 1024 * 1024
PROCESSOR_SECONDS_MAX: Final = 60
TEXT_MAX: Final = 8 * 1024 * 1024
"""Characters. A thousand pages of a novel have two million."""


class UnreadableError(Exception):
    """The file cannot be read, and this is why."""


def main(path: str) -> int:
    """Print the text of the file at *path*, and return the exit code."""
    _limit()
    try:
        for number, text in _pages(path):
            print(json.dumps({"page": number, "text": text}))  # noqa: T201  this is what it is for
    except MemoryError:
        return _failed(f"it needs more than {MEMORY_BYTES_MAX >> 20} MiB of memory")
    except RecursionError:
        return _failed("it is nested too deeply")
    except Exception as error:  # noqa: BLE001  whatever a broken file leads to
        return _failed(str(error) or type(error).__name__)
    return 0


def _limit() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS_MAX),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        # Not every system limits all of them.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))
    # It has much to say about files that are merely untidy.
    logging.disable()


def _pages(path: str) -> Iterator[tuple[int, str]]:
    from pypdf import PdfReader

    reader = PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableError("it is encrypted; import a copy without a password")
    left = TEXT_MAX
    for number, page in enumerate(reader.pages, start=1):
        # What no text may have is left out.
        text = page.extract_text().replace("\0", "").encode(errors="replace").decode()
        left -= len(text)
        if left < 0:
            raise UnreadableError(f"it has more than {TEXT_MAX >> 20} million characters")
        if text.strip():
            yield number, text


def _failed(why: str) -> int:
    print(" ".join(why.split())[:300], file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
