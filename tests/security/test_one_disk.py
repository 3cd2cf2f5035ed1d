"""Host modules reach files through the disk of their call only, so that an overlay cannot be gone around."""

import ast
from pathlib import Path

import pytest

import horus_runtime
from horus_runtime.modules.disk import Disk

SAL = Path(horus_runtime.__file__).parent / "modules" / "sal"
OF_THE_DISK = {name for name in vars(Disk) if not name.startswith("_")} | {
    "lstat", "remove", "replace", "removedirs", "makedirs", "renames", "truncate", "chmod", "chown", "pwrite", "pread",
    "mkfifo", "mknod", "walk", "fwalk",
}  # fmt: skip
LOOKS = {"exists", "lexists", "isfile", "isdir", "islink", "getsize", "getmtime", "samefile"}
ALLOWED = {
    ("paths.py", "os.close"): "the probe of the kernel's own walk",
    ("commands.py", "os.read"): "pipes of programs",
    ("commands.py", "os.write"): "pipes of programs",
    ("spawned.py", "os.read"): "pipes of programs",
    ("git_runner.py", "os.path.isfile"): "the host's own git configuration",
}


def direct_calls(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if (
            name == "open"
            or (name.startswith("os.") and name.removeprefix("os.") in OF_THE_DISK)
            or (name.startswith("os.path.") and name.removeprefix("os.path.") in LOOKS)
            or (name.startswith("shutil.") and name != "shutil.which")
        ):
            yield name


@pytest.mark.parametrize("path", sorted(SAL.glob("*.py")), ids=lambda path: path.name)
def test_no_module_calls_the_system_itself(path):
    assert {(path.name, name) for name in direct_calls(path)} <= set(ALLOWED)


def test_every_exception_is_needed():
    assert {(path.name, name) for path in SAL.glob("*.py") for name in direct_calls(path)} == set(ALLOWED)
