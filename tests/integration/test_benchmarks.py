"""The workloads give the results of their Python twins under the limits of a bare engine; their speed is not tested."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "benchmarks" / "workloads").glob("*.rhai"))


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env={"PYTHONPATH": str(ROOT)})


def test_every_workload_has_a_twin():
    assert [name for name in NAMES if not (ROOT / "benchmarks" / "workloads" / f"{name}.py").is_file()] == []


def test_every_workload_gives_the_result_of_its_twin():
    done = bench("--check")
    assert done.stdout.splitlines() == [f"{name:<22}ok" for name in NAMES]
    assert done.returncode == 0


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
