"""Puts tables of figures between their markers in `benchmarks/README.md`, so that nobody has to copy them."""

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from . import report

README = Path(__file__).parents[1] / "README.md"
PACKAGES = ("wasmtime", "lupa", "quickjs", "starlark-pyo3", "pydantic-monty", "RestrictedPython")
"""What the versions of are told where they are installed."""
CARGO = Path(__file__).parents[1] / "peers" / "rhai" / "Cargo.toml"


class NoMarker(Exception):
    """A page does not have the two lines that a table belongs between."""


def between(text: str, marker: str, inserted: str) -> str:
    """The text with what stands between `<!-- MARKER -->` and `<!-- end of MARKER -->` replaced.

    Raises:
        NoMarker: one of the two lines is missing.
    """
    first, last = f"<!-- {marker} -->\n", f"<!-- end of {marker} -->"
    before, found, rest = text.partition(first)
    _, closed, after = rest.partition(last)
    if not (found and closed):
        raise NoMarker(f"there is no '{first.strip()}' with its end")
    return f"{before}{first}{inserted.strip()}\n{last}{after}"


def put(marker: str, inserted: str, page: Path = README) -> None:
    """Put a part of a page between its markers."""
    page.write_text(between(page.read_text(encoding="utf-8"), marker, inserted), encoding="utf-8")


def code(text: str) -> str:
    """A table as the page shows it."""
    return f"```\n{text.strip()}\n```\n"


def versions() -> str:
    """The versions of what was compared, as far as it is installed."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    rhai = re.search(r'^rhai = .*?"=([0-9.]+)"', CARGO.read_text(encoding="utf-8"), re.MULTILINE)
    return ", ".join([*found, *([f"Rhai {rhai[1]}"] if rhai else [])])


def results(found: report.Results, columns: dict[str, str], rounds: int, absent: dict[str, str]) -> str:
    """The section with the table of all workloads."""
    machine = report.machine()
    rows = [report.heading(columns), *(report.row(name, found[name], columns) for name in found)]
    missing = "".join(f"- absent: {name} ({reason})\n" for name, reason in absent.items())
    summary = "\n".join(f"- {line}" for line in report.summary(found, columns).splitlines())
    return (
        f"Medians of {rounds} rounds; {machine['processor']}, {machine['cpus']} processors, {machine['system']}; "
        f"{machine['python']}, {versions()}.\n\n{code(chr(10).join(rows))}\n{summary}\n{missing}"
    )
