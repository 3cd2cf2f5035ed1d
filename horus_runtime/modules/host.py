"""What every function with a host behind it shares: registration, argument checks, the one gate, the error map.

`HostModule.fn` reads the signature of a Python function and registers natives that check every argument, so that a
wrong call is a `TypeMismatch` or `InvalidArgument` naming function and argument. The capability a function needs is
part of its registration: with a policy that grants nothing of it, the function is refused before its body runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from inspect import get_annotations
from typing import Any, Final, NamedTuple, TypeVar

from horus_runtime.errors import HorusError, HostFailure, PolicyError, PolicyStop
from horus_runtime.modules.disk import REAL, Disk
from horus_runtime.modules.policy import CAPABILITIES, LEVELS, SWITCHES, Decision, Policy
from horus_runtime.runtime.context import ENDINGS, NativeCallContext
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.module import ANY, Module, NativeFn
from horus_runtime.runtime.values import type_name

F = TypeVar("F", bound=Callable[..., Any])

Effects = Callable[["HostCall", str, str, dict[str, Any]], bool]
"""Who hears of programs, requests and signals, and may say that they are only planned: call, kind, subject, facts."""

NOTHING_GRANTED: Final = Policy()
MASK: Final = "***"
QUOTAS: Final[Mapping[str, int]] = {
    "processes": 200,
    "network requests": 500,
    "bytes received": 256 * 1024 * 1024,
    "bytes written": 1024 * 1024 * 1024,
}
"""What one run may use of the outside in total; a host gives others with the service `quotas`."""
MIN_SECRET: Final = 4
"""Characters of a text that is worth masking; shorter ones would blot out half of every message."""
PURE: Final = None
"""The capability of functions without any effect on, or knowledge of, the outside."""

_CLASSES: Final[Mapping[str, tuple[tuple[type, ...], str]]] = {
    "str": ((str,), "a string"),
    "int": ((int,), "an integer"),
    "float": ((float, int), "a number"),
    "bool": ((bool,), "true or false"),
    "list": ((list,), "an array"),
    "dict": ((dict,), "a map"),
    "bytearray": ((bytearray,), "a blob"),
    "FnPtr": ((FnPtr,), "a function"),
    "None": ((type(None),), "()"),
}


class HostCall:
    """One call from a script: which function it is, what the run grants, and how to fail."""

    __slots__ = ("asked", "context", "disk", "function", "granted", "memo", "module", "policy", "services")

    def __init__(self, context: NativeCallContext, module: str, function: str) -> None:
        self.context = context
        self.module = module
        self.function = function
        self.services = context.services
        """What the host wired in for this run."""
        self.disk: Disk = self.services.get("disk", REAL)
        """Where files are: the operating system, or what a host put in its place."""
        self.memo: Any = None
        """What a module wants to remember from one call of this function to the next one of the same run."""
        self.asked = policy = self.services.get("policy")
        """What the run has for a policy."""
        self.policy: Policy = policy if isinstance(policy, Policy) else NOTHING_GRANTED
        """What the run grants; without a policy that is nothing."""
        self.granted = False
        """Whether the capability of the function is granted for anything at all."""

    def fail(self, failure: str, message: str, **extra: Any) -> HostFailure:
        """The error for the script; the caller raises it."""
        return HostFailure(failure, self.masked(message), module=self.module, function=self.function, **extra)

    def invalid(self, argument: str, problem: str, **extra: Any) -> HostFailure:
        """`InvalidArgument` in one wording: function, argument, what is wrong."""
        return self.fail("InvalidArgument", f"{self.module}.{self.function}: '{argument}' {problem}", **extra)

    def require(
        self, decision: Decision, capability: str, subject: str, *, flag: str | None = None, level: str | None = None
    ) -> None:
        """The one gate: let the call go on, or raise `PolicyError`; either way tell the audit."""
        audit = self.context.services.get("audit")
        if audit is not None:
            self._tell(audit, decision, capability, subject, level)
        if not decision.allowed:
            raise self.refused(capability, subject, decision.rule, flag)

    def _tell(
        self, audit: Callable[[dict[str, Any]], None], decision: Decision, capability: str, subject: str,
        level: str | None,
    ) -> None:  # fmt: skip
        from horus_runtime.modules.audit import script_place

        record = {
            "capability": capability,
            "function": f"{self.module}.{self.function}",
            "subject": self.masked(subject),
            "allowed": decision.allowed,
            "rule": decision.rule,
            **({"level": level} if level is not None else {}),
        }
        audit({**record, **script_place(self.context)})

    def refused(self, capability: str, subject: str, rule: str = "", flag: str | None = None) -> HorusError:
        """The error that a refusal raises: one that scripts can catch, unless the policy says that it is fatal."""
        error = self.refusal(capability, subject, rule, flag)
        return PolicyStop(error) if self.policy.on_denied == "fatal" else error

    def postponed(self, kind: str, subject: str, **facts: Any) -> bool:
        """Tell the run's service `effects` of something outside that is no file; true: it must not really be done.

        Callers ask behind the policy's gate and in front of the effect, and answer for a postponed one themselves:
        with what a success looks like that brings nothing, marked `simulated` where the answer has room for it.
        """
        effects: Effects | None = self.services.get("effects")
        return effects is not None and effects(self, kind, subject, facts)

    def count(self, what: str, amount: int = 1) -> None:
        """Spend from the run's quota of something; more than the quota is `LimitExceeded`."""
        quota = {**QUOTAS, **self.context.services.get("quotas", {})}[what]
        used = self.context.services.setdefault("used", {})
        used[what] = used.get(what, 0) + amount
        if used[what] > quota:
            raise self.fail("LimitExceeded", f"{self.module}.{self.function}: a run may use {quota} {what}")

    def require_level(self, capability: str, needed: str, subject: str = "") -> None:
        """The gate for capabilities that come in steps (`git`, `docker`, `osiris`)."""
        flag = f"--allow-{capability}={needed}"
        self.require(self.policy.level(capability, needed), capability, subject, flag=flag, level=needed)

    def refusal(self, capability: str, subject: str, rule: str = "", flag: str | None = None) -> PolicyError:
        """The error of a refused call. It repeats the script's own words and tells no resolved path or root."""
        what = f"{self.module}.{self.function}" + (f" on '{subject}'" if subject else "")
        if rule.startswith("deny_"):
            text = f"{what} is denied: a rule of the policy forbids it, and no grant of '{capability}' overrules it"
            return PolicyError(text, capability=capability, module=self.module, function=self.function)
        flag = flag or default_flag(capability, subject)
        text = f"{what} is not allowed: the capability '{capability}' is missing, grant it with {flag}"
        hint = f"run with {flag}"
        return PolicyError(text, capability=capability, module=self.module, function=self.function, hint=hint)

    def at_end(self, action: Callable[[], None]) -> None:
        """Do something when the run is over; with a service `cleanup`, an `ExitStack`, the host says when that is."""
        cleanup = self.context.services.get("cleanup")
        if cleanup is not None:
            cleanup.callback(action)
        else:
            self.context.services.setdefault(ENDINGS, []).append(action)

    def hide(self, secret: str) -> None:
        """Mask a text in program output, errors and audit records of this run from now on."""
        if len(secret) >= MIN_SECRET:
            self.context.services.get("hidden", []).append(secret)
            self.context.services["secrets"] = (*self.context.services.get("secrets", ()), secret)

    def masked(self, text: str) -> str:
        """A text in which the run's secrets are replaced by `***`."""
        return masked(text, self.context.services.get("secrets", ()))

    def seconds(self, wanted: float | None) -> float | None:
        """The time a step may take: what the caller asked for, but never beyond the run's deadline."""
        left = self.context.remaining_seconds()
        if left is None or wanted is None:
            return wanted if left is None else max(left, 0.0)
        return max(min(wanted, left), 0.0)


