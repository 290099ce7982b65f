"""What a word that names nothing was meant to be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_AT_MOST: Final = 3
_ABBREVIATED: Final = 2
"""As many letters of a longer word may stand for it."""


def similar(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the known words that look like this one, the likeliest first, at most three."""
    import difflib

    lower = word.lower()
    spelt = {each.lower(): each for each in known}
    close = difflib.get_close_matches(lower, spelt, _AT_MOST)
    longer = [each for each in spelt if len(lower) >= _ABBREVIATED and each.startswith(lower)]
    return tuple(spelt[each] for each in dict.fromkeys([*close, *longer]))[:_AT_MOST]


def misspelt(word: str, known: Iterable[str], likeness: float = 0.75) -> tuple[str, ...]:
    """Return the known words from which this one differs by a slip of the hand, the likeliest first, at most three.

    Another number is another thing, and no slip.

    Args:
        word: what was typed.
        known: what there is.
        likeness: how much of the two must be the same, from 0 to 1.
    """
    import difflib

    near = difflib.get_close_matches(word, [*known], _AT_MOST, cutoff=likeness)
    return tuple(one for one in near if _without_digits(one) != _without_digits(word))


def _without_digits(word: str) -> str:
    return re.sub(r"\d", "", word)


def did_you_mean(near: Iterable[str]) -> str:
    """Return the question; empty where nothing is near."""
    *others, last = [*near] or [""]
    return f"Did you mean {', '.join(others)}{' or ' * bool(others)}{last}?" if last else ""
