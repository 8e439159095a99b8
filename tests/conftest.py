"""Fixtures that every room shares."""

import signal

import pytest
from hypothesis import settings

from tests.fakes import FakeClock

TABLE = pytest.StashKey[list[str]]()
"""What became of the strikes at a node, for people."""


def pytest_configure() -> None:
    """Let Ctrl-C end the processes that tests start, in a script too, and let examples take their time."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # How long an example takes says how busy the machine is, not whether it is right.
    settings.register_profile("shared machine", deadline=None)
    settings.load_profile("shared machine")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, if parts of a node were struck."""
    for line in config.stash.get(TABLE, []):
        terminalreporter.write_line(line)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let ``make chaos`` ask for more than a quick check."""
    parser.addoption("--chaos-rounds", type=int, default=4, help="how often each process is killed")
    parser.addoption("--chaos-minutes", type=float, default=0.4, help="how long random things go wrong")
    parser.addoption("--chaos-seed", default="7", help="the same seed does the same again; `random` chooses one")
    parser.addoption("--neighbours", choices=["with", "without"], help="run only tests that mind none, or the others")
    parser.addoption("--chaos-table", action="store_true", help="strike each part of a node that often, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what does not run beside other tests, or what does."""
    if not (wanted := config.getoption("--neighbours")):
        return
    chosen, others = list[pytest.Item](), list[pytest.Item]()
    for item in items:
        alone = item.get_closest_marker("alone") is not None
        (chosen if alone == (wanted == "without") else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = chosen


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
