"""Python's collector of cyclic garbage, stopped while the compiler works."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """No search for cyclic garbage in here.

    Parser and compiler make many objects that stay and next to no cycles: looking for these takes longer the more
    objects there are, and finds nothing. Pauses may lie inside each other. Where threads compile at the same time, the
    collector may run again before the last of them is done, and it never stays off.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
