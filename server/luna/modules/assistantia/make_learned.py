"""Makes the weights of the guard from its texts: ``python -m luna.modules.assistantia.make_learned``."""

from pathlib import Path
from typing import Final

from luna.modules.assistantia.learned import MODEL_FILE
from luna.modules.assistantia.lexicon import load
from luna.modules.assistantia.training import checksum, make, read, save

CORPUS: Final = Path(__file__).parents[4] / "tests" / "data" / "guard"


def main() -> None:
    """Learn, and write the file beside the rules."""
    model = make(read(CORPUS), load(), checksum(CORPUS))
    save(model, MODEL_FILE)


if __name__ == "__main__":
    main()
