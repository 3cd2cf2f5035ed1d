"""What a host can set on an engine: limits, language options, callbacks. Values are checked when they are set."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from functools import partial

from horus_runtime.cache import DiskCache, default_cache
from horus_runtime.engine.language import LanguageSettings
from horus_runtime.limits import LIMIT_NAMES, LIMITS, Limits
from horus_runtime.runtime.definitions import Definition
from horus_runtime.runtime.dispatch import FunctionTable
from horus_runtime.runtime.hooks import Hook, VariableHook
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.run import Host, RunSettings
from horus_runtime.source import Position
from horus_runtime.typing_names import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from horus_runtime.ast import nodes
    from horus_runtime.codegen.config import CompileConfig
    from horus_runtime.engine.debugger import Debugger
    from horus_runtime.engine.metrics import Metrics, RunMetrics
    from horus_runtime.runtime.budget import Budget
    from horus_runtime.syntax.mapping import TokenMapper
    from horus_runtime.syntax.options import ParseOptions

PrintCallback = Callable[[str], None]
DebugCallback = Callable[[str, str | None, Position | None], None]
VariableCallback = Callable[..., Any]
DefinitionCallback = Callable[[bool, Definition], bool]
MissingFunctionCallback = Callable[..., Any]
MissingPropertyCallback = Callable[..., Any]
BadIndexCallback = Callable[..., Any]

_SWITCHES = {
    "allow_if_expression": (True, "`if` may stand where a value is expected: `let x = if a { 1 } else { 2 };`."),
    "allow_switch_expression": (True, "`switch` may stand where a value is expected."),
    "allow_loop_expressions": (True, "Loops may stand where a value is expected; `break` gives it."),
    "allow_statement_expression": (
        True,
        "A block may stand where a value is expected: `let x = { a; b };`.",
    ),
    "allow_anonymous_fn": (True, "Scripts may write closures: `|x| x + 1`."),
    "allow_looping": (True, "Scripts may loop: `while`, `loop`, `do` and `for`."),
    "allow_shadowing": (True, "A variable may be declared again where it exists."),
    "strict_identifiers": (
        False,
        "Names such as `_x` and `__a1` are refused, as Rhai 1.26 does.",
    ),
    "underscore_variable": (
        False,
        "`_` alone is a name where a value may stand, as at the prompt for the last result.",
    ),
    "strict_variables": (False, "Variables that are declared nowhere are errors before a script runs."),
    "fail_on_invalid_map_property": (False, "Reading a property that a map does not have is an error instead of `()`."),
    "fast_operators": (
        True,
        "Operators on standard types are the standard ones, even where the host registered others.",
    ),
    "show_host_errors": (
        False,
        "Scripts see class and text of every exception that a host function raises; off: only of those meant for them.",
    ),
}
SWITCHES = {name: default for name, (default, _) in _SWITCHES.items()}
"""The options that are on or off, and what they are unless the host says otherwise."""
PARSE_LIMITS = tuple(name for name in LIMIT_NAMES if name not in {"max_operations", "max_duration"})
SIZE_LIMITS = ("max_string_size", "max_array_size", "max_map_size")
_DEFAULTS = Limits()
"""Sizes that a host has chosen are checked as exactly as Rhai does, nested ones added up, at the price of a look at the
whole value with every change. The default ones are far beyond ordinary values and checked where a value grows.
"""


class EngineSettings(LanguageSettings):
    """Settings part of `Engine`. Every limit and every language switch is an attribute."""

    max_operations: int
    max_duration: float
    max_call_levels: int
    max_expr_depth: int
    max_function_expr_depth: int
    max_string_size: int
    max_array_size: int
    max_map_size: int
    max_data_size: int
    max_script_size: int
    max_variables: int | None
    max_functions: int | None
    max_modules: int | None
    allow_if_expression: bool
    allow_switch_expression: bool
    allow_loop_expressions: bool
    allow_statement_expression: bool
    allow_anonymous_fn: bool
    allow_looping: bool
    allow_shadowing: bool
    strict_identifiers: bool
    underscore_variable: bool
    strict_variables: bool
    fail_on_invalid_map_property: bool
    fast_operators: bool
    revision: Revision
    show_host_errors: bool

    def __init__(self, table: FunctionTable, limits: Limits | None, services: dict[str, Any]) -> None:
        self.__dict__["revision"] = Revision()
        super().__init__()
        self.table = table
        self.modules: dict[str, Module] = {}
        self.services: dict[str, Any] = services
        self.module_resolver: Any = None
        self._limits = limits or Limits()
        self._sizes_set = limits is not None and any(
            getattr(limits, name) != getattr(_DEFAULTS, name) for name in SIZE_LIMITS
        )
        self._switches = SWITCHES.copy()
        self._on_token: TokenMapper | None = None
        self._optimization = "simple"
        self._print: PrintCallback | None = None
        self._debug: DebugCallback | None = None
        self._progress: Callable[[int], Any] | None = None
        self._start: Callable[[Budget], None] | None = None
        self._debugger: Debugger | None = None
        self._end: Callable[[RunMetrics], Any] | None = None
        self._metrics: Metrics | None = None
        self._tracing = False
        self._var: VariableHook | None = None
        self._def_var: DefinitionCallback | None = None
        self._missing_function: Hook | None = None
        self._missing_property: Hook | None = None
        self._bad_index: Hook | None = None
        self._options: ParseOptions | None = None
        self._parse_key: tuple[Any, ...] | None = None
        self.native = True
        """Let hot numeric code run as WebAssembly where wasmtime is installed."""
        self._cache: bool | str | DiskCache = True
        self._disk: DiskCache | None = None
        self._public_errors: tuple[type[Exception], ...] = ()
        self.default_tag: Any = None
        """The host's own value, which every run starts with as `NativeCallContext.tag`."""
        self._sealed = True

    # Limits and switches are many and alike: one method checks them all, and keeps typos from passing silently. What
    # reads them is added below the class; a `__getattr__` would slow down everything that is asked of an engine.

    def __setattr__(self, name: str, value: Any) -> None:
        if "revision" in self.__dict__:
            self.revision.number += 1
        if name in LIMIT_NAMES:
            self.limits = self._limits.with_(**{name: value})
            self._sizes_set = self._sizes_set or name in SIZE_LIMITS
        elif name in SWITCHES:
            if not isinstance(value, bool):
                raise TypeError(f"{name} must be a bool, not {type(value).__name__}")
            self._switches[name] = value
            self._reread()
        elif self.__dict__.get("_sealed") and not self._has_setting(name):
            raise AttributeError(f"an engine has no setting '{name}'{self._near_setting(name)}")
        else:
            object.__setattr__(self, name, value)

    def _reread(self) -> None:
        """The parser's settings changed."""
        self._options = None
        self._parse_key = None

    def _has_setting(self, name: str) -> bool:
        return name.startswith("_") or name in self.__dict__ or hasattr(type(self), name)

    def _near_setting(self, name: str) -> str:
        from difflib import get_close_matches

        own = [known for known in self.__dict__ if not known.startswith("_")]
        near = get_close_matches(name, [*LIMIT_NAMES, *SWITCHES, *own, "optimization_level", "limits"], n=1)
        return f": did you mean '{near[0]}'?" if near else ""

    @property
    def public_errors(self) -> tuple[type[Exception], ...]:
        """Exceptions of host functions whose text scripts see, besides `ValueError`, arithmetic and lookup errors."""
        return self._public_errors

    @public_errors.setter
    def public_errors(self, classes: Iterable[type[Exception]]) -> None:
        given = tuple(classes)
        for cls in given:
            if not issubclass(cls, Exception):
                raise TypeError(f"public_errors takes exception classes, not {cls!r}")
        self._public_errors = given

    @property
    def limits(self) -> Limits:
        """All limits at once."""
        return self._limits

    @limits.setter
    def limits(self, value: Limits) -> None:
        if not isinstance(value, Limits):
            raise TypeError(f"limits must be a Limits, not {type(value).__name__}")
        self._limits = value
        self._reread()

    @property
    def debugger(self) -> Debugger | None:
        """Stops the scripts that run from now on; `None` (the default) costs nothing."""
        return self._debugger

    @debugger.setter
    def debugger(self, debugger: Debugger | None) -> None:
        self._debugger = debugger
        self._observe()

    @property
    def optimization_level(self) -> str:
        """`"none"`, `"simple"` or `"full"`."""
        return self._optimization

    @optimization_level.setter
    def optimization_level(self, level: str) -> None:
        check_level(level)
        self._optimization = level

    # ---- callbacks --------------------------------------------------------------------------------------------------

    def on_print(self, callback: PrintCallback | None) -> Any:
        """Where `print` goes; `None` restores standard output."""
        self._print = callback
        return self

    def on_debug(self, callback: DebugCallback | None) -> Any:
        """Where `debug` goes: text, source name, position."""
        self._debug = callback
        return self

    def on_progress(self, callback: Callable[[int], Any] | None) -> Any:
        """Called with the operations spent at every charge; a result other than `None` stops the run."""
        self._progress = callback
        return self

    def on_start(self, callback: Callable[[Budget], None] | None) -> Any:
        """Called with the account of every run as it begins: who keeps it can end the run from another thread.

        `budget.cancelled = "reason"` ends the run at its next poll, and `budget.deadline` may be brought forward. This
        costs a running script nothing, unlike `on_progress`.
        """
        self._start = callback
        return self

    def on_end(self, callback: Callable[[RunMetrics], Any] | None) -> Any:
        """Called with what a run used when it is over, on its thread."""
        self._end = callback
        self._observe()
        return self

    @property
    def metrics(self) -> Metrics:
        """What the runs of this engine used together; counted from when it is first asked for."""
        if self._metrics is None:
            from horus_runtime.engine.metrics import Metrics

            self._metrics = Metrics()
            self._observe()
        return self._metrics

    @property
    def tracing(self) -> bool:
        """Make an OpenTelemetry span of every run, where that is installed (extra `otel`)."""
        return self._tracing

    @tracing.setter
    def tracing(self, wanted: bool) -> None:
        if not isinstance(wanted, bool):
            raise TypeError(f"tracing must be a bool, not {type(wanted).__name__}")
        self._tracing = wanted
        self._observe()

    def _observe(self) -> None:
        told = (self._end, self._metrics, self._debugger)
        self.revision.observed = self._tracing or any(observer is not None for observer in told)

    @property
    def observed(self) -> bool:
        """Does anybody want to know what runs use?"""
        return self.revision.observed

    def on_parse_token(self, callback: TokenMapper | None) -> Any:
        """Asked with each `Token` (kind, value, span) while a text is parsed. The answer is the text of the token to
        take in its place, or `None` to leave it; a replaced token stands where the old one stood.

        An answer that is not exactly one token is a `ParseError` there. Such scripts are not kept in the disk cache.
        """
        self._on_token = callback
        self._parse_generation += 1
        self._reread()
        return self

    def on_var(self, callback: VariableCallback | None) -> Any:
        """Asked with the name before a variable is looked up. `engine.NOTHING` goes on with the lookup; any other
        result is what the name means, as a constant.

        A callback of (name, context) gets an `EvalContext`: it can read `this` and the variables that are visible
        there, assign to them, and add some. One of (name, index, context) is also told the variable's place, counted
        from the end of that scope: 1 is the latest, 0 none of them. For both, scripts are compiled with every variable
        reachable by name, which makes them slower.
        """
        self._var = None if callback is None else VariableHook(callback)
        return self

    def on_def_var(self, callback: DefinitionCallback | None) -> Any:
        """Asked with (is it running, `Definition`) before a variable is declared, once when a script is compiled and
        again when it runs; a false answer refuses the name. Loop variables and parameters are not asked about.
        """
        self._def_var = callback
        return self

    def on_missing_function(self, callback: MissingFunctionCallback | None) -> Any:
        """Asked with the name and the arguments when no function fits a call; `engine.NOTHING` leaves it an error.

        A callback with one more parameter gets the context of the run.
        """
        self._missing_function = None if callback is None else Hook("on_missing_function", callback, 2)
        return self

    def on_map_missing_property(self, callback: MissingPropertyCallback | None) -> Any:
        """Asked with the map and the name when a property that is not there is read: `map.name`, `map["name"]`.

        The answer is the value; `engine.NOTHING` leaves it `()`, or an error with `fail_on_invalid_map_property`. The
        map may be changed. Only the scripts of engines that have this callback pay for it.
        """
        self._missing_property = None if callback is None else Hook("on_map_missing_property", callback, 2)
        return self

    def on_invalid_array_index(self, callback: BadIndexCallback | None) -> Any:
        """Asked with the array and the index when an item that is not there is read.

        The answer is the value; `engine.NOTHING` leaves it an error. Only the scripts of engines that have this
        callback pay for it.
        """
        self._bad_index = None if callback is None else Hook("on_invalid_array_index", callback, 2)
        return self

    # ---- what the other parts are told ------------------------------------------------------------------------------

    def parse_options(self) -> ParseOptions:
        """The parser's share of the settings."""
        if self._options is None:
            from horus_runtime.syntax.options import ParseOptions

            limits = self._limits
            self._options = ParseOptions(
                max_expr_depth=limits.max_expr_depth,
                max_function_expr_depth=limits.max_function_expr_depth,
                max_string_size=limits.max_string_size,
                max_array_size=limits.max_array_size,
                max_map_size=limits.max_map_size,
                max_functions=limits.max_functions,
                max_script_size=limits.max_script_size,
                strict_identifiers=self.strict_identifiers,
                underscore_variable=self.underscore_variable,
                disabled_symbols=self._disabled,
                custom_operators=tuple(sorted(self._operators.items())),
                custom_syntaxes=self._custom_symbols(),
                parse_functions=tuple(self._parse_functions.values()),
                on_token=self._on_token,
                allow_if_expression=self.allow_if_expression,
                allow_switch_expression=self.allow_switch_expression,
                allow_loop_expressions=self.allow_loop_expressions,
                allow_statement_expression=self.allow_statement_expression,
                allow_anonymous_fn=self.allow_anonymous_fn,
                allow_looping=self.allow_looping,
                allow_shadowing=self.allow_shadowing,
            )
        return self._options

    def compile_config(
        self,
        *,
        shared: frozenset[str] = frozenset(),
        scope_names: frozenset[str] = frozenset(),
        has_parent: bool = False,
        keep_tree: bool = False,
        rewind: bool = False,
    ) -> CompileConfig:
        """The code generator's share of the settings."""
        from horus_runtime.codegen.config import CompileConfig

        return CompileConfig(
            table=self.table,
            modules=frozenset(self.modules),
            shared=shared,
            scope_names=scope_names,
            fast_operators=self.fast_operators,
            fail_on_invalid_map_property=self.fail_on_invalid_map_property or self._missing_property is not None,
            exact_sizes=self._sizes_set,
            max_call_levels=self._limits.max_call_levels,
            has_parent=has_parent,
            keep_tree=keep_tree,
            rewind=rewind,
            globals=self.global_names(),
            optimized=self._optimization != "none",
            allow_shadowing=self.allow_shadowing,
            max_variables=self._limits.max_variables,
            watches_definitions=self._def_var is not None,
            watches_reads=self._var is not None,
            shows_scope=self._var is not None and self._var.shows_scope,
            host_properties=self.table.has_host_properties(),
            watches_indexes=self._bad_index is not None,
            infer=self._bad_index is None and self._debugger is None,
            native=self.native and self._debugger is None,
            debug=self._debugger is not None,
            strips=self._debugger is None,
            bounds=self._debugger is None,
            specialise=self._debugger is None,
        )

    def global_names(self) -> frozenset[str]:
        """The variables of global modules."""
        return frozenset(name for layer in self.table.layers for name in layer.variables)

    def free_names(self) -> frozenset[str]:
        """Names that mean something unless a variable has them: static modules and variables of global ones."""
        return self.global_names().union(self.modules)

    def fingerprint(self) -> tuple[Any, ...]:
        """Changes whenever compiled code would come out differently."""
        return (
            id(self.table),
            self.table.generation,
            frozenset(self.modules),
            self.fast_operators,
            self.fail_on_invalid_map_property,
            self._sizes_set,
            self._limits.max_call_levels,
            self._limits.max_variables,
            self._optimization,
            self.allow_shadowing,
            self._def_var is None,
            None if self._var is None else self._var.shows_scope,
            self._missing_property is None,
            self._bad_index is None,
            self.native,
            self._debugger is None,
        )

    def parse_key(self) -> tuple[Any, ...]:
        """Changes whenever a text would be read differently. Plain values, equal in every process."""
        if self._parse_key is None:
            self._parse_key = (
                tuple(getattr(self._limits, name) for name in PARSE_LIMITS),
                tuple(sorted(self._switches.items())),
                tuple(sorted(self._disabled)),
                tuple(sorted(self._operators.items())),
                self._custom_symbols(),
                self._parse_generation,
            )
        return self._parse_key

    def compile_key(self) -> tuple[Any, ...]:
        """As `fingerprint`, of plain values that are equal in every process."""
        return (self.parse_key(), tuple(sorted(self.modules)), *self.fingerprint()[3:], self.table.signature())

    # ---- the cache on disk ------------------------------------------------------------------------------------------

    @property
    def cache(self) -> bool | str | DiskCache:
        """Where compiled scripts are kept for other processes: `True` for the user's cache folder (see `HORUS_CACHE`),
        the path of a folder, or `False` for nowhere.
        """
        return self._cache

    @cache.setter
    def cache(self, value: bool | str | os.PathLike[str] | DiskCache) -> None:
        self._cache = value if isinstance(value, bool | DiskCache) else os.fspath(value)
        self._disk = DiskCache(self._cache) if isinstance(self._cache, str) else None

    def disk_cache(self) -> DiskCache | None:
        """The cache that is in use."""
        if self._parse_functions or self._on_token is not None:
            return None  # what functions of the host decide on is not known to other processes
        if self._cache is True:
            return default_cache()
        return self._cache if isinstance(self._cache, DiskCache) else self._disk

    def run_settings(self) -> RunSettings:
        """The runtime's share of the settings."""
        from horus_runtime.engine.engine import default_print

        return RunSettings(
            table=self.table,
            limits=self._limits,
            modules=self.modules,
            services=dict(self.services),  # a run may change its own: working directory, variables
            syntaxes=self._syntaxes,
            on_print=self._print or default_print,
            on_debug=self._debug or default_debug,
            on_progress=self._progress,
            on_start=self._start,
            debugger=self._debugger,
            on_var=self._var,
            on_def_var=self._def_var,
            on_missing_function=self._missing_function,
            on_missing_property=self._missing_property,
            on_bad_index=self._bad_index,
            allow_shadowing=self.allow_shadowing,
            exact_sizes=self._sizes_set,
            fail_on_invalid_map_property=self.fail_on_invalid_map_property,
            strict_identifiers=self.strict_identifiers,
            tag=self.default_tag,
            show_host_errors=self.show_host_errors,
            public_errors=self._public_errors,
            host=cast("Host", self),  # only Engine, which has the two methods, is ever instantiated
        )

    @property
    def checks_names(self) -> bool:
        """Do the settings ask for a look at the names of a script?"""
        return self.strict_variables or not self.allow_shadowing or self._def_var is not None

    def check_tree(self, script: nodes.Script, names: Iterable[str]) -> None:
        """Refuse the names that the settings forbid; `names` are variables that the script will find in its scope."""
        from horus_runtime.analysis.strict import NameRules, check_names

        check_names(
            script,
            NameRules(
                strict=self.strict_variables,
                allow_shadowing=self.allow_shadowing,
                known=self.global_names().union(names),
                modules=frozenset(self.modules),
                may_define=None if self._def_var is None else partial(self._def_var, False),
            ),
        )


