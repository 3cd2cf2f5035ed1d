"""RestrictedPython: the Python twin itself, compiled under that project's rules, with guards that allow everything.

It has no budget, so it shows what the guards alone cost.
"""

import operator
import warnings
from functools import cmp_to_key, reduce

from harness.driver import Absent, Driver, Prepared, Unsupported
from harness.workload import Workload

label = "Restricted"

_MODULES = {"functools": ("cmp_to_key", "reduce"), "math": ("sqrt",)}
_IN_PLACE = {"+=": operator.iadd, "-=": operator.isub, "*=": operator.imul, "/=": operator.itruediv}
_IN_PLACE |= {"//=": operator.ifloordiv, "%=": operator.imod}


def _import(name, _globals=None, _locals=None, wanted=(), _level=0):
    if any(item not in _MODULES.get(name, ()) for item in wanted):
        raise ImportError(name)
    return __import__(name, fromlist=list(wanted))


def start() -> Driver:
    try:
        from RestrictedPython import compile_restricted, safe_builtins
    except ImportError:
        raise Absent("pip install RestrictedPython") from None

    def prepare(workload: Workload) -> Prepared:
        path = workload.other(".py")
        try:
            with warnings.catch_warnings(action="ignore", category=SyntaxWarning):
                code = compile_restricted(path.read_text(encoding="utf-8"), str(path), "exec")
        except SyntaxError:
            raise Unsupported("uses what RestrictedPython refuses") from None
        builtins = safe_builtins | {"__import__": _import, "Exception": Exception, "list": list, "dict": dict}
        builtins |= {"any": any, "max": max, "enumerate": enumerate, "reduce": reduce, "cmp_to_key": cmp_to_key}
        names = {
            "__builtins__": builtins,
            "__metaclass__": type,
            "__name__": workload.name,
            "_getattr_": getattr,
            "_getitem_": operator.getitem,
            "_getiter_": iter,
            "_write_": lambda target: target,
            "_inplacevar_": lambda sign, target, value: _IN_PLACE[sign](target, value),
            "_iter_unpack_sequence_": lambda values, _spec, _iter: values,
        }
        exec(code, names)
        return Prepared(names["run"])

    return prepare
