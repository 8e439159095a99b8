"""Makes the weights of the guard from its texts: ``python -m benchmarks.guard_weights``."""

from benchmarks.guard_corpus import CORPUS, checksum, read
from benchmarks.guard_training import make, save
from luna.modules.assistantia.learned import MODEL_FILE
from luna.modules.assistantia.lexicon import load


def main() -> None:
    """Learn, and write the file beside the rules."""
    model = make(read(CORPUS), load(), checksum(CORPUS))
    save(model, MODEL_FILE)


if __name__ == "__main__":
    main()
