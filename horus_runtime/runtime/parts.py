"""Long texts built of many parts: what exists so far is accounted for while it grows."""

from __future__ import annotations

from horus_runtime.runtime.values import COPY_TERMS
from horus_runtime.typing_names import Final

MANY_PARTS: Final = 4096


SLICE: Final = 1 << 20
"""Bytes between two looks at the clock: a few milliseconds."""


def text_of_bytes(data: bytes | bytearray) -> str:
    """Bytes read as UTF-8; what is not UTF-8 becomes the replacement character."""
    if len(data) <= SLICE:
        return data.decode(errors="replace")
    from codecs import getincrementaldecoder

    decoder = getincrementaldecoder("utf-8")(errors="replace")
    parts = TextParts()
    for start in range(0, len(data), SLICE):
        parts.append(decoder.decode(data[start : start + SLICE], start + SLICE >= len(data)))
        parts.settle()
    return parts.text()


class TextParts(list[str]):
    """The parts of a text that is being built. After so many of them call `settle`."""

    __slots__ = ("blocks", "size")

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self.size = 0

    def settle(self) -> None:
        """Join what is there, and tell the run how long the text is so far."""
        block = "".join(self)
        self.clear()
        self.blocks.append(block)
        self.size += len(block)
        COPY_TERMS.run.writing(self.size)

    def text(self) -> str:
        """The whole text."""
        if not self.blocks:
            return "".join(self)
        self.settle()
        # While the blocks are joined the text exists twice.
        COPY_TERMS.run.making(2 * self.size)
        whole = "".join(self.blocks)
        self.blocks.clear()
        COPY_TERMS.run.making(self.size)
        return whole
