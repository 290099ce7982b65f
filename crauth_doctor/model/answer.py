"""Yes, no, or can't tell: Kleene's three-valued logic, with reasons."""

from __future__ import annotations

from ..deferred import dataclass
from .fact import Unknown


@dataclass(frozen=True)
class Yes:
    """It is so, and this shows it."""

    because: str


@dataclass(frozen=True)
class No:
    """It is not so, and all that could make it so was looked at."""

    because: str


@dataclass(frozen=True)
class CannotTell:
    """Something that would decide it could not be seen."""

    because: str  # what could not be seen, in words
    missing: tuple[Unknown, ...] = ()  # the reads that failed, where it was a read


Answer = Yes | No | CannotTell
