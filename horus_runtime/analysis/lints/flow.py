"""Flow: code that is never reached, conditions that are always the same, loops that never end, missing values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from horus_runtime.analysis.lints.finding import Finding, Surroundings
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import children, walk

CODES: Final = {
    "unreachable-code": "A statement that no way leads to.",
    "constant-condition": "A condition that is always the same.",
    "endless-loop": "A loop that nothing ends.",
    "suspicious-range": "A block that is read as the end of a range.",
    "missing-return-value": "A function gives a value on some ways only.",
    "identical-branches": "Both branches of an `if` are the same.",
    "empty-block": "A block of `if`, `else` or `catch` without a statement.",
}

INT_MAX: Final = 2**63 - 1
"""The end of a range that has none in the text."""
_LOOPS = (nodes.While, nodes.Loop, nodes.Do, nodes.For)
_LEAVING = (nodes.Return, nodes.Throw, nodes.Break, nodes.Continue)


def check(script: nodes.Script, around: Surroundings) -> list[Finding]:
    """Findings about flow."""
    found: list[Finding] = []
    for node in walk(script):
        if isinstance(node, nodes.Block):
            found += _unreachable(node.body)
        elif isinstance(node, nodes.If):
            found += _if(node)
        elif isinstance(node, (nodes.While, nodes.Do)):
            found += _condition(node)
        elif isinstance(node, nodes.Loop) and not _may_end(node.body):
            found.append(Finding("endless-loop", node.span, "nothing ends this loop"))
        elif isinstance(node, nodes.For):
            found += _for(node)
        elif isinstance(node, nodes.Try) and not node.handler.body:
            found.append(Finding("empty-block", node.handler.span, "errors are caught and forgotten"))
    found += _unreachable(script.body)
    for function in script.functions:
        found += _missing_value(function)
    return found


def _unreachable(body: tuple[nodes.Node, ...]) -> Iterator[Finding]:
    for at, node in enumerate(body[:-1]):
        if _leaves(node):
            yield Finding(
                "unreachable-code",
                body[at + 1].span,
                f"nothing after the {_word(node)} of line {node.span.line} is reached",
            )
            return


def _leaves(node: nodes.Node) -> bool:
    """Does no way lead past this statement?"""
    if isinstance(node, nodes.ExprStmt):
        return _leaves(node.expr) or (
            isinstance(node.expr, nodes.Call) and node.expr.name == "exit" and not node.expr.namespace
        )
    if isinstance(node, nodes.Block):
        return any(_leaves(inner) for inner in node.body)
    if isinstance(node, nodes.If):
        return node.orelse is not None and _leaves(node.then) and _leaves(node.orelse)
    if isinstance(node, nodes.Loop):
        return not _breaks(node.body)
    return isinstance(node, _LEAVING)


def _word(node: nodes.Node) -> str:
    inner = node.expr if isinstance(node, nodes.ExprStmt) else node
    if isinstance(inner, nodes.Call):
        return f"'{inner.name}'"
    return f"'{type(inner).__name__.lower()}'"


def _breaks(node: nodes.Node) -> bool:
    """Is there a `break` that leaves the loop with this body?"""
    if isinstance(node, nodes.Break):
        return True
    inner = (child for child in children(node) if not isinstance(child, (*_LOOPS, nodes.Closure)))
    return any(_breaks(child) for child in inner)


def _may_end(body: nodes.Node) -> bool:
    """Can a loop with this body be left: by `break`, `return`, `throw`, or a call that may throw?"""
    leaving = (nodes.Return, nodes.Throw, nodes.Call, nodes.MethodCall)
    return _breaks(body) or any(isinstance(node, leaving) for node in walk(body))


def _if(node: nodes.If) -> Iterator[Finding]:
    known = _constant(node.condition)
    if known is not None:
        yield Finding("constant-condition", node.condition.span, f"this condition is always {str(known).lower()}")
    if node.orelse is not None and _same(node.then, node.orelse):
        yield Finding("identical-branches", node.span, "both branches are the same")
    if not node.then.body and node.orelse is None:
        yield Finding("empty-block", node.then.span, "nothing is done when the condition holds")


def _condition(node: nodes.While | nodes.Do) -> Iterator[Finding]:
    known = _constant(node.condition)
    wanted = not node.until if isinstance(node, nodes.Do) else True
    if known is None:
        return
    if known is wanted:
        if not _may_end(node.body):
            yield Finding("endless-loop", node.span, "nothing ends this loop")
    elif isinstance(node, nodes.While):
        yield Finding("constant-condition", node.condition.span, f"this condition is always {str(known).lower()}")


def _for(node: nodes.For) -> Iterator[Finding]:
    """A range without an end that nothing leaves; and `for i in 0.. {`, which reads the block as the range's end."""
    range_ = node.iterable
    if not isinstance(range_, nodes.Binary) or range_.op not in {"..", "..="}:
        return
    if isinstance(range_.right, nodes.Block):
        message = "this block is the end of the range; write (0..) with brackets for a range without an end"
        yield Finding("suspicious-range", range_.right.span, message)
    leaves = _breaks(node.body) or any(isinstance(inner, (nodes.Return, nodes.Throw)) for inner in walk(node.body))
    if isinstance(range_.right, nodes.IntLit) and range_.right.value == INT_MAX and not leaves:
        yield Finding("endless-loop", range_.span, "this range has no end, and nothing leaves the loop")


