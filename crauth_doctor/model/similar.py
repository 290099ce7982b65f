"""What a word that names nothing was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

_AT_MOST: Final = 3
_ABBREVIATED: Final = 2
"""As many letters of a longer word may stand for it."""


def similar(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the known words that look like this one, the likeliest first, at most three."""
    lower = word.lower()
    spelt = {each.lower(): each for each in known}
    close = difflib.get_close_matches(lower, spelt, _AT_MOST)
    longer = [each for each in spelt if len(lower) >= _ABBREVIATED and each.startswith(lower)]
    return tuple(spelt[each] for each in dict.fromkeys([*close, *longer]))[:_AT_MOST]


def did_you_mean(near: Iterable[str]) -> str:
    """Return the question; empty where nothing is near."""
    words = list(near)
    return f"Did you mean {' or '.join(words)}?" if words else ""
