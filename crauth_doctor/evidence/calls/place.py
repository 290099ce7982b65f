"""Where in a paste something stands, as the source of a fact."""

from __future__ import annotations

from ...model.evidence import Lines
from ...model.fact import Source


def place(what: str, lines: Lines, read: str = "evidence") -> Source:
    """Return the source of a fact that stands on these lines; how it was `read` tells whether it is an assumption."""
    first, last = lines
    return Source(read, f"{what}, line {first}" if first == last else f"{what}, lines {first}-{last}")