def _limit(name: str) -> property:
    def read(self: EngineSettings) -> Any:
        return getattr(self._limits, name)

    return property(read, doc=f"{LIMITS[name]} See `Limits`.")


def _switch(name: str) -> property:
    def read(self: EngineSettings) -> bool:
        return self._switches[name]

    default, text = _SWITCHES[name]
    return property(read, doc=f"{text} {'On' if default else 'Off'} by default.")


for _name in LIMIT_NAMES:
    setattr(EngineSettings, _name, _limit(_name))
for _name in SWITCHES:
    setattr(EngineSettings, _name, _switch(_name))


class Revision:
    """What those who keep something made for an engine look at before they use it again."""

    __slots__ = ("number", "observed")

    def __init__(self) -> None:
        self.number = 0
        """Grows with everything that is set."""
        self.observed = False
        """Does anybody want to know what runs use?"""


def check_level(level: str) -> None:
    """Raise `ValueError` unless this is a level of the optimizer."""
    if level not in ("none", "simple", "full"):
        raise ValueError(f"optimization_level is 'none', 'simple' or 'full', not {level!r}")


def default_debug(text: str, source: str | None, position: Position | None) -> None:
    """Where `debug` goes unless the host says otherwise."""
    place = f"{position.line}:{position.column}" if position is not None else ""
    origin = f"{source} @ " if source else ""
    sys.stdout.write(f"{origin}{place} | {text}\n")
