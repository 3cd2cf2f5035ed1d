"""A workload: one script and the same work in hand-written Python beside it.

`NAME.py` has `run()`. Where the script needs modules of this runtime, it also has `host(text)`, which gets the script
and answers a function that runs it; such a workload cannot be given to peers.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "workloads"
SCRIPTS = (".rhai", ".hero")


class Unsupported(Exception):
    """A driver has no version of a workload, or cannot run it."""


@dataclass(frozen=True)
class Workload:
    """A script `NAME.rhai`, and what its Python twin `NAME.py` does and answers."""

    name: str
    script: Path
    twin: Callable[[], Any]
    host: Callable[[str], Callable[[], Any]] | None = None
    """Prepares the script for this runtime, with the modules and payload formats that it needs."""

    @property
    def text(self) -> str:
        return self.script.read_text(encoding="utf-8")

    def other(self, suffix: str) -> Path:
        """The same work written for a peer with a language of its own, such as `fib.lua`; it may be missing."""
        return self.script.with_suffix(suffix)

    def other_text(self, suffix: str) -> str:
        """That version's text.

        Raises:
            Unsupported: there is none.
        """
        try:
            return self.other(suffix).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise Unsupported(f"there is no {self.name}{suffix}") from None


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.iterdir() if path.suffix in SCRIPTS)


def kinds() -> list[str]:
    """The workloads that measure one thing each; the others, `payload_*`, are realistic mixtures."""
    return [name for name in names() if not name.startswith("payload_")]


def load(name: str) -> Workload:
    script = next(path for suffix in SCRIPTS if (path := FOLDER / f"{name}{suffix}").is_file())
    spec = importlib.util.spec_from_file_location(f"workload_{name}", script.with_suffix(".py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Workload(name, script, module.run, getattr(module, "host", None))


def same(left: Any, right: Any, *, one_number_type: bool = False) -> bool:
    """Equal in value and in kind, at every depth: 1, 1.0 and true are three answers. Floats agree to the last bit.

    A language with one type for all numbers may answer 1 for 1.0.
    """
    numbers = (int, float)
    if one_number_type and type(left) in numbers and type(right) in numbers:
        return left == right
    if isinstance(left, str) and isinstance(right, str):
        return str(left) == str(right)
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(
            same(one, other, one_number_type=one_number_type) for one, other in zip(left, right, strict=True)
        )
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(
            same(value, right[key], one_number_type=one_number_type) for key, value in left.items()
        )
    return bool(left == right)
