"""The facade hosts use."""

from horus_runtime.engine.engine import Engine
from horus_runtime.engine.handle import AST

__all__ = ["AST", "Engine"]
