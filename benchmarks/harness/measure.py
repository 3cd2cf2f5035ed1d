"""Checks results, then times them in rounds: within a round every driver runs once, so that a slow moment of the
machine slows all of them, and a ratio is taken within its round. The figure is the median of the rounds' ratios.
"""

import gc
import math
import statistics
from dataclasses import dataclass, field

from .driver import Driver, Prepared, Unsupported, python
from .workload import Workload, same


@dataclass
class Outcome:
    """What one driver did with one workload: `seconds` per round, or why there are none."""

    seconds: list[float] = field(default_factory=list)
    ratio: float = math.nan
    note: str = ""
    wrong: bool = False

    @property
    def median(self) -> float:
        return statistics.median(self.seconds) if self.seconds else math.nan


def check(workload: Workload, drivers: dict[str, Driver]) -> tuple[dict[str, Prepared], dict[str, Outcome]]:
    """Run each driver once; those whose answer is Python's are ready to be timed, the others have an outcome."""
    expected = workload.twin()
    ready = {"python": python(workload)}
    outcomes = {}
    for name, prepare in drivers.items():
        try:
            prepared = prepare(workload)
            answer = prepared.run()
        except Unsupported as reason:
            outcomes[name] = Outcome(note=str(reason) or "-")
        except Exception as error:  # noqa: BLE001 - whatever a driver raises is its answer, and a wrong one
            outcomes[name] = Outcome(note=f"{type(error).__name__}: {error}", wrong=True)
        else:
            if same(answer, expected, one_number_type=prepared.one_number_type):
                ready[name] = prepared
            else:
                outcomes[name] = Outcome(note=f"answered {answer!r}, Python {expected!r}", wrong=True)
    return ready, outcomes


def measure(workload: Workload, drivers: dict[str, Driver], rounds: int) -> dict[str, Outcome]:
    """Check and time one workload: an outcome per driver, with `python` as the yardstick."""
    ready, outcomes = check(workload, drivers)
    timed = {name: Outcome() for name in ready}
    for _ in range(rounds):
        for name, prepared in ready.items():
            gc.collect()
            timed[name].seconds.append(prepared.seconds())
    yardstick = timed["python"].seconds
    for outcome in timed.values():
        outcome.ratio = statistics.median(map(float.__truediv__, outcome.seconds, yardstick))
    return timed | outcomes


def geometric_mean(values: list[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, values))) if values else math.nan