def masked(text: str, secrets: Iterable[str]) -> str:
    """A text in which secrets are replaced by `***`."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def default_flag(capability: str, subject: str) -> str:
    """The command-line flag that grants a capability for a subject."""
    if capability in LEVELS:
        return f"--allow-{capability}={LEVELS[capability][1]}"
    if capability in SWITCHES or capability == "kill":
        name = "kill-user" if capability == "kill" else capability.replace("_", "-")
        return f"--allow-{name}"
    return f"--allow-{capability}={subject}" if subject else f"--allow-{capability}"


class Options:
    """Base of option maps: a subclass lists its options as annotated class attributes with their defaults."""

    def __init__(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)


class _Argument(NamedTuple):
    name: str
    classes: tuple[type, ...]
    """Empty: any value."""
    words: str
    options: type[Options] | None
    attribute: str
    """The Python name: with an underscore at the end where Python or the module uses the plain one itself."""


class Described(NamedTuple):
    """What documentation says about a function: its name, receiver, parameters, needs and help."""

    name: str
    handle: str | None
    arguments: tuple[_Argument, ...]
    required: int
    capability: str | None
    doc: str


class HostModule:
    """A `Module` under construction, whose functions check their arguments and know their own names."""

    def __init__(self, name: str, doc: str) -> None:
        self.module = Module(name, doc)
        self.name = name
        self.described: list[Described] = []

    def fn(
        self,
        *,
        capability: str | None,
        name: str | None = None,
        handle: str | None = None,
        pure: bool = True,
        borrows: bool = False,
        like: Callable[..., Any] | None = None,
        hidden: int = 0,
    ) -> Callable[[F], F]:
        """Register a function; its parameters after the call are read from its annotations.

        `capability` is what the function needs at least, `PURE` for none. `handle` makes it a method of that host
        type: its first parameter after the call is the receiver. `borrows` says that it changes and keeps nothing of
        its arguments, so that scripts need not hand over copies. `like` is a function whose name, help and parameters
        are taken instead, after `hidden` further parameters that the registered function supplies itself.
        """
        if capability is not PURE and capability not in CAPABILITIES:
            raise ValueError(f"unknown capability '{capability}' of {self.name}.{name}")

        def register(function: F) -> F:
            model = like or function
            skip = (2 if handle else 1) + hidden
            flags = {"pure": pure, "borrows": borrows}
            self._register(function, model, name or model.__name__.rstrip("_"), capability, handle, skip, flags)
            return function

        return register

    def alias(self, alias: str, name: str) -> None:
        """Offer a function under a second name."""
        self.described += [item._replace(name=alias) for item in self.described if item.name == name]
        for (known, _), overloads in list(self.module.functions.items()):
            if known == name:
                for native in overloads:
                    self.module.add(native.renamed(alias))

    def _register(
        self, function: Any, model: Any, name: str, capability: str | None, handle: str | None, skip: int,
        flags: dict[str, bool],
    ) -> None:  # fmt: skip
        arguments = _arguments(model, skip)
        defaults = len(model.__defaults__ or ())
        if arguments and arguments[-1].options is not None and not defaults:
            defaults = 1
        call = _native(self.name, name, function, model.__defaults__ or (), arguments, capability, handle is not None)
        required = len(arguments) - defaults
        self.described.append(Described(name, handle, arguments, required, capability, (model.__doc__ or "").strip()))
        for count in range(required, len(arguments) + 1):
            self.module.add(
                NativeFn(
                    name,
                    ((handle,) if handle else ()) + (ANY,) * count,
                    call,
                    pure=flags["pure"],
                    borrows=flags["borrows"],
                    context=True,
                    callbacks=any(FnPtr in argument.classes for argument in arguments),
                    volatile=True,
                    capability=capability,
                    doc=(model.__doc__ or "").strip(),
                    param_names=tuple(argument.name for argument in arguments[:count]),
                )
            )


def _native(
    module: str,
    name: str,
    function: Any,
    defaults: tuple[Any, ...],
    arguments: tuple[_Argument, ...],
    capability: str | None,
    method: bool,
) -> Callable[..., Any]:
    """The callable behind a registered function: gate, argument checks, body."""
    fillers: dict[int, list[Any]] = {}
    """What stands for left out arguments, by the number of those that are given; functions only read them."""
    plain = _plain_arguments(arguments, int(method))
    complete = len(arguments) + method

    def opened(context: NativeCallContext) -> HostCall:
        """What the calls of this function share, made again for another run or policy."""
        call = context.calls[native] = HostCall(context, module, name)
        call.granted = capability is not None and call.policy.grants_any(capability)
        return call

    def native(context: NativeCallContext, *given: Any) -> Any:
        call = context.calls.get(native)
        if call is None or call.services.get("policy") is not call.asked:
            call = opened(context)
        if capability is not None:
            # SAFETY: nothing outside is touched after the deadline or a cancellation, however late they are noticed.
            context.charge(1)
            if capability == "sys" or not call.granted:
                # `sys` has no finer gate, so every use of it is told here.
                decision = Decision(call.granted, capability if call.granted else "")
                call.require(decision, capability, _subject(capability, given[method:]))
        try:
            if len(given) == complete:
                for at, classes in plain:
                    if type(given[at]) not in classes:
                        break
                else:
                    return function(call, *given)
            return function(call, *given[:method], *completed(call, given[method:]))
        except (HostFailure, UnicodeEncodeError) as failure:
            raise _attributed(call, failure) from None

    def completed(call: HostCall, values: tuple[Any, ...]) -> list[Any]:
        checked = [check_argument(call, argument, value) for argument, value in zip(arguments, values, strict=False)]
        count = len(values)
        if count < len(arguments):
            left_out = fillers.get(count)
            if left_out is None:
                left_out = fillers[count] = _fillers(defaults, arguments, count)
            checked.extend(left_out)
        return checked

    fixed = len(arguments) == 1 and not defaults and arguments[0].options is None
    if method and fixed and plain and capability not in (PURE, "sys"):
        return _method_with_one(native, function, plain[0][1])
    return native


def _method_with_one(native: Callable[..., Any], function: Any, classes: frozenset[type]) -> Callable[..., Any]:
    """`native`, for a method with one argument of these classes: the call that loops of scripts make most.

    Python calls functions faster whose arguments it can count. Whatever is not settled goes the general way.
    """

    def with_one(context: NativeCallContext, receiver: Any, first: Any) -> Any:
        call = context.calls.get(native)
        if (
            call is None
            or not call.granted
            or call.services.get("policy") is not call.asked
            or type(first) not in classes
        ):
            return native(context, receiver, first)
        context.charge(1)
        try:
            return function(call, receiver, first)
        except (HostFailure, UnicodeEncodeError) as failure:
            raise _attributed(call, failure) from None

    return with_one


def _attributed(call: HostCall, failure: HostFailure | UnicodeEncodeError) -> HostFailure:
    """The failure with the function it happened in."""
    if isinstance(failure, UnicodeEncodeError):
        # Names of files may have bytes that are no text; they come as characters that nothing else can encode.
        text = f"{call.module}.{call.function}: a text has characters that cannot be written as UTF-8"
        return call.fail("InvalidEncoding", text)
    if not failure.value.get("function"):
        failure.value["module"], failure.value["function"] = call.module, call.function
    return failure


def _plain_arguments(arguments: tuple[_Argument, ...], skip: int) -> tuple[tuple[int, frozenset[type]], ...]:
    """Where which classes need no work before the function gets them; parameters that take anything have no entry."""
    return tuple(
        (at, frozenset(() if argument.options else argument.classes) - ({int} if float in argument.classes else set()))
        for at, argument in enumerate(arguments, skip)
        if argument.classes
    )


def _subject(capability: str, values: tuple[Any, ...]) -> str:
    """What a call is about, for its refusal: its first text, of an address only host and port."""
    text = values[0] if values and type(values[0]) is str else ""
    if capability == "net" and "://" in text:
        from urllib.parse import urlsplit

        return urlsplit(text).netloc.rpartition("@")[2]
    return text if capability != "sys" else ""


def _fillers(defaults: tuple[Any, ...], arguments: tuple[_Argument, ...], given: int) -> list[Any]:
    """Values for what the script left out at the end."""
    missing = len(arguments) - given
    options = arguments[-1].options
    values = [*defaults, *([options()] if options is not None and len(defaults) < missing else [])]
    return values[len(values) - missing :]


def _arguments(function: Any, skip: int) -> tuple[_Argument, ...]:
    code = function.__code__
    names = code.co_varnames[skip : code.co_argcount]
    annotations = function.__annotations__
    return tuple(_argument(name, str(annotations[name]), function.__globals__) for name in names)


def _argument(name: str, annotation: str, namespace: dict[str, Any]) -> _Argument:
    """What an annotation such as `str | list[Any]` or the name of an `Options` class accepts."""
    shown = name.rstrip("_")
    classes: list[type] = []
    words: list[str] = []
    for part in annotation.split("|"):
        plain = part.split("[")[0].strip()
        if plain == "Any":
            return _Argument(shown, (), "anything", None, name)
        if plain in _CLASSES:
            accepted, word = _CLASSES[plain]
            classes.extend(accepted)
            words.append(word)
            continue
        cls = namespace[plain]
        if issubclass(cls, Options):
            return _Argument(shown, (dict,), "a map of options", cls, name)
        classes.append(cls)
        words.append(f"a {plain}")
    return _Argument(shown, tuple(classes), " or ".join(words), None, name)


def check_argument(call: HostCall, argument: _Argument, value: Any) -> Any:
    """The value as the function wants it; anything else is a `TypeMismatch`. No silent conversion of text."""
    if not argument.classes:
        return value
    if type(value) not in argument.classes:
        raise call.fail(
            "TypeMismatch",
            f"{call.module}.{call.function}: '{argument.name}' must be {argument.words}, not {type_name(value)}",
            argument=argument.name,
        )
    if argument.options is not None:
        return parse_options(call, argument.options, value)
    return float(value) if float in argument.classes and type(value) is int else value


def parse_options(call: HostCall, options: type[Options], given: dict[str, Any]) -> Options:
    """An option map turned into its class; unknown keys are errors that name the nearest known one."""
    known = option_arguments(options)  # type: ignore[arg-type]  # a class is hashable
    values: dict[str, Any] = {}
    for key, value in given.items():
        argument = known.get(key)
        if argument is None:
            raise call.fail(
                "InvalidArgument",
                f"{call.module}.{call.function}: unknown option '{key}'{nearest(key, known)}",
                argument=key,
            )
        values[argument.attribute] = check_argument(call, argument, value)
    return options(**values)


def nearest(name: str, known: Mapping[str, Any]) -> str:
    """The tail of a message about an unknown name: the one probably meant, else all there are."""
    import difflib

    close = difflib.get_close_matches(name, list(known), n=1)
    if close:
        return f", did you mean '{close[0]}'?"
    return f"; known: {', '.join(sorted(known))}" if known else "; there are none"


@cache
def option_arguments(options: type[Options]) -> Mapping[str, _Argument]:
    """The options of a class by their script names, base classes included."""
    known: dict[str, _Argument] = {}
    for cls in reversed(options.__mro__):
        namespace = vars(sys.modules[cls.__module__])
        for name, annotation in get_annotations(cls).items():
            argument = _argument(name, str(annotation), namespace)
            known[argument.name] = argument
    return known
