"""Figures in words."""

from __future__ import annotations


def seconds(value: float) -> str:
    """A duration in the unit that suits it."""
    if value < 0.001:
        return f"{value * 1e6:.0f} us"
    return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"
