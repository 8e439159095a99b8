"""Makes the weights of the guard from its texts and from documents: ``python -m benchmarks.guard_weights [BOOK]``."""

import sys
from pathlib import Path

from benchmarks.guard_background import BOOK, background
from benchmarks.guard_corpus import CORPUS, checksum, read
from benchmarks.guard_training import make, save
from luna.modules.assistantia.learned import MODEL_FILE
from luna.modules.assistantia.lexicon import load


def main() -> None:
    """Learn, and write the file beside the rules."""
    book = Path(sys.argv[1]) if sys.argv[1:] else BOOK
    if not book.exists():
        raise SystemExit(f"{book} is missing; install Debian's package debian-handbook, or name the folder html of it")
    model = make(read(CORPUS) + background(book), load(), checksum(CORPUS))
    save(model, MODEL_FILE)


if __name__ == "__main__":
    main()
