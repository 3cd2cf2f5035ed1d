"""A workload: one script and the same work in hand-written Python beside it."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "workloads"


@dataclass(frozen=True)
class Workload:
    """A script `NAME.rhai`, and what its Python twin `NAME.py` does and answers."""

    name: str
    script: Path
    twin: Callable[[], Any]

    @property
    def text(self) -> str:
        return self.script.read_text(encoding="utf-8")

    def other(self, suffix: str) -> Path:
        """The same work written for a peer with a language of its own, such as `fib.lua`; it may be missing."""
        return self.script.with_suffix(suffix)


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.rhai"))


def kinds() -> list[str]:
    """The workloads that measure one thing each; the others, `payload_*`, are realistic mixtures."""
    return [name for name in names() if not name.startswith("payload_")]


def load(name: str) -> Workload:
    script = FOLDER / f"{name}.rhai"
    spec = importlib.util.spec_from_file_location(f"workload_{name}", script.with_suffix(".py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Workload(name, script, module.run)


def same(left: Any, right: Any) -> bool:
    """Equal in value and in kind, at every depth: 1, 1.0 and true are three answers. Floats agree to the last bit."""
    if isinstance(left, str) and isinstance(right, str):
        return str(left) == str(right)
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    return bool(left == right)
