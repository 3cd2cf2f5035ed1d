"""Runs the cases of a file: each in a folder and with a model store of its own, with what it printed kept."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from horus_runtime.errors import EvalError, HorusError
from horus_runtime.testing.discovery import Case, TestFile, read_file
from horus_runtime.testing.fakes import Fakes, fake_module
from horus_runtime.testing.snapshots import Snapshots, snapshot_module

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine
    from horus_runtime.modules.policy import Policy

PASSED, FAILED, SKIPPED, BROKEN = "passed", "failed", "skipped", "broken"
"""`broken` is a file that cannot be read or compiled."""


@dataclass(slots=True)
class Outcome:
    """What came of a case."""

    case: Case
    status: str
    seconds: float = 0.0
    message: str = ""
    """Why it failed or was left out."""
    output: str = ""
    line: int = 0
    """The line of the test file in which it failed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How tests are run."""

    policy: Policy | None = None
    """What tests may do besides working in their own folder."""
    limits: dict[str, Any] = field(default_factory=dict)
    update: bool = False
    """Keep new snapshots."""
    store: bool = True
    """Offer the model store, on a new file for every case."""


class FileRunner:
    """Runs cases of one file on one engine."""

    def __init__(self, path: Path, settings: Settings, prepare: Callable[[Engine], None] | None = None) -> None:
        self.path = path
        self.settings = settings
        self._fakes: dict[str, Fakes] = {}
        self._snapshots: dict[str, Snapshots] = {}
        self._printed: list[str] = []
        self._has_store = False
        self.engine = self._make_engine()
        if prepare is not None:
            prepare(self.engine)
        self.file: TestFile = read_file(path, self.engine)

    def _make_engine(self) -> Engine:
        from horus_runtime.engine import Engine
        from horus_runtime.engine.resolvers import FileModuleResolver, ModuleResolversCollection
        from horus_runtime.limits import Limits

        engine = Engine.sal(self.settings.policy, limits=Limits(**self.settings.limits))
        engine.on_print(lambda text: self._printed.append(f"{text}\n"))
        engine.on_debug(lambda text, source, position: self._printed.append(f"{text}\n"))
        engine.module_resolver = ModuleResolversCollection(FileModuleResolver(self.path.parent))
        engine.register_static_module("fake", fake_module(self._fakes))
        engine.register_global_module(snapshot_module(engine, self._snapshots))
        return engine

    def run(self, cases: Iterable[Case]) -> Iterator[Outcome]:
        """Run cases one after the other, and keep their snapshots."""
        self._snapshots["now"] = Snapshots(self.path, update=self.settings.update)
        try:
            for case in cases:
                yield self._outcome(case)
        finally:
            self._snapshots["now"].save()

    def _outcome(self, case: Case) -> Outcome:
        if case.skip is not None:
            return Outcome(case, SKIPPED, message=case.skip)
        self._printed.clear()
        self._snapshots["now"].begin(case.name)
        begin = time.perf_counter()
        try:
            with self._surroundings():
                self._run_case(case)
        except HorusError as error:
            return self._judged(case, error, time.perf_counter() - begin)
        seconds = time.perf_counter() - begin
        output = "".join(self._printed)
        if case.throws is not None:
            return Outcome(
                case, FAILED, seconds, f"expected an error with '{case.throws}', none came", output, case.line
            )
        return Outcome(case, PASSED, seconds, output=output)

    def _judged(self, case: Case, error: HorusError, seconds: float) -> Outcome:
        output = "".join(self._printed)
        root = error.root()
        if case.throws is not None and case.throws in root.message:
            return Outcome(case, PASSED, seconds, output=output)
        message = error.render()
        if case.throws is not None:
            message = f"expected an error with '{case.throws}', but this came:\n{message}"
        return Outcome(case, FAILED, seconds, message, output, _line_of(error, str(self.path), case.line))

    def _run_case(self, case: Case) -> None:
        """`setup`, the test, `teardown`. What `setup` returns is `this` in the others."""
        call = self.engine.call_fn
        tree = self.file.tree
        arguments = self._arguments(case)
        this = call(tree, "setup") if "setup" in self.file.hooks else None
        try:
            call(tree, case.function, *arguments, this=this)
        finally:
            if "teardown" in self.file.hooks:
                call(tree, "teardown", this=this)

    def _arguments(self, case: Case) -> list[Any]:
        if not case.parameters:
            return []
        values = self.engine.eval(f"[{case.arguments}]", name=f"{self.path}, @case")
        if len(values) != case.parameters:
            raise EvalError(
                "ErrorRuntime",
                f"{case.function} takes {case.parameters} arguments, the case '{case.arguments}' has {len(values)}",
                None,
            )
        return list(values)

    @contextmanager
    def _surroundings(self) -> Iterator[None]:
        """A folder and services for one case; both go with it."""
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="horus-test-"))).resolve()
            work = folder / "work"
            work.mkdir()
            before = dict(self.engine.services)
            stack.callback(_restore, self.engine.services, before)
            services = self.engine.services
            services.update(cwd=str(work), temp_dir=str(folder), policy=self._policy(work), cleanup=stack)
            if self.settings.store:
                stack.callback(_close_store, services)
                self._offer_store(":memory:")
            self._fakes["now"] = Fakes(work, services)
            yield

    def _policy(self, work: Path) -> Policy:
        """What the caller granted, and the test's own folder and store. Fakes need no program and no host."""
        from horus_runtime.modules.policy import Policy

        base = self.settings.policy or Policy()
        return base.grant(
            read=(str(work),), write=(str(work),), **({"osiris": "schema"} if base.osiris == "off" else {})
        )

    def _offer_store(self, path: str) -> None:
        if "osiris" not in self.file.tree.text:
            return
        from horus_runtime.engine.presets import add_osiris, change_store

        if self._has_store:
            change_store(self.engine, path)
        else:
            add_osiris(self.engine, path)  # compiled code looks modules up anew, so this is done once
            self._has_store = True


def _restore(services: dict[str, Any], before: dict[str, Any]) -> None:
    services.clear()
    services.update(before)


def _close_store(services: dict[str, Any]) -> None:
    store = services.get("osiris")
    if store is not None:
        store.close()


def _line_of(error: HorusError, name: str, default: int) -> int:
    """The line of the test file in which the error is placed, if it is."""
    position = error.position
    return position.line if position is not None and error.source is not None and error.source.name == name else default


def run_file(path: Path, settings: Settings, chosen: frozenset[str] | None = None) -> list[Outcome]:
    """Run the cases of a file, or those whose ids were chosen. A file that is broken is one outcome."""
    try:
        runner = FileRunner(path, settings)
    except HorusError as error:
        return [Outcome(Case(path, "", 1), BROKEN, message=error.render())]
    cases = [case for case in runner.file.cases if chosen is None or case.id in chosen]
    return list(runner.run(cases))
