"""Sets up the process's log: one line per fact, as JSON or for people, on standard error."""

import logging
import sys
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor

from luna.kernel.context import current_call

FORMATS: Final = ("json", "console")


def configure(*, level: str, format: str) -> None:
    """Send everything that is logged, also through `logging`, to standard error.

    Raises:
        ValueError: *level* or *format* is unknown.

    """
    threshold = logging.getLevelNamesMapping().get(level.upper())
    if threshold is None:
        raise ValueError(f"log level {level!r} is unknown; take debug, info, warning or error")
    if format not in FORMATS:
        raise ValueError(f"log format {format!r} is unknown; take {' or '.join(FORMATS)}")
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_trace,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(format)],
        )
    )
    logging.basicConfig(handlers=[handler], level=threshold, force=True)


def add_trace(logger: Any, method: str, event: EventDict) -> EventDict:
    """Name the trace of the call that a line was written in."""
    del logger, method
    if trace_id := current_call().trace_id:
        event.setdefault("trace_id", trace_id)
    return event


def _rendering(format: str) -> list[Processor]:
    # Tracebacks show no local variables: they may hold what must not be logged.
    if format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
