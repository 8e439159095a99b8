"""Writes what recoveries come to as Prometheus text."""

from collections.abc import Iterator, Mapping
from typing import Final

from luna.sidecar.process_stat import rss_bytes
from luna.sidecar.recovery.hands import name_of
from luna.sidecar.recovery.parts import Parts
from luna.sidecar.state import Board, State
from luna.transport.histogram import Histogram

_COUNTERS: Final = (
    ("reports", "arkalia_recovery_reports_total", "Failures that were reported."),
    ("aggregated", "arkalia_recovery_reports_aggregated_total", "Those counted on a recovery under way."),
    ("let_go", "arkalia_recovery_reports_let_go_total", "Those that nothing was done about, for there were too many."),
    ("recurrences", "arkalia_recovery_recurrences_total", "Failures of what had failed within a minute before."),
    ("escalations", "arkalia_recovery_escalations_total", "Recoveries that a human was asked about."),
)


def render(parts: Parts, board: Board) -> str:
    """Return all metrics of the sidecar that are not about its calls."""
    figures = parts.figures
    lines = [
        *_by_strategy("arkalia_recovery_attempts_total", "Steps taken.", figures.attempts),
        *_by_strategy("arkalia_recovery_successes_total", "Steps after which it worked again.", figures.successes),
        *_histogram("arkalia_recovery_seconds", "From a failure until it worked again.", figures.seconds),
    ]
    for attribute, name, help in _COUNTERS:
        lines += [f"# HELP {name} {help}", f"# TYPE {name} counter", f"{name} {getattr(figures, attribute)}"]
    gauges = {
        "arkalia_recoveries_under_way": len(parts.ledger.under_way()),
        "arkalia_incidents_open": len(parts.incidents.open()),
        "arkalia_recovery_events_waiting": parts.outbox.waiting,
        "arkalia_recovery_events_dropped": parts.outbox.dropped,
    }
    for name, value in gauges.items():
        lines += [f"# TYPE {name} gauge", f"{name} {value}"]
    return "\n".join([*lines, *_processes(board), ""])


def _by_strategy(name: str, help: str, values: Mapping[str, int]) -> Iterator[str]:
    yield f"# HELP {name} {help}"
    yield f"# TYPE {name} counter"
    for strategy, value in sorted(values.items()):
        yield f'{name}{{strategy="{strategy}"}} {value}'


def _histogram(name: str, help: str, histogram: Histogram) -> Iterator[str]:
    yield f"# HELP {name} {help}"
    yield f"# TYPE {name} histogram"
    count = 0
    for bound, within in zip(histogram.bounds, histogram.counts, strict=False):
        count += within
        yield f'{name}_bucket{{le="{bound}"}} {count}'
    count += histogram.counts[-1]
    yield f'{name}_bucket{{le="+Inf"}} {count}'
    yield f"{name}_sum {histogram.total}"
    yield f"{name}_count {count}"


def _processes(board: Board) -> Iterator[str]:
    yield "# HELP arkalia_process_state Whether a process is in a state."
    yield "# TYPE arkalia_process_state gauge"
    for status in board.all():
        for state in State:
            labels = f'process="{name_of(status)}",state="{state.value}"'
            yield f"arkalia_process_state{{{labels}}} {int(status.state is state)}"
    yield "# HELP arkalia_process_restarts_total How often a process was started again after it had ended."
    yield "# TYPE arkalia_process_restarts_total counter"
    for status in board.all():
        yield f'arkalia_process_restarts_total{{process="{name_of(status)}"}} {status.restarts}'
    yield "# HELP arkalia_process_resident_bytes The memory that a process holds."
    yield "# TYPE arkalia_process_resident_bytes gauge"
    for status in board.all():
        if (resident := rss_bytes(status.pid)) is not None:
            yield f'arkalia_process_resident_bytes{{process="{name_of(status)}"}} {resident}'
