"""Lines that a terminal or a mailer broke because they were too long, put together again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from ...deferred import dataclass, regex
from ...redaction import OPEN_TOKEN, begins_jwt, begins_token

_SCHEME = regex(r"\bbearer\s*$", re.IGNORECASE)
"""A narrow window breaks a long line between words, and so behind the scheme."""
_REST_OF_TOKEN = regex(r"^\s*([\w.-]{20,}|[\w.-]{2,}(?=[\"'`]))(?=[\"'`]|$)", re.ASCII)
_TAIL_OF_TOKEN = regex(r"^([\w.-]+)$", re.ASCII)
_NARROWEST = 50
_MOST_LINES = 80
_JWT_DOTS = 2
_WINDOWS = range(60, 400)
"""The widths of windows, in characters."""
_ALMOST = 8
_TIMES = 3
_START = 4
_OPENS_STRING = regex(r"^\s*(?:\"[^\"]{1,80}\"\s*:\s*|[\w<>:-]{1,12}\s)?\"[^\"\\]*(?:\\.[^\"\\]*)*$")
_CLOSES_STRING = regex(r"^[^\"\\]*(?:\\.[^\"\\]*)*\"\s*,?\s*$")
"""A string of JSON, or of a library's log, that does not end on its line, and the line that ends it."""
_LINES_OF_STRING = 8


@dataclass(frozen=True)
class _Width:
    widest: int  # the length of the longest line
    is_window: bool  # whether that is where a window ended


def joined(lines: Sequence[str]) -> list[str]:
    """Return the lines with the broken ones made whole.

    For each line that was taken to the one above it an empty one stands at the paragraph's end, so that the next
    paragraph is where it was.
    """
    width = _width_of(lines)
    result: list[str] = []
    gaps, index = 0, 0
    while index < len(lines):
        if not lines[index].strip():
            result += [""] * gaps
            gaps = 0
        whole, end = _whole(lines, index, width)
        result.append(whole)
        gaps += end - index - 1
        index = end
    return result + [""] * gaps


def _width_of(lines: Sequence[str]) -> _Width:
    """A window's is the length of several lines, of more than are almost as long: words end anywhere before it."""
    widest = max(map(len, lines), default=0)
    lengths = Counter(map(len, lines))
    almost = sum(lengths[widest - few] for few in range(1, _ALMOST))
    broken = sum(len(line) == widest and _is_within_a_word(line, after) for line, after in pairwise(lines))
    return _Width(widest, is_window=widest in _WINDOWS and broken >= _TIMES and broken > almost)


def _is_within_a_word(line: str, after: str) -> bool:
    return line[-1:].isalnum() and after[:1].isalnum() and not _begin_alike(line, after)


def _begin_alike(line: str, after: str) -> bool:
    """Whether both are lines of one list or log."""
    return line[:_START] == after[:_START]


def _whole(lines: Sequence[str], start: int, width: _Width) -> tuple[str, int]:
    """Return the line that starts here and the index after its last part."""
    if (end := _end_of_string(lines, start)) is not None:
        return _with_spaces(lines[start:end], width), end
    whole, end = lines[start], start + 1
    while end < min(len(lines), start + _MOST_LINES):
        rest = _rest(whole, lines[start:end], lines[end], width)
        if rest is None:
            break
        whole += rest
        end += 1
    return whole, end


def _rest(whole: str, parts: Sequence[str], following: str, width: _Width) -> str | None:
    """Return what of the following line goes on with what is whole so far; None where nothing does."""
    if width.is_window and len(parts[-1]) == width.widest and not _begin_alike(whole, following):
        return following
    if _SCHEME.search(whole[-40:]) and begins_token(following.strip()):
        return f" {following.strip()}" if whole[-1:] != " " else following.strip()
    if _goes_on_with_token(whole, parts, following):
        return following.strip()
    return None


def _end_of_string(lines: Sequence[str], start: int) -> int | None:
    """Return the index after the line on which the string ends that this line opens and does not end."""
    if '"' not in lines[start] or not _OPENS_STRING.match(lines[start]):
        return None
    for index in range(start + 1, min(start + _LINES_OF_STRING, len(lines))):
        if '"' in lines[index].replace('\\"', ""):
            return index + 1 if _CLOSES_STRING.match(lines[index]) else None
    return None


def _with_spaces(parts: Sequence[str], width: _Width) -> str:
    """Join a string's parts: a window breaks it anywhere, a mailer at a space, which it may leave out."""
    whole = parts[0]
    for last, part in pairwise(parts):
        is_within_word = last[-1:] == " " or len(last) == width.widest
        whole += part if is_within_word else f" {part.lstrip()}"
    return whole


def _goes_on_with_token(whole: str, parts: Sequence[str], following: str) -> bool:
    width = len(parts[0])
    found = OPEN_TOKEN.search(whole[-4096:]) if width >= _NARROWEST else None
    if found is None or (len(parts) > 1 and len(parts[-1]) < width):
        return False
    rest = _REST_OF_TOKEN.match(following)
    if rest is None and len(parts) > 1 and len(following) < width:
        rest = _TAIL_OF_TOKEN.match(following)
    return rest is not None and _continues(found[0], rest[1])


def _continues(token: str, rest: str) -> bool:
    if begins_token(rest) and token.count(".") != 1:
        return False
    return not begins_jwt(token) or (token + rest).count(".") <= _JWT_DOTS
