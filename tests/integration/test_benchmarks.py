"""The workloads give the results of their Python twins under the limits of a bare engine; their speed is not tested."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKLOADS = ROOT / "benchmarks" / "workloads"
NAMES = sorted(path.stem for path in WORKLOADS.iterdir() if path.suffix in {".rhai", ".hero"})
PEERS = ("grain", "lupa", "monty", "quickjs", "restricted_python", "rhai", "starlark")


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env={"PYTHONPATH": str(ROOT)})


def test_every_workload_has_a_twin():
    assert [name for name in NAMES if not (WORKLOADS / f"{name}.py").is_file()] == []


def test_every_workload_gives_the_result_of_its_twin():
    done = bench("--check")
    assert done.stdout.splitlines() == [f"{name:<24}ok" for name in NAMES]
    assert done.returncode == 0


def test_at_least_ten_payloads_and_the_sixteen_kinds_are_there():
    payloads = [name for name in NAMES if name.startswith("payload_")]
    assert len(payloads) >= 10
    assert len(NAMES) - len(payloads) >= 17


def test_every_version_for_a_peer_belongs_to_a_workload():
    others = [path for path in WORKLOADS.iterdir() if path.suffix in {".lua", ".js", ".star"}]
    assert [path.name for path in others if path.stem not in NAMES] == []


def test_peers_are_listed_whether_they_are_installed_or_not():
    done = bench("--list")
    assert done.stdout == f"workloads: {' '.join(NAMES)}\npeers: {' '.join(PEERS)}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("klingon",), f"no workload 'klingon'; there are {', '.join(NAMES)}"),
        (("--repeat", "4"), "--repeat must be at least 5: a median of fewer rounds says nothing"),
    ],
)
def test_wrong_usage_exits_with_2(arguments, message):
    done = bench(*arguments)
    assert done.stderr.splitlines()[-1] == f"benchmarks/run.py: error: {message}"
    assert done.returncode == 2


def test_the_prompt_is_timed_by_kinds_of_help():
    command = [sys.executable, str(ROOT / "benchmarks" / "prompt.py"), "--repeat", "1", "--size", "40"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    rows = [line[:28].strip() for line in done.stdout.splitlines()]
    assert rows[:4] == ["ms", "ready", "variables", "functions"]
    assert len(rows) > 20


def test_what_the_prompt_is_timed_at_completing_is_completed(tmp_path):
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import prompt
    finally:
        sys.path.pop(0)
    (tmp_path / "files").mkdir()
    with prompt.session(tmp_path / "files", 40) as repl:
        answers = {kind: work() for kind, work in prompt.kinds(repl, tmp_path / "files").items()}
    # A text that is complete has no candidates; everything else finds something.
    assert [kind for kind, answer in answers.items() if not answer] == []
