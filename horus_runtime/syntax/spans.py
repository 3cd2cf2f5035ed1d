"""Stretches of source text from raw tokens and nodes."""

from __future__ import annotations

from typing import Final

from horus_runtime.ast import nodes
from horus_runtime.source import Span
from horus_runtime.syntax.tokens import RawToken

_new: Final = tuple.__new__


def token_span(token: RawToken) -> Span:
    """One token."""
    return _new(Span, token[2:])


def tokens_span(first: RawToken, last: RawToken) -> Span:
    """From one token to another."""
    return _new(Span, (first[2], first[3], last[4], last[5]))


def token_to_node(first: RawToken, last: nodes.Node) -> Span:
    """From a token to a node."""
    end = last.span
    return _new(Span, (first[2], first[3], end[2], end[3]))


def node_to_token(first: nodes.Node, last: RawToken) -> Span:
    """From a node to a token."""
    start = first.span
    return _new(Span, (start[0], start[1], last[4], last[5]))


def nodes_span(first: nodes.Node, last: nodes.Node) -> Span:
    """From one node to another."""
    start, end = first.span, last.span
    return _new(Span, (start[0], start[1], end[2], end[3]))
