"""Snapshots: what a value was when somebody last looked at it, kept beside the test file.

`snapshot(value)` in a test compares the value with the kept one; `horus test --update` keeps the present one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import EvalError
from horus_runtime.runtime.module import ANY, Module

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine

FOLDER: Final = "__snapshots__"


class Snapshots:
    """The snapshots of one test file: a JSON object from names to texts, in the folder `__snapshots__`.

    Args:
        update: keep what comes instead of comparing.
    """

    def __init__(self, test_file: Path, *, update: bool = False) -> None:
        self.path = test_file.parent / FOLDER / f"{test_file.stem}.json"
        self.update = update
        self.kept: dict[str, str] = self._read()
        self.used: set[str] = set()
        self.written = 0
        self._case = ""
        self._count = 0

    def _read(self) -> dict[str, str]:
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise EvalError("ErrorRuntime", f"the snapshots in {self.path} cannot be read: {error}", None) from None
        return {str(name): str(text) for name, text in data.items()} if isinstance(data, dict) else {}

    def begin(self, case: str) -> None:
        """A case begins: its snapshots are counted from 1."""
        self._case, self._count = case, 0

    def check(self, text: str, name: str | None = None) -> None:
        """Compare a text with the kept one, or keep it.

        Raises:
            EvalError: they differ, or nothing was kept and nothing may be.
        """
        self._count += 1
        key = f"{self._case} {name or self._count}"
        self.used.add(key)
        old = self.kept.get(key)
        if old == text:
            return
        if not self.update:
            raise _difference(key, old, text)
        self.kept[key] = text
        self.written += 1

    def save(self) -> None:
        """Write what was kept anew."""
        if self.written:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            content = json.dumps(self.kept, indent=2, ensure_ascii=False, sort_keys=True)
            self.path.write_text(f"{content}\n", encoding="utf-8")

    @property
    def unused(self) -> list[str]:
        """Names of snapshots that no case asked for."""
        return sorted(set(self.kept) - self.used)


def _difference(key: str, old: str | None, text: str) -> EvalError:
    if old is None:
        message = f"there is no snapshot '{key}' yet; --update keeps this one:\n{text}"
    else:
        from difflib import unified_diff

        lines = unified_diff(old.splitlines(), text.splitlines(), "kept", "now", lineterm="")
        message = f"the snapshot '{key}' is not what came:\n" + "\n".join(lines)
    return EvalError("ErrorRuntime", f"Runtime error: {message}", value=message)


def snapshot_module(engine: Engine, current: dict[str, Snapshots]) -> Module:
    """The functions `snapshot(value)` and `snapshot(value, name)`; `current["now"]` is what they use."""
    from horus_runtime.testing.layout import laid_out

    module = Module("testing")

    def snapshot(value: Any, name: str | None = None) -> None:
        """Compare a value with the kept snapshot; `horus test --update` keeps the present one."""
        text = value if isinstance(value, str) else laid_out(value, engine)
        current["now"].check(text, name)

    module.native("snapshot", ANY, volatile=True)(snapshot)
    module.native("snapshot", ANY, "string", volatile=True)(snapshot)
    return module
