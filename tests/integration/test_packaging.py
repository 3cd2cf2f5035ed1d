"""What the project ships: one set of versions, and wheels that carry the grammars and the library."""

import re
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

import horus_runtime

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.lower().split("==") for line in lines if not line.startswith("#"))


def test_every_dependency_is_pinned():
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [PROJECT["project"]["dependencies"], PROJECT["build-system"]["requires"], *extras.values()]
    names = {re.split(r"[<>=\[;~! ]", line)[0].lower() for lines in wanted for line in lines}
    assert names - set(pinned()) == set()


def test_constraints_are_plain_versions():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#") and not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(built) as archive:
        yield archive


def shipped(wheel: zipfile.ZipFile, kind: str) -> set[str]:
    prefix = f"horus_runtime/_data/{kind}/"
    return {name.removeprefix(prefix) for name in wheel.namelist() if name.startswith(prefix)}


@pytest.mark.parametrize("kind", ["grammars", "stdlib"])
def test_the_wheel_carries_every_grammar_and_library_script(wheel, kind):
    folder = ROOT / kind
    assert shipped(wheel, kind) == {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_package_tells_the_version_of_the_project():
    assert horus_runtime.__version__ == PROJECT["project"]["version"]


def test_the_wheel_says_that_the_package_is_typed_and_licensed(wheel):
    names = set(wheel.namelist())
    version = PROJECT["project"]["version"]
    assert {"horus_runtime/py.typed", f"horus_runtime-{version}.dist-info/licenses/LICENSE"} - names == set()


def test_the_wheel_holds_nothing_but_the_package_and_its_manual_pages(wheel):
    version = PROJECT["project"]["version"]
    data = f"horus_runtime-{version}.data"
    assert {name.split("/")[0] for name in wheel.namelist()} == {
        "horus_runtime",
        f"horus_runtime-{version}.dist-info",
        data,
    }
    installed = {name.removeprefix(f"{data}/data/") for name in wheel.namelist() if name.startswith(data)}
    assert installed == {f"share/man/man1/{path.name}" for path in (ROOT / "docs" / "man").iterdir()}
