"""Numbers on the command line; a mistake is told in plain words."""

from __future__ import annotations

import click


class Whole(click.IntRange):
    """`not a valid whole number` instead of `not a valid integer range`."""

    name = "whole number"


class Number(click.FloatRange):
    """`not a valid number` instead of `not a valid float range`."""

    name = "number"
