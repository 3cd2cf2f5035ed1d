"""What runs used: `engine.metrics` adds it up, `engine.on_end` tells of every run."""

from __future__ import annotations

import sys
import threading
from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from horus_runtime.engine.engine import Engine
    from horus_runtime.runtime.run import Run


class RunMetrics:
    """What one run used."""

    __slots__ = ("error", "host_calls", "operations", "peak_data", "seconds")

    def __init__(self, run: Run, error: BaseException | None) -> None:
        budget = run.budget
        self.operations = budget.spent
        self.seconds = budget.seconds
        holdings = budget.holdings
        self.peak_data = (
            0 if holdings is None else max(holdings.peak, min(holdings.possible(self.operations), holdings.limit))
        )
        """Bytes: the most that was weighed; of a run that was never weighed, the most it can have been."""
        self.host_calls = run.host_calls
        self.error = None if error is None else getattr(error, "kind", type(error).__name__)
        """The kind of the error that ended the run."""

    def as_dict(self) -> dict[str, Any]:
        """All of it by name."""
        return {name: getattr(self, name) for name in self.__slots__}

    def __repr__(self) -> str:
        return f"RunMetrics({', '.join(f'{name}={value!r}' for name, value in self.as_dict().items())})"


class Metrics:
    """What all runs of an engine used; may be read while scripts run on other threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.runs = 0
        self.failures = 0
        self.operations = 0
        self.seconds = 0.0
        self.host_calls = 0
        self.peak_data = 0
        """The largest of all runs."""
        self.last: RunMetrics | None = None
        """The run that ended last."""

    def add(self, found: RunMetrics) -> None:
        """Count a run that has ended."""
        with self._lock:
            self.runs += 1
            self.failures += found.error is not None
            self.operations += found.operations
            self.seconds += found.seconds
            self.host_calls += found.host_calls
            self.peak_data = max(self.peak_data, found.peak_data)
            self.last = found

    def as_dict(self) -> dict[str, Any]:
        """The sums by name."""
        with self._lock:
            names = ("runs", "failures", "operations", "seconds", "host_calls", "peak_data")
            return {name: getattr(self, name) for name in names}


def watched(engine: Engine, run: Run, go: Callable[[], Any]) -> Any:
    """Do a run for all who want to know of it: the sums, the host's callback, the log, the trace, the debugger."""
    run.host_calls = 0
    error: BaseException | None = None
    value = None
    debugging = run.debugging
    if debugging is not None:
        debugging.begin()
    with _span(engine) as span:
        try:
            value = go()
            return value
        except BaseException as found:
            error = found
            raise
        finally:
            used = RunMetrics(run, error)
            if span is not None:
                for name in ("operations", "peak_data", "host_calls"):
                    span.set_attribute(f"horus.{name}", getattr(used, name))
            _tell(engine, used)
            if debugging is not None:
                debugging.end(value, error)


def _tell(engine: Engine, used: RunMetrics) -> None:
    if engine._metrics is not None:  # noqa: SLF001 - a part of the engine in a file of its own
        engine._metrics.add(used)  # noqa: SLF001
    if engine._end is not None:  # noqa: SLF001
        engine._end(used)  # noqa: SLF001
    logging = sys.modules.get("logging")
    if logging is not None:
        logger = logging.getLogger("horus_runtime")
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("run ended: %r", used)


def _span(engine: Engine) -> Any:
    """An OpenTelemetry span as a context manager, or nothing."""
    if engine.tracing:
        try:
            trace = import_module("opentelemetry.trace")
        except ImportError:
            return nullcontext()
        return trace.get_tracer("horus_runtime").start_as_current_span("horus.run")
    return nullcontext()
