"""The types that the compiler found, as text for `--emit=types`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horus_runtime.analysis import types as ty
from horus_runtime.codegen.program import ProgramCompiler, collector_paused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from horus_runtime.analysis.scopes import FunctionInfo
    from horus_runtime.ast import nodes
    from horus_runtime.codegen.program import CompileConfig, Variant
    from horus_runtime.source import SourceFile

_NAMES = {
    ty.INT: "i64",
    ty.FLOAT: "f64",
    ty.BOOL: "bool",
    ty.STR: "string",
    ty.CHAR: "char",
    ty.UNIT: "()",
    ty.BLOB: "blob",
    ty.RANGE: "range",
    ty.FN: "Fn",
    ty.OTHER: "host type",
}


def type_text(t: int) -> str:
    """A type in the script's names: `i64 | f64`, `array<string>`, `any` where nothing is known."""
    low = t & ty.LOW
    if low == ty.LOW:
        return "any"
    if low == ty.NONE:
        return "never"
    found = [name for bit, name in _NAMES.items() if low & bit]
    for bit, name in ((ty.ARRAY, "array"), (ty.MAP, "map")):
        if low & bit:
            inner = (t >> ty.WIDTH) & ty.LOW
            found.append(name if inner in {ty.LOW, ty.NONE} else f"{name}<{type_text(t >> ty.WIDTH)}>")
    return " | ".join(found)


def types_of(script: nodes.Script, source: SourceFile, config: CompileConfig) -> Iterator[str]:
    """A line per function variant with its parameters and result, and one per variable below it."""
    with collector_paused():
        compiler = ProgramCompiler(script, source, config)
        for fn in compiler.info.functions:
            compiler.variant(fn, (ty.ANY,) * len(fn.params))
        compiler.infer_all()
    yield "main"
    yield from _variables(compiler, compiler.info.main, compiler.main_inference)
    for variant in compiler.variants.values():
        yield _heading(variant)
        yield from _variables(compiler, variant.fn, variant.inference)


def _heading(variant: Variant) -> str:
    params = ", ".join(
        f"{variable.name}: {type_text(t)}" for variable, t in zip(variant.fn.params, variant.params, strict=True)
    )
    this = f"{type_text(variant.this)}." if variant.fn.uses_this else ""
    return f"fn {this}{variant.fn.name}({params}) -> {type_text(variant.returns)}"


def _variables(compiler: ProgramCompiler, fn: FunctionInfo, inference: ty.Inference) -> Iterator[str]:
    for variable in dict.fromkeys(compiler.owned.get(fn, ())):
        if variable.kind != "param":
            yield f"    {variable.name}: {type_text(inference.type_of_variable(variable))}"
