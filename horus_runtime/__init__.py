"""horus_runtime: Rhai-compatible scripts and Heroscript payloads, embedded in Python.

    import horus_runtime as hr
    hr.Engine().eval("40 + 2")

Public names are loaded when they are first used, so that importing the package stays cheap.
"""

from __future__ import annotations

from horus_runtime.typing_names import TYPE_CHECKING, Any, TypeAlias

__version__ = "0.1.0"

if TYPE_CHECKING:
    from horus_runtime.engine.background import RunHandle
    from horus_runtime.engine.debugger import Action, Breakpoint, Debugger, Event, Stop
    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.functions import PointerFunction, ScriptFunction, ScriptObject
    from horus_runtime.engine.handle import AST
    from horus_runtime.engine.parts import FunctionInfo
    from horus_runtime.engine.presets import eval, eval_file, run, run_file  # noqa: A004 - Rhai's names
    from horus_runtime.engine.resolvers import (
        DummyModuleResolver,
        FileModuleResolver,
        ModuleNotFoundInResolverError,
        ModuleResolver,
        ModuleResolversCollection,
        StaticModuleResolver,
    )
    from horus_runtime.errors import (
        DeadlineError,
        EvalError,
        HorusError,
        HostFailure,
        InternalError,
        JobError,
        LimitError,
        ParseError,
        PolicyError,
        TerminatedError,
    )
    from horus_runtime.jobs.execution import execute
    from horus_runtime.jobs.model import Job, JobResult, JobStatus, Signature
    from horus_runtime.jobs.runners import Runner, RunnerKind, RunnerRegistry
    from horus_runtime.jobs.signing import SigningKey
    from horus_runtime.jobs.trust import TrustStore
    from horus_runtime.jobs.validation import validate
    from horus_runtime.limits import Limits
    from horus_runtime.modules.policy import Policy
    from horus_runtime.planning.effects import Answers
    from horus_runtime.planning.plan import Plan, plan
    from horus_runtime.runtime.context import CallContext, NativeCallContext, Ref
    from horus_runtime.runtime.fn_ptr import FnPtr
    from horus_runtime.runtime.module import Module
    from horus_runtime.runtime.scope import Scope
    from horus_runtime.runtime.values import Char, Range
    from horus_runtime.source import Position

if TYPE_CHECKING:
    Dynamic: TypeAlias = Any
    """Any script value, in annotations."""

UNIT = None
"""Rhai's `()`."""

_HOMES = {
    "Action": "engine.debugger",
    "Breakpoint": "engine.debugger",
    "Debugger": "engine.debugger",
    "Event": "engine.debugger",
    "Stop": "engine.debugger",
    "AST": "engine.handle",
    "Answers": "planning.effects",
    "CallContext": "runtime.context",
    "Char": "runtime.values",
    "DeadlineError": "errors",
    "DummyModuleResolver": "engine.resolvers",
    "Engine": "engine.engine",
    "EvalError": "errors",
    "FileModuleResolver": "engine.resolvers",
    "FnPtr": "runtime.fn_ptr",
    "FunctionInfo": "engine.parts",
    "HorusError": "errors",
    "HostFailure": "errors",
    "InternalError": "errors",
    "Job": "jobs.model",
    "JobError": "errors",
    "JobResult": "jobs.model",
    "JobStatus": "jobs.model",
    "LimitError": "errors",
    "Limits": "limits",
    "Module": "runtime.module",
    "ModuleNotFoundInResolverError": "engine.resolvers",
    "ModuleResolver": "engine.resolvers",
    "ModuleResolversCollection": "engine.resolvers",
    "NativeCallContext": "runtime.context",
    "ParseError": "errors",
    "Policy": "modules.policy",
    "Plan": "planning.plan",
    "PointerFunction": "engine.functions",
    "PolicyError": "errors",
    "Position": "source",
    "Range": "runtime.values",
    "Ref": "runtime.context",
    "RunHandle": "engine.background",
    "Runner": "jobs.runners",
    "RunnerKind": "jobs.runners",
    "RunnerRegistry": "jobs.runners",
    "Scope": "runtime.scope",
    "ScriptFunction": "engine.functions",
    "ScriptObject": "engine.functions",
    "Signature": "jobs.model",
    "SigningKey": "jobs.signing",
    "StaticModuleResolver": "engine.resolvers",
    "TerminatedError": "errors",
    "TrustStore": "jobs.trust",
    "eval": "engine.presets",
    "eval_file": "engine.presets",
    "execute": "jobs.execution",
    "plan": "planning.plan",
    "run": "engine.presets",
    "run_file": "engine.presets",
    "validate": "jobs.validation",
}

_MODULES = {"osiris": "modules.osiris"}
"""Modules that are public as such: `hr.osiris.Store`."""

__all__ = [
    "AST",
    "UNIT",
    "Action",
    "Answers",
    "Breakpoint",
    "CallContext",
    "Char",
    "DeadlineError",
    "Debugger",
    "DummyModuleResolver",
    "Dynamic",
    "Engine",
    "EvalError",
    "Event",
    "FileModuleResolver",
    "FnPtr",
    "FunctionInfo",
    "HorusError",
    "HostFailure",
    "InternalError",
    "Job",
    "JobError",
    "JobResult",
    "JobStatus",
    "LimitError",
    "Limits",
    "Module",
    "ModuleNotFoundInResolverError",
    "ModuleResolver",
    "ModuleResolversCollection",
    "NativeCallContext",
    "ParseError",
    "Plan",
    "PointerFunction",
    "Policy",
    "PolicyError",
    "Position",
    "Range",
    "Ref",
    "RunHandle",
    "Runner",
    "RunnerKind",
    "RunnerRegistry",
    "Scope",
    "ScriptFunction",
    "ScriptObject",
    "Signature",
    "SigningKey",
    "StaticModuleResolver",
    "Stop",
    "TerminatedError",
    "TrustStore",
    "__version__",
    "eval",
    "eval_file",
    "execute",
    "osiris",
    "plan",
    "run",
    "run_file",
    "validate",
]


def __getattr__(name: str) -> Any:
    if name == "Dynamic":
        from typing import Any as Dynamic

        return Dynamic
    home = _HOMES.get(name) or _MODULES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = import_module(f"{__name__}.{home}")
    if name in _HOMES:
        value = getattr(value, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
