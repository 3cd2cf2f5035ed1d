"""The library written in the language: documented and exemplified, function by function."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import horus_runtime as hr
from horus_runtime.resources import resource_root

LIBRARIES = sorted(resource_root("stdlib").glob("*.rhai"))
SPECS = Path(__file__).parents[1] / "spec"
FUNCTION = re.compile(r"^(?P<doc>(?:///.*\n)*)(?P<private>private )?fn (?P<name>\w+)\(", re.MULTILINE)


def functions(path: Path) -> list[tuple[str, str]]:
    """Name and documentation of the public functions."""
    return [(m["name"], m["doc"]) for m in FUNCTION.finditer(path.read_text(encoding="utf-8")) if not m["private"]]


def test_the_libraries_are_those_of_the_documentation() -> None:
    text = (resource_root("stdlib") / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `std/(\w+)`", text, re.MULTILINE)) == [path.stem for path in LIBRARIES]


@pytest.mark.parametrize("path", LIBRARIES, ids=lambda path: path.stem)
def test_every_function_is_documented_and_has_an_example(path: Path) -> None:
    spec = (SPECS / f"std_{path.stem}.rhai").read_text(encoding="utf-8")
    found = functions(path)
    assert [name for name, doc in found if not doc.strip()] == []
    assert [name for name, _ in found if f"::{name}(" not in spec] == []
    assert len(found) > 5


@pytest.mark.parametrize("path", LIBRARIES, ids=lambda path: path.stem)
def test_a_library_can_be_imported_and_starts_with_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("//! ")
    assert f'import "std/{path.stem}" as' in text
    hr.Engine().run(f'import "std/{path.stem}" as lib;')


PAGE = Path(__file__).parents[2] / "docs" / "stdlib.md"
ENTRY = re.compile(
    r"^// --- (?P<section>.*?) ---$|^(?P<doc>(?:///.*\n)+)(?P<private>private )?fn (?P<call>\w+\([^)]*\))", re.MULTILINE
)


def page_section(path: Path) -> str:
    """What the page says of a library: its purpose, then a line per function below its sections."""
    text = path.read_text(encoding="utf-8")
    purpose = " ".join(line.removeprefix("//!").strip() for line in text.splitlines() if line.startswith("//! "))
    lines = [f"## std/{path.stem}", "", purpose.partition("  ")[0].partition(" import ")[0].strip(), ""]
    for found in ENTRY.finditer(text):
        if found["section"]:
            lines += [f"### {found['section']}", ""] if lines[-1] == "" else ["", f"### {found['section']}", ""]
        elif not found["private"]:
            said = " ".join(line.removeprefix("///").strip() for line in found["doc"].splitlines())
            lines.append(f"- `{found['call']}`: {said}")
    return "\n".join(lines) + "\n"


def test_the_page_lists_every_function_of_the_libraries(update_golden: bool) -> None:
    head = PAGE.read_text(encoding="utf-8").partition("## std/")[0]
    expected = head + "\n".join(page_section(path) for path in LIBRARIES)
    if update_golden:
        PAGE.write_text(expected, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == expected
