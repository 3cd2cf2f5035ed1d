"""Runs a corpus script through this package's engine and describes the outcome like the oracle does."""

from __future__ import annotations

import warnings
from typing import Any

from tests.differential.corpus import Answer, Case, normalise

DEFAULT_MAX_OPERATIONS = 5_000_000
"""As in the oracle."""
MAX_SECONDS = 10.0

_ELSEWHERE = {"timeout", "scope", "modules", "mode", "call", "has_null", "source", "optimize", "disabled_symbols"}


def engine_or_skip_reason() -> str:
    """Empty when an engine can be made, else why it cannot."""
    try:
        import horus_runtime

        horus_runtime.Engine()
    except (ImportError, AttributeError) as error:
        return f"horus_runtime.Engine is not available: {error}"
    return ""


def run_case(case: Case) -> Answer:
    """The outcome in the recorded form; anything but a value or an error of ours is a `crash`."""
    return normalise(_Run(case).answer())


class _Run:
    def __init__(self, case: Case) -> None:
        import horus_runtime

        self._hr = horus_runtime
        self._case = case
        self._options = case.options
        self._output: list[Any] = []

    def answer(self) -> Answer:
        answer: Answer = {"output": self._output}
        scope = self._scope()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = self._execute(self._engine(), scope)
            answer["value"], answer["type"] = self._describe(value)
        except self._hr.InternalError as error:
            return {"crash": f"InternalError: {error} ({error.__cause__!r})"}
        except self._hr.HorusError as error:
            answer["error"] = _error(error, self._hr)
        except Exception as error:  # noqa: BLE001 - the very thing that must never happen
            return {"crash": f"{type(error).__name__}: {error}"}
        answer["scope"] = [[name, constant, self._describe(value)[0]] for name, constant, value in _variables(scope)]
        return answer

    def _engine(self) -> Any:
        engine = self._new_engine()
        engine.max_operations = DEFAULT_MAX_OPERATIONS
        engine.max_duration = MAX_SECONDS
        engine.optimization_level = self._options.get("optimize", "simple")
        for symbol in self._options.get("disabled_symbols", ()):
            engine.disable_symbol(symbol)
        for name, value in self._options.items():
            if name not in _ELSEWHERE:
                if not hasattr(engine, name):
                    raise AttributeError(f"Engine has no option {name}")
                setattr(engine, name, value)
        engine.module_resolver = self._modules()
        return engine

    def _new_engine(self) -> Any:
        engine = self._hr.Engine()
        engine.strict_identifiers = True  # names like _x: by default this engine accepts what Rhai did before 1.26
        engine.on_print(self._output.append)
        engine.on_debug(
            lambda text, source, position: self._output.append(
                ["debug", text, source or None, list(position) if position else [None, None]]
            )
        )
        return engine

    def _modules(self) -> Any:
        resolver = self._hr.StaticModuleResolver()
        for name, text in self._options.get("modules", ()):
            engine = self._new_engine()
            engine.module_resolver = resolver
            resolver.insert(name, self._hr.Module.eval_ast_as_new(self._hr.Scope(), engine.compile(text), engine))
        return resolver

    def _scope(self) -> Any:
        scope = self._hr.Scope()
        for name, text, constant in self._options.get("scope", ()):
            (scope.push_constant if constant else scope.push)(name, self._value(text))
        return scope

    def _value(self, text: str) -> Any:
        return self._hr.Engine().eval(text)

    def _execute(self, engine: Any, scope: Any) -> Any:
        script, mode, call = self._case.script, self._options.get("mode"), self._options.get("call")
        if mode == "json":
            return engine.parse_json(script, has_null=self._options.get("has_null", True))
        if mode == "expression":
            return engine.eval_expression(script, scope=scope)
        if call:
            tree = engine.compile(script, name=self._options.get("source"))
            return engine.call_fn(tree, call[0], *map(self._value, call[1:]), scope=scope)
        return engine.eval(script, scope=scope, name=self._options.get("source"))

    def _describe(self, value: Any) -> tuple[str, str]:
        """The debug text and the type name, asked from a plain engine so that no limit under test applies."""
        engine = self._hr.Engine()
        return engine.to_debug(value), engine.type_name(value)


def _variables(scope: Any) -> list[tuple[str, bool, Any]]:
    return [(name, bool(constant), value) for name, constant, value in scope]


def _error(error: Any, package: Any) -> Answer:
    line, position = error.position or (None, None)
    if isinstance(error, package.ParseError):
        return {
            "kind": "ErrorParsing",
            "parse_kind": error.kind,
            "syntax": error.message,
            "line": line,
            "position": position,
        }
    return {"kind": error.kind, "message": error.message, "line": line, "position": position}
