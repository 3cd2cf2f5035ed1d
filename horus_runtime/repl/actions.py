"""Is an input a Heroscript action? Asked at every key, and answered without Heroscript for all that are none."""

from __future__ import annotations


def holds_action(text: str) -> bool:
    """Does a line of the text begin like an action?"""
    if "!!" not in text:
        return False
    from horus_runtime.heroscript.segments import holds_action as look

    return look(text)
