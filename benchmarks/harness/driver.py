"""What the harness asks of everything that it times: hand-written Python, this runtime, and the optional peers.

A peer is a file in `benchmarks/peers` with `label` (the heading of its column) and `start() -> Driver`. `start` raises
`Absent` where the peer is not installed; the driver raises `Unsupported` for a workload that it cannot run.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import Any

from .workload import Unsupported, Workload

PEERS = Path(__file__).parents[1] / "peers"


class Absent(Exception):
    """The peer is not installed here, and why."""


@dataclass(frozen=True)
class Prepared:
    """A workload compiled and ready. `run` answers its result.

    `measure` answers the seconds of one run, for peers in another process that hold their own clock.
    """

    run: Callable[[], Any]
    measure: Callable[[], float] | None = None
    one_number_type: bool = False
    """The language does not tell 1 from 1.0."""

    def seconds(self) -> float:
        if self.measure is not None:
            return self.measure()
        start = time.perf_counter()
        self.run()
        return time.perf_counter() - start


Driver = Callable[[Workload], Prepared]


def python(workload: Workload) -> Prepared:
    return Prepared(workload.twin)


def has_native() -> bool:
    """Can this runtime's kernels run here?"""
    from horus_runtime.codegen.native import library

    return library.library_path() is not None


def horus(*, native: bool) -> Driver:
    """This runtime with the limits of a bare engine; refuses to measure anything less safe.

    `native` lets hot numeric code run as WebAssembly.
    """
    import horus_runtime as hr

    engine = hr.Engine()
    engine.native = native
    limits = {"max_operations": engine.max_operations, "max_duration": engine.max_duration}
    for name, limit in limits.items():
        if not limit:
            raise RuntimeError(f"the default engine has no {name}; a run without a budget is not what users get")

    def prepare(workload: Workload) -> Prepared:
        if workload.host is not None:
            return Prepared(workload.host(workload.text))
        tree = engine.compile(workload.text)
        return Prepared(lambda: engine.eval_ast(tree))

    return prepare


@dataclass(frozen=True)
class Peer:
    name: str
    label: str
    begin: Callable[[], Driver]

    def start(self) -> Driver:
        """Its driver, for workloads that need no modules of this runtime."""
        prepare = self.begin()

        def prepare_pure(workload: Workload) -> Prepared:
            if workload.host is not None:
                raise Unsupported("needs modules of this runtime")
            return prepare(workload)

        return prepare_pure


def peers() -> Iterator[Peer]:
    """Every peer that has a driver, installed or not; a driver is `NAME.py` or a folder with `driver.py`."""
    for path in sorted([*PEERS.glob("*.py"), *PEERS.glob("*/driver.py")]):
        name = path.parent.name if path.name == "driver.py" else path.stem
        spec = util.spec_from_file_location(f"peer_{name}", path)
        assert spec is not None
        assert spec.loader is not None
        module = util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield Peer(name, module.label, module.start)


__all__ = ["Absent", "Driver", "Peer", "Prepared", "Unsupported", "has_native", "horus", "peers", "python"]
