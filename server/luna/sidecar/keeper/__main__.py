"""Starts the keeper: ``python -S -I -E keeper LOCK_FD STOP_SECONDS [SIDECAR…]``."""

import sys

# Python runs isolated, so nobody has said where the application is: <here>/luna/sidecar/keeper/__main__.py.
sys.path.append(__file__.rsplit("/", 4)[0])

from luna.sidecar.keeper.keeper import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
