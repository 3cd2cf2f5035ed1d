"""From annotated Python functions to the natives that scripts call.

One function may become several overloads: one for each combination of what its annotations accept, and one for each
number of arguments that its defaults allow.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from types import CoroutineType
from typing import Any, Final, get_type_hints

from horus_runtime.errors import EvalError, HorusError
from horus_runtime.runtime.context import CallContext, NativeCallContext
from horus_runtime.runtime.conversion import ATOMS, to_script
from horus_runtime.runtime.hints import Alternative, Reader, Unfit, alternatives, as_callable, expected
from horus_runtime.runtime.host_errors import host_error
from horus_runtime.runtime.module import ANY, NativeFn
from horus_runtime.runtime.suspension import wait_for
from horus_runtime.runtime.values import INT_MAX, INT_MIN, copy_value

MOST_OVERLOADS: Final = 64
CONTAINERS: Final = frozenset({list, dict, bytearray})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A positional parameter as scripts fill it."""

    name: str
    options: tuple[Alternative, ...]
    optional: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """What the annotations of a function say."""

    parameters: tuple[Parameter, ...]
    context_at: int | None
    """Which positional argument is the context of the call, if one is."""
    returns: str


def signature_of(function: Callable[..., Any], *, owner: type | None = None) -> Signature:
    """Read a function's annotations; a parameter without one takes any value.

    Args:
        owner: the class whose objects are the first argument, where the annotations do not say so.

    Raises:
        TypeError: a parameter is variadic or keyword-only, or an annotation means nothing to scripts.
    """
    shown = getattr(function, "__name__", type(function).__name__)
    hints = _hints(function, shown)
    parameters: list[Parameter] = []
    context_at = None
    for at, parameter in enumerate(_positional(function, shown)):
        hint = hints.get(parameter.name, owner if owner is not None and not parameters else Any)
        if hint in (NativeCallContext, CallContext):
            if context_at is not None:
                raise TypeError(f"{shown}(): only one parameter can be the context, not '{parameter.name}' as well")
            context_at = at
            continue
        try:
            options = alternatives(hint)
        except TypeError as error:
            raise TypeError(f"{shown}(): parameter '{parameter.name}': {error}") from None
        parameters.append(Parameter(parameter.name, options, parameter.default is not parameter.empty))
    return Signature(tuple(parameters), context_at, _returned(hints))


def _hints(function: Any, shown: str) -> dict[str, Any]:
    target = function
    if inspect.isclass(function):
        target = function.__init__
    elif not inspect.isroutine(function):
        target = type(function).__call__
    try:
        return get_type_hints(target, include_extras=True)
    except NameError as error:
        raise TypeError(f"{shown}(): an annotation names '{error.name}', which is not known") from None
    except (TypeError, AttributeError):
        return {}  # builtins have none


def _positional(function: Any, shown: str) -> list[inspect.Parameter]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        raise TypeError(f"{shown}(): Python does not tell its parameters; wrap it in a function that does") from None
    found = []
    for parameter in parameters:
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            found.append(parameter)
        else:
            raise TypeError(
                f"{shown}(): scripts pass positional arguments only, '{parameter.name}' is {parameter.kind.description}"
            )
    return found


def _returned(hints: dict[str, Any]) -> str:
    try:
        return expected(alternatives(hints["return"])) if "return" in hints else ANY
    except TypeError:
        return ANY


def natives_from_python(
    function: Callable[..., Any],
    *,
    name: str | None = None,
    owner: type | None = None,
    method: bool = False,
    operator: bool = False,
    params: tuple[str, ...] | None = None,
    doc: str | None = None,
    **flags: Any,
) -> list[NativeFn]:
    """Every overload of a Python function.

    Args:
        name: the name in scripts, by default the function's own.
        owner: the class of the first argument, where the annotations do not say so.
        method: the first argument is the script's own value and may be changed; else it is a copy.
        operator: all arguments are operands: objects of classes are not made from maps.
        params: the script types, in place of what the annotations say.
        flags: further fields of `NativeFn`: `pure`, `volatile`, `ref`, `capability`, `internal`.

    Raises:
        TypeError: the signature cannot be used from scripts.
    """
    if flags.pop("internal", False):
        flags["namespace"] = "internal"
    signature = signature_of(function, owner=owner)
    if method:
        signature = _for_objects(signature, count=len(signature.parameters) if operator else 1)
    shown = name or function.__name__
    if params is not None:
        if len(params) != len(signature.parameters):
            raise TypeError(f"{shown}(): {len(params)} script types for {len(signature.parameters)} parameters")
        combinations = [tuple(Alternative(kind) for kind in params)]
    else:
        combinations = _combinations(signature.parameters, shown)
    text = doc if doc is not None else inspect.getdoc(function) or ""
    return [_native(function, shown, options, signature, method=method, doc=text, **flags) for options in combinations]


def _for_objects(signature: Signature, count: int) -> Signature:
    """A method's first argument is an object of the class itself, not a map that one could be made of; so are the
    operands of an operator.
    """
    parameters = list(signature.parameters)
    for at, parameter in enumerate(parameters[:count]):
        objects = tuple(Alternative(option.name, None, option.cls) for option in parameter.options if option.cls)
        if objects:
            parameters[at] = Parameter(parameter.name, objects, parameter.optional)
    return Signature(tuple(parameters), signature.context_at, signature.returns)


