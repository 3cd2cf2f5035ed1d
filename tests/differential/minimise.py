"""Makes a script smaller while it keeps a property: by lines, by bracketed parts, by ever shorter runs of tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.differential.generate import TOKENS

_KEYWORDS = {"try", "if", "while", "for", "loop", "switch", "else", "do", "fn", "catch"}
_OPENING = {"(": ")", "[": "]", "{": "}", "#{": "}", "${": "}", "?[": "]"}


def minimise(script: str, keeps: Callable[[str], bool], *, attempts: int = 2500) -> str:
    """The smallest script found for which `keeps` is still true, within a number of attempts."""
    left = attempts
    pieces = [line + "\n" for line in script.split("\n")]
    for split in (lambda text: [line + "\n" for line in text.split("\n")], TOKENS.findall):
        pieces = split("".join(pieces).strip())
        progress = True
        while progress and left > 0:
            progress = False
            for candidate in _smaller(pieces):
                if left <= 0:
                    break
                left -= 1
                text = "".join(candidate).strip()
                if text and keeps(text):
                    pieces, progress = candidate, True
                    break
    return "".join(pieces).strip()


def _smaller(pieces: list[str]) -> Iterator[list[str]]:
    """Candidates, the greatest reductions first."""
    size = len(pieces) // 2
    while size > 4:
        for start in range(0, len(pieces), size):
            yield pieces[:start] + pieces[start + size :]
        size //= 2
    for start, end in _brackets(pieces):
        if pieces[start] == "{":
            first, last = _head(pieces, start), _tail(pieces, end)
            yield pieces[:first] + pieces[last + 1 :]
            yield pieces[:first] + pieces[start + 1 : end] + pieces[last + 1 :]
        yield pieces[:start] + pieces[end + 1 :]
        yield pieces[: start + 1] + pieces[end:]
        yield pieces[:start] + pieces[start + 1 : end] + pieces[end + 1 :]
    for size in (4, 3, 2, 1):
        for start in range(len(pieces) - size + 1):
            if any(piece.strip() for piece in pieces[start : start + size]):
                yield pieces[:start] + pieces[start + size :]


def _head(pieces: list[str], start: int) -> int:
    """Where the statement begins that owns the block: at its keyword, if one stands before it."""
    for index in range(start - 1, -1, -1):
        if pieces[index] in _KEYWORDS:
            return index
        if pieces[index] in {"{", "}", ";"}:
            break
    return start


def _tail(pieces: list[str], end: int) -> int:
    """Where it ends: behind the `catch` or `else` block, if one follows."""
    following = [index for index in range(end + 1, len(pieces)) if pieces[index].strip()]
    if following and pieces[following[0]] in {"catch", "else"}:
        for opening, closing in _brackets(pieces):
            if opening > following[0] and pieces[opening] == "{" and closing > end:
                inner = [index for index in range(following[0], opening) if pieces[index] in {"{", "}", ";"}]
                if not inner:
                    return _tail(pieces, closing)
    return end


def _brackets(pieces: list[str]) -> list[tuple[int, int]]:
    """Index pairs of matching brackets, outermost and longest first."""
    pairs: list[tuple[int, int]] = []
    stack: list[int] = []
    for index, piece in enumerate(pieces):
        if piece in _OPENING:
            stack.append(index)
        elif stack and piece == _OPENING[pieces[stack[-1]]]:
            pairs.append((stack.pop(), index))
    return sorted(pairs, key=lambda pair: pair[0] - pair[1])
