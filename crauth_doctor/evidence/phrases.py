"""How the tables of phrases are written: words that must be there, and alternatives, a line or more of them each."""

from __future__ import annotations

import re
from collections.abc import Mapping


def words(text: str) -> tuple[str, ...]:
    """Return the words of a list that commas part; a quick look for them saves most of the work."""
    return tuple(word.strip() for word in text.split(", "))


def pattern(block: str, macros: Mapping[str, str] | None = None) -> re.Pattern[str]:
    """Join the lines of a block into one pattern: each is one or more alternatives; `~` carries on the line above."""
    lines: list[str] = []
    for line in filter(None, (line.strip() for line in block.splitlines())):
        if line.startswith("~"):
            lines[-1] += line[1:]
        else:
            lines.append(line)
    text = "|".join(lines)
    for name, meaning in (macros or {}).items():
        text = text.replace(f"<{name}>", meaning)
    return re.compile(text)
