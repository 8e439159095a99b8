"""Runs the benchmarks: ``make bench``, or ``python -m benchmarks log chain``."""

import argparse
import json
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Final

BENCHMARKS: Final = (
    *("log", "breaker", "chain", "stream", "mesh", "decide"),
    *("node", "overload", "storm", "embed", "memory", "memory_node", "guard", "chat"),
)
RESULTS: Final = Path(__file__).parent / "results"


def main() -> int:
    """Run the benchmarks that were asked for, and keep their figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=BENCHMARKS, metavar="NAME", help=f"some of {', '.join(BENCHMARKS)}")
    names = parser.parse_args().names
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    RESULTS.mkdir(exist_ok=True)
    for name in names:
        figures = import_module(f"benchmarks.{name}").main()
        record = {
            "benchmark": name,
            "time": datetime.now(tz=UTC).isoformat(timespec="seconds"),
            "machine": f"{platform.machine()}, Python {platform.python_version()}",
            "figures": figures,
        }
        (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
