"""Fixtures that every room shares."""

import pytest

from tests.fakes import FakeClock

TABLE = pytest.StashKey[list[str]]()
"""What became of the strikes at a node, for people."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, if parts of a node were struck."""
    for line in config.stash.get(TABLE, []):
        terminalreporter.write_line(line)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let ``make chaos`` ask for more than a quick check."""
    parser.addoption("--chaos-rounds", type=int, default=4, help="how often each process is killed")
    parser.addoption("--chaos-minutes", type=float, default=0.4, help="how long random things go wrong")
    parser.addoption("--chaos-seed", default="7", help="the same seed does the same again; `random` chooses one")
    parser.addoption("--chaos-table", action="store_true", help="strike each part of a node that often, too")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
