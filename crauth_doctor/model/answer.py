"""Yes, no, or can't tell: Kleene's three-valued logic, with reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .fact import Unknown


@dataclass(frozen=True, slots=True)
class Yes:
    """It is so, and this shows it."""

    because: str


@dataclass(frozen=True, slots=True)
class No:
    """It is not so, and all that could make it so was looked at."""

    because: str


@dataclass(frozen=True, slots=True)
class CannotTell:
    """Something that would decide it could not be seen.

    Args:
        because: what could not be seen, in words.
        missing: the reads that failed, where it was a read.
    """

    because: str
    missing: tuple[Unknown, ...] = ()


Answer = Yes | No | CannotTell


def any_of(answers: Iterable[Answer], otherwise: str) -> Answer:
    """Yes if one is yes; else can't tell if one can't; else no."""
    doubts: list[CannotTell] = []
    for answer in answers:
        match answer:
            case Yes():
                return answer
            case CannotTell():
                doubts.append(answer)
            case No():
                pass
    if not doubts:
        return No(otherwise)
    reasons = dict.fromkeys(doubt.because for doubt in doubts)
    missing = dict.fromkeys(unread for doubt in doubts for unread in doubt.missing)
    return CannotTell("; ".join(reasons), tuple(missing))