def _constant(node: nodes.Node) -> bool | None:
    """The truth of a condition that is known from its text."""
    if isinstance(node, nodes.BoolLit):
        return node.value
    if isinstance(node, nodes.Unary) and node.op == "!":
        inner = _constant(node.operand)
        return None if inner is None else not inner
    if isinstance(node, nodes.Binary) and node.op in {"&&", "||"}:
        left, right = _constant(node.left), _constant(node.right)
        decisive = node.op == "||"
        if decisive in (left, right):
            return decisive
        return None if None in (left, right) else not decisive
    if isinstance(node, nodes.Binary) and node.op in {"==", "<=", ">="} and _same(node.left, node.right):
        return True if isinstance(node.left, nodes.Variable) else None
    if isinstance(node, nodes.Binary) and node.op in {"!=", "<", ">"} and _same(node.left, node.right):
        return False if isinstance(node.left, nodes.Variable) else None
    return None


def _same(left: nodes.Node, right: nodes.Node) -> bool:
    """Are two trees the same, their places aside?"""
    if type(left) is not type(right):
        return False
    plain = {name for name in left.__dataclass_fields__ if "span" not in name}
    for name in plain:
        one, other = getattr(left, name), getattr(right, name)
        if isinstance(one, nodes.Node) and isinstance(other, nodes.Node):
            if not _same(one, other):
                return False
        elif isinstance(one, tuple) and isinstance(other, tuple) and any(isinstance(item, nodes.Node) for item in one):
            if len(one) != len(other) or not all(map(_same, one, other)):
                return False
        elif one != other:
            return False
    return True


def _missing_value(function: nodes.FnDef) -> Iterator[Finding]:
    """Some `return` gives a value, but the end of the body does not."""
    values = [node for node in _own(function.body) if isinstance(node, nodes.Return) and node.value is not None]
    body = function.body.body
    if not values or (body and (_leaves(body[-1]) or _gives_value(body[-1]))):
        return
    message = f"'{function.name}' returns a value in line {values[0].span.line}, but () at its end"
    yield Finding("missing-return-value", function.name_span, message)


def _own(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in children(node):
        if not isinstance(child, nodes.Closure):
            yield from _own(child)


def _gives_value(node: nodes.Node) -> bool:
    """Is the statement's value more than `()`, as far as the text tells?"""
    if isinstance(node, (nodes.ExprStmt, nodes.Switch, nodes.Loop)):
        return True
    if isinstance(node, nodes.Block):
        return bool(node.body) and (_gives_value(node.body[-1]) or _leaves(node.body[-1]))
    if isinstance(node, nodes.If):
        return node.orelse is not None and all(
            _gives_value(branch) or _leaves(branch) for branch in (node.then, node.orelse)
        )
    if isinstance(node, nodes.Try):
        return _gives_value(node.body) or _gives_value(node.handler)
    return False
