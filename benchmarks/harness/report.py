"""The table on the terminal, and the same figures as JSON."""

import math
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .measure import Outcome, geometric_mean

Results = dict[str, dict[str, Outcome]]


def heading(columns: dict[str, str]) -> str:
    cells = "".join(f"{label:>12}{'ratio':>8}" for name, label in columns.items() if name != "python")
    return f"{'workload':<22}{'Python ms':>12}{cells}"


def row(name: str, outcomes: dict[str, Outcome], columns: dict[str, str]) -> str:
    cells = f"{name:<22}{outcomes['python'].median * 1000:>12.1f}"
    for column in columns:
        if column == "python":
            continue
        outcome = outcomes[column]
        if outcome.seconds:
            cells += f"{outcome.median * 1000:>12.1f}{outcome.ratio:>8.2f}"
        else:
            cells += f"{'WRONG' if outcome.wrong else '-':>12}{'':>8}"
    return cells


def ratios(results: Results, column: str) -> dict[str, float]:
    found = {name: outcomes[column].ratio for name, outcomes in results.items() if column in outcomes}
    return {name: ratio for name, ratio in found.items() if not math.isnan(ratio)}


def summary(results: Results, columns: dict[str, str]) -> str:
    """Geometric mean and the worst case of each column, and what went wrong."""
    lines = []
    for column, label in columns.items():
        figures = ratios(results, column)
        if column == "python" or not figures:
            continue
        worst = max(figures, key=lambda name: figures[name])
        mean = geometric_mean(list(figures.values()))
        lines.append(
            f"{label}: {mean:.2f} times hand-written Python over {len(figures)} workloads (geometric mean), "
            f"at most {figures[worst]:.2f} ({worst})"
        )
    for name, outcomes in results.items():
        for column, outcome in outcomes.items():
            if outcome.wrong:
                lines.append(f"WRONG {name}, {columns[column]}: {outcome.note}")
    return "\n".join(lines)


def machine() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "horus_runtime": _version("horus-runtime"),
    }


def as_json(results: Results, columns: dict[str, str], rounds: int, absent: dict[str, str]) -> dict[str, Any]:
    return {
        "machine": machine(),
        "rounds": rounds,
        "columns": columns,
        "absent": absent,
        "workloads": {
            name: {
                column: {
                    "seconds": outcome.seconds,
                    "ratio": None if math.isnan(outcome.ratio) else outcome.ratio,
                    "note": outcome.note,
                    "wrong": outcome.wrong,
                }
                for column, outcome in outcomes.items()
            }
            for name, outcomes in results.items()
        },
        "geometric_mean": {column: geometric_mean(list(ratios(results, column).values())) for column in columns},
    }


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "a checkout"
