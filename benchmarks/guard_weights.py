"""Makes the weights of the guard from its texts and from documents: ``python -m benchmarks.guard_weights [BOOK]``."""

import sys
from pathlib import Path

from benchmarks.guard_background import BOOK, background
from benchmarks.guard_corpus import CORPUS, checksum, read
from benchmarks.guard_second import head, looked_again, looked_at, save_head
from benchmarks.guard_table import read_by, ruled, table
from benchmarks.guard_training import held_out, joined, model, save
from luna.adapters.packaged_model import multilingual
from luna.modules.assistantia.learned import MODEL_FILE
from luna.modules.assistantia.lexicon import load
from luna.modules.assistantia.second_look import HEAD_FILE


def main() -> None:
    """Learn both looks, and write them beside the rules."""
    book = Path(sys.argv[1]) if sys.argv[1:] else BOOK
    if not book.exists():
        raise SystemExit(f"{book} is missing; install Debian's package debian-handbook, or name the folder html of it")
    lexicon, samples = load(), read(CORPUS) + background(book)
    readings = read_by(lexicon, samples)
    given = table(readings)
    held = held_out(samples, given)
    joining, chances = joined(samples, held.scores, ruled(lexicon, readings))
    save(model(samples, given, joining, checksum(CORPUS)), MODEL_FILE)
    seen = looked_at(samples, [given.passages[row] for row in held.rows], chances, multilingual())
    again, _ = looked_again(seen)
    save_head(head(seen, again), HEAD_FILE)


if __name__ == "__main__":
    main()
