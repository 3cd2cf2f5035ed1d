"""Calls: functions that do not exist, and functions that the policy does not let a script use."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Final

from horus_runtime.analysis.lints.finding import ERROR, Finding, Surroundings
from horus_runtime.analysis.lints.types import SPECIAL
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import walk

CODES: Final = {
    "undefined-function": "No function has this name and so many parameters.",
    "capability-not-granted": "A function needs a capability that the policy does not grant.",
}


def check(script: nodes.Script, around: Surroundings) -> list[Finding]:
    """Findings about calls."""
    own: dict[str, set[int]] = {}
    for function in script.functions:
        own.setdefault(function.name, set()).add(len(function.params))
    variables = {name for node in walk(script) for name in _declared(node)}
    variables |= {name for function in script.functions for name in function.params}
    found: list[Finding] = []
    for node in walk(script):
        if isinstance(node, nodes.Call) and not node.namespace:
            found += _call(node, own, variables, around)
        found += _capability(node, variables, around)
    return found


def _declared(node: nodes.Node) -> tuple[str, ...]:
    """The variables that a node declares."""
    if isinstance(node, nodes.Let):
        return (node.name,)
    if isinstance(node, nodes.Closure):
        return node.params
    if isinstance(node, nodes.For):
        return (node.variable, node.counter or node.variable)
    return (node.variable,) if isinstance(node, nodes.Try) and node.variable else ()


def _call(node: nodes.Call, own: dict[str, set[int]], variables: set[str], around: Surroundings) -> Iterator[Finding]:
    name, count = node.name, len(node.args)
    if name in SPECIAL or name in variables or count in own.get(name, ()) or around.has_function(name, count):
        return
    if name in own:
        wanted = " or ".join(str(number) for number in sorted(own[name]))
        message = f"'{name}' takes {wanted} argument{'' if wanted == '1' else 's'}, not {count}"
        yield Finding("undefined-function", node.span, message, ERROR)
        return
    near = difflib.get_close_matches(name, sorted({*own, *SPECIAL, *around.function_names()}), n=1)
    hint = f"did you mean '{near[0]}'?" if near else ""
    yield Finding("undefined-function", node.span, f"there is no function '{name}'", ERROR, hint)


def _capability(node: nodes.Node, variables: set[str], around: Surroundings) -> Iterator[Finding]:
    """`os.write(..)` and `os::write(..)` with a policy that grants nothing of what they need."""
    if isinstance(node, nodes.Call) and len(node.namespace) == 1:
        module, name = node.namespace[0], node.name
    elif isinstance(node, nodes.MethodCall) and isinstance(node.target, nodes.Variable) and not node.target.namespace:
        module, name = node.target.name, node.name
    else:
        return
    functions = around.modules.get(module)
    if functions is None or module in variables:
        return
    needed = functions.get(name)
    if needed is None:
        near = difflib.get_close_matches(name, functions, n=1)
        hint = f"did you mean '{module}.{near[0]}'?" if near else ""
        yield Finding("undefined-function", node.span, f"the module '{module}' has no function '{name}'", ERROR, hint)
        return
    for capability in sorted(needed):
        if not around.is_granted(capability):
            flag = capability.replace("_", "-")
            message = f"{module}.{name} needs the capability '{capability}', which the policy does not grant"
            yield Finding("capability-not-granted", node.span, message, hint=f"--allow-{flag} grants it")