def _combinations(parameters: tuple[Parameter, ...], shown: str) -> list[tuple[Alternative, ...]]:
    required = sum(not parameter.optional for parameter in parameters)
    found: list[tuple[Alternative, ...]] = []
    for count in range(required, len(parameters) + 1):
        found += product(*(parameter.options for parameter in parameters[:count]))
        if len(found) > MOST_OVERLOADS:
            raise TypeError(f"{shown}(): its annotations mean more than {MOST_OVERLOADS} overloads; use Any")
    return found


def _native(
    function: Callable[..., Any],
    name: str,
    options: tuple[Alternative, ...],
    signature: Signature,
    *,
    method: bool,
    doc: str,
    **flags: Any,
) -> NativeFn:
    readers = [option.read for option in options]
    calls_back = signature.context_at is not None or as_callable in readers
    classes = tuple(option.cls for option in options)
    flags.setdefault("returns", signature.returns)
    # What changes a value must not get a constant; objects are the host's, and a constant holds but a reference.
    flags.setdefault("pure", not (method and options and options[0].name in ("array", "map", "blob")))
    return NativeFn(
        name,
        tuple(option.name for option in options),
        _adapter(function, name, readers, signature.context_at, owns_first=not method and _may_hold(options)),
        context=True,
        host=True,
        callbacks=calls_back,
        classes=classes if any(classes) else (),
        doc=doc,
        param_names=tuple(parameter.name for parameter in signature.parameters[: len(options)]),
        **flags,
    )


def _may_hold(options: tuple[Alternative, ...]) -> bool:
    """May the first argument be an array, a map or a blob?"""
    return bool(options) and options[0].name in (ANY, "array", "map", "blob") and options[0].read is None


def _adapter(
    function: Callable[..., Any],
    name: str,
    readers: list[Reader | None],
    context_at: int | None,
    *,
    owns_first: bool,
) -> Callable[..., Any]:
    """What the runtime calls: arguments read, exceptions turned into script errors, results into script values."""
    prepare = _preparation(name, readers, context_at, owns_first=owns_first)

    def call(run: Any, *args: Any) -> Any:
        if run is not None:
            run.host_calls += 1
        try:
            result = function(*args)
        except HorusError:
            raise
        except Exception as error:
            raise host_error(name, error, run) from error
        cls = type(result)
        if cls in ATOMS or (cls is int and INT_MIN <= result <= INT_MAX):
            return result
        if cls is CoroutineType:
            result = _awaited(result, name, run)
        return converted(name, result, run)

    if prepare is None:
        return call

    def prepared(run: Any, *args: Any) -> Any:
        return call(run, *prepare(run, args))

    return prepared


def raw_native(
    name: str, params: tuple[str | type, ...], function: Callable[[CallContext, list[Any]], Any], **flags: Any
) -> NativeFn:
    """The native of a function that gets its arguments by reference; see `Registrar.register_raw_fn`."""

    def call(run: Any, *args: Any) -> Any:
        given = list(args)
        run.host_calls += 1
        try:
            result = function(CallContext(run, name), given)
        except HorusError:
            raise
        except Exception as error:
            raise host_error(name, error, run) from error
        shown = converted(name, _awaited(result, name, run) if type(result) is CoroutineType else result, run)
        return (converted(name, given[0], run) if given[0] is not args[0] else given[0], shown) if args else shown

    options = [Alternative(param) if isinstance(param, str) else alternatives(param)[0] for param in params]
    classes = tuple(option.cls for option in options)
    flags.setdefault("pure", not params)
    return NativeFn(
        name,
        tuple(option.name for option in options),
        call,
        context=True,
        host=True,
        callbacks=True,
        ref=bool(params),
        classes=classes if any(classes) else (),
        doc=flags.pop("doc", inspect.getdoc(function) or ""),
        **flags,
    )


def _awaited(coroutine: Any, name: str, run: Any) -> Any:
    """What an `async def` function gives; the script waits for it."""
    try:
        return wait_for(coroutine, name, None if run is None else run.budget)
    except HorusError:
        raise
    except Exception as error:
        raise host_error(name, error, run) from error


def converted(name: str, result: Any, run: Any) -> Any:
    """A host function's result as a script value; what has no script value is the function's failure."""
    try:
        return (to_script if run is None else run.convert)(result)
    except (OverflowError, TypeError, ValueError) as error:
        raise EvalError("ErrorRuntime", f"Runtime error: result of '{name}': {error}", value=str(error)) from error


def _preparation(
    name: str, readers: list[Reader | None], context_at: int | None, *, owns_first: bool
) -> Callable[[Any, tuple[Any, ...]], list[Any]] | None:
    """What happens to the arguments before the function gets them; `None` when nothing does."""
    reading = [(at, reader) for at, reader in enumerate(readers) if reader is not None]
    if not reading and context_at is None and not owns_first:
        return None

    def prepare(run: Any, args: tuple[Any, ...]) -> list[Any]:
        given = list(args)
        if owns_first and type(given[0]) in CONTAINERS:
            given[0] = copy_value(given[0])
        for at, reader in reading:
            if reader is as_callable:
                given[at] = CallContext(run, name).bound(given[at])
                continue
            try:
                given[at] = reader(given[at])
            except Unfit as unfit:
                raise unfit_argument(name, at, unfit) from None
        if context_at is not None:
            given.insert(context_at, CallContext(run, name))
        return given

    return prepare


def unfit_argument(name: str, at: int, unfit: Unfit) -> EvalError:
    """`Data type incorrect: argument #1 of 'f': .items[2]: string (expecting i64)`."""
    step = str(unfit)
    joint = "" if step[:1] in (".", "[") else ": "
    return EvalError(
        "ErrorMismatchDataType",
        f"Data type incorrect: argument #{at + 1} of '{name}'{joint}{step}",
        fields={"function": name},
    )
