"""`horus test` and the pytest plug-in, as people run them."""

import json
import re
import subprocess
import sys
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest

from horus_runtime.cli.main import main

MATHS = "fn area(w, h) {\n    if w < 0 {\n        return 0;\n    }\n    w * h\n}\n"
MATHS_TEST = """\
import "std/testing" as t;
import "maths" as m;

fn test_area() {
    t::assert_eq(m::area(2, 3), 6);
}

/// @skip later
fn test_volume() {}
"""
WRONG_TEST = 'fn test_wrong() {\n    print("so far");\n    throw "no";\n}\n'


@pytest.fixture
def project(tmp_path):
    (tmp_path / "maths.rhai").write_text(MATHS)
    (tmp_path / "maths_test.rhai").write_text(MATHS_TEST)
    (tmp_path / "wrong_test.rhai").write_text(WRONG_TEST)
    return tmp_path


@pytest.fixture
def run(project, monkeypatch, capsys):
    """`horus test` in the project's folder: what it printed, what it complained of, its exit code."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("HORUS_HOME", str(project / "home"))

    def run(*arguments):
        code = main(["test", *arguments])
        printed = capsys.readouterr()
        return Done(timeless(printed.out), printed.err, code)

    return run


class Done(NamedTuple):
    stdout: str
    stderr: str
    returncode: int


def run_pytest(folder, *arguments):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def timeless(text):
    return re.sub(r"in \d+\.\d+ ?s", "in T", text)


def test_a_run_shows_marks_failures_and_a_summary(run, project):
    done = run()
    expected = (
        ".sF\n"
        "\n"
        "=== wrong_test.rhai:3: test_wrong ===\n"
        "wrong_test.rhai:3:5\n"
        '3:     throw "no";\n'
        "       ^ Runtime error: no\n"
        "--- printed ---\n"
        "so far\n"
        "\n"
        "1 failed, 1 passed, 1 skipped in T\n"
    )
    assert done == (expected, "", 1)


def test_failures_alone_are_run_again(run, project):
    run()
    assert run("--lf", "-v").stdout.splitlines()[0] == "wrong_test.rhai::test_wrong failed"
    (project / "wrong_test.rhai").write_text("fn test_wrong() {}\n")
    again = run("--lf")
    assert (again.stdout, again.returncode) == (".\n\n1 passed in T\n", 0)


def test_cases_are_listed_without_running(run, project):
    done = run("--list", "-k", "maths")
    assert (done.stdout, done.returncode) == ("maths_test.rhai::test_area\nmaths_test.rhai::test_volume\n", 0)


def test_a_wrong_expression_and_a_missing_file_are_usage_errors(run, project):
    assert run("-k", "a and") == ("", "-k: the expression ends too early\n", 2)
    missing = run("nope")
    assert (missing.stderr, missing.returncode) == ("there is no test file 'nope'\n", 2)


def test_json_has_every_case(run, project):
    done = run("--json", "maths_test.rhai", "-k", "area")
    data = json.loads(done.stdout)
    assert [(case["id"], case["status"], case["line"]) for case in data["cases"]] == [
        ("maths_test.rhai::test_area", "passed", 4)
    ]
    assert (data["passed"], data["failed"], done.returncode) == (1, 0, 0)


def test_junit_has_a_suite_for_every_file_on_two_processes(project):
    # In a process of its own: Python keeps a helper of process pools as a child until the end.
    command = [sys.executable, "-m", "horus_runtime", "test", "--junit", "out/junit.xml", "-n", "2"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert (done.stdout.splitlines()[0], done.returncode) == (".sF", 1)
    root = ET.parse(project / "out" / "junit.xml").getroot()
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["skipped"]) == ("3", "1", "1")
    assert [suite.attrib["name"] for suite in root] == ["maths_test.rhai", "wrong_test.rhai"]
    [failed] = root[1]
    assert failed.find("failure").attrib["message"] == "wrong_test.rhai:3:5"
    assert failed.find("system-out").text == "so far\n"


def test_coverage_names_the_lines_that_did_not_run(run, project):
    done = run("--coverage", "--coverage-xml", "cov.xml", "--coverage-html", "cov", "maths_test.rhai")
    assert done.stdout == (
        ".s\n"
        "\n"
        "Name         Stmts   Miss  Cover   Missing\n"
        "------------------------------------------\n"
        "maths.rhai       4      1    75%   3\n"
        "------------------------------------------\n"
        "TOTAL            4      1    75%\n"
        "\n"
        "1 passed, 1 skipped in T\n"
    )
    lines = ET.parse(project / "cov.xml").getroot().iter("line")
    assert [(line.attrib["number"], line.attrib["hits"]) for line in lines] == [
        ("1", "1"), ("2", "1"), ("3", "0"), ("5", "1")
    ]  # fmt: skip
    assert any("maths" in path.name for path in (project / "cov").glob("*.html"))


def test_pytest_collects_script_tests(project):
    done = run_pytest(project, "-rs")
    lines = timeless(done.stdout).splitlines()
    assert lines[-1] == "1 failed, 1 passed, 1 skipped in T"
    assert "       ^ Runtime error: no" in lines
    assert f"{project}/wrong_test.rhai:3:5" in lines
    assert "so far" in lines
    assert done.returncode == 1


def test_pytest_keeps_snapshots_when_asked_to(project):
    (project / "kept_test.rhai").write_text("fn test_kept() { snapshot([1]); }\n")
    assert run_pytest(project, "--horus-update", "kept_test.rhai").returncode == 0
    assert (project / "__snapshots__" / "kept_test.json").read_text() == '{\n  "test_kept 1": "[\\n  1,\\n]"\n}\n'
