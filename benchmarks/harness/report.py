"""The table on the terminal, and the same figures as JSON."""

import math
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .measure import Outcome, geometric_mean

OWN = ("python", "horus", "native")
"""Columns that are no peers."""

Results = dict[str, dict[str, Outcome]]


def heading(columns: dict[str, str]) -> str:
    cells = "".join(f"{label + ' ms':>14}{'ratio':>7}" for name, label in columns.items() if name != "python")
    return f"{'workload':<24}{'Python ms':>10}{cells}"


def row(name: str, outcomes: dict[str, Outcome], columns: dict[str, str]) -> str:
    cells = f"{name:<24}{outcomes['python'].median * 1000:>10.1f}"
    for column in columns:
        if column == "python":
            continue
        outcome = outcomes[column]
        if outcome.seconds:
            cells += f"{outcome.median * 1000:>14.1f}{outcome.ratio:>7.2f}"
        else:
            cells += f"{'WRONG' if outcome.wrong else '-':>14}{'':>7}"
    return cells


def ratios(results: Results, column: str) -> dict[str, float]:
    found = {name: outcomes[column].ratio for name, outcomes in results.items() if column in outcomes}
    return {name: ratio for name, ratio in found.items() if not math.isnan(ratio)}


def summary(results: Results, columns: dict[str, str]) -> str:
    """Geometric mean and the worst case of each column, this runtime against its peers, and what went wrong."""
    lines = []
    for column, label in columns.items():
        if column != "python":
            lines += _against_python(results, column, label)
    lines += [_against(results, column, label) for column, label in columns.items() if column not in OWN]
    for name, outcomes in results.items():
        for column, outcome in outcomes.items():
            if outcome.wrong:
                lines.append(f"WRONG {name}, {columns[column]}: {outcome.note}")
    return "\n".join(filter(None, lines))


def _against_python(results: Results, column: str, label: str) -> list[str]:
    """The means of the workloads that measure one thing each, and of the realistic mixtures."""
    lines = []
    for kind, payloads in (("workloads", False), ("payloads", True)):
        figures = {
            name: ratio for name, ratio in ratios(results, column).items() if name.startswith("payload_") is payloads
        }
        if figures:
            worst = max(figures, key=lambda name: figures[name])
            lines.append(
                f"{label}: {geometric_mean(list(figures.values())):.2f} times hand-written Python over {len(figures)} "
                f"{kind} (geometric mean), at most {figures[worst]:.2f} ({worst})"
            )
    return lines


def faster(results: Results, column: str) -> dict[str, float]:
    """How many times faster than the peer the Python of this runtime is, by workload."""
    ours = ratios(results, "horus")
    return {name: ratio / ours[name] for name, ratio in ratios(results, column).items() if name in ours}


def _against(results: Results, column: str, label: str) -> str:
    figures = faster(results, column)
    if not figures:
        return ""
    worst = min(figures, key=lambda name: figures[name])
    return (
        f"Horus is {geometric_mean(list(figures.values())):.2f} times as fast as {label} over {len(figures)} workloads "
        f"(geometric mean), at least {figures[worst]:.2f} ({worst})"
    )


def machine() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
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
        "faster_than": {
            column: geometric_mean(list(faster(results, column).values()))
            for column in columns
            if column not in OWN and faster(results, column)
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
