"""Starts a command with the environment it is given: ``arkalia`` or ``python -m luna``."""

import os
import sys

from luna.cli import run


def main() -> None:
    """Run the command line."""
    # gRPC's own remarks about connections that come and go are for nobody; what matters is raised, and logged by us.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    # To compile the same files again would be half of the start of every process, wherever a shell or an image says so.
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.exit(run(sys.argv[1:], os.environ))


if __name__ == "__main__":
    main()
