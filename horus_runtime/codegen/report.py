"""The types that the compiler found: as text for `--emit=types`, and for lints that ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horus_runtime import collector
from horus_runtime.analysis import types as ty
from horus_runtime.analysis.inference import Inference
from horus_runtime.analysis.type_text import type_text
from horus_runtime.codegen.program import ProgramCompiler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from horus_runtime.analysis.scopes import FunctionInfo
    from horus_runtime.ast import nodes
    from horus_runtime.codegen.config import CompileConfig
    from horus_runtime.codegen.variants import Variant
    from horus_runtime.source import SourceFile


def typed_program(
    script: nodes.Script,
    source: SourceFile,
    config: CompileConfig,
    new_inference: Callable[..., Inference] = Inference,
) -> ProgramCompiler:
    """A script with the types of its body, of all its functions for any arguments, and of every call in it."""
    with collector.paused():
        compiler = ProgramCompiler(script, source, config)
        compiler.new_inference = new_inference
        for fn in compiler.info.functions:
            compiler.variant(fn, (ty.ANY,) * len(fn.params))
        compiler.infer_all()
    return compiler


def types_of(script: nodes.Script, source: SourceFile, config: CompileConfig) -> Iterator[str]:
    """A line per function variant with its parameters and result, and one per variable below it."""
    compiler = typed_program(script, source, config)
    yield "main"
    yield from _variables(compiler, compiler.info.main, compiler.main_inference)
    for variant in dict.fromkeys(compiler.variants.values()):
        yield _heading(variant)
        yield from _variables(compiler, variant.fn, variant.inference)


def _heading(variant: Variant) -> str:
    params = ", ".join(
        f"{variable.name}: {type_text(t)}" for variable, t in zip(variant.fn.params, variant.params, strict=True)
    )
    this = f"{type_text(variant.this)}." if variant.fn.uses_this else ""
    return f"fn {this}{variant.fn.name}({params}) -> {type_text(variant.returns)}"


def _variables(compiler: ProgramCompiler, fn: FunctionInfo, inference: Inference) -> Iterator[str]:
    for variable in dict.fromkeys(compiler.owned.get(fn, ())):
        if variable.kind != "param":
            yield f"    {variable.name}: {type_text(inference.type_of_variable(variable))}"
