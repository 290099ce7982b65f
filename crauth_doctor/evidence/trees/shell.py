"""Words of a shell command; a paste is often cut or badly quoted, so nothing here ever fails."""

from __future__ import annotations

import re
import shlex

from ...deferred import regex

_HELD = regex(r"`[^`]*+`?|\$\((?:[^()]|\((?:[^()]|\([^()]*+\)?)*+\)?)*+\)?")
"""What a shell runs in the middle of a word."""
_MARK = regex("\ue100(\\d+)\ue101")


def words(text: str) -> list[str]:
    """Split a command line as a shell would; `$(…)` stays in one word, unbalanced quotes end with the text."""
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        held.append(found[0])
        return f"\ue100{len(held) - 1}\ue101"

    marked = _HELD.sub(hold, _MARK.sub("", text)).rstrip("\\")
    found = next((split for quote in ("", '"', "'") if (split := _split(marked + quote)) is not None), marked.split())
    return [_MARK.sub(lambda mark: held[int(mark[1])], word) for word in found]


def _split(text: str) -> list[str] | None:
    reader = shlex.shlex(text, posix=True, punctuation_chars=False)
    reader.whitespace_split, reader.commenters = True, ""
    try:
        return list(reader)
    except ValueError:
        return None
