"""JSON documents that stand anywhere in a paste: found in one pass, closed where the paste cut them off."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from ...deferred import dataclass, regex
from ...google_json import json_access as look
from . import literals

_PIECES = regex(r'"(?:[^"\\\n]|\\.)*+"|[{}\[\]"\n]')
_LOOSE_PIECES = regex(r"\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'|`(?:[^`\\\n]|\\.)*+`|[{}\[\]]")
_CLOSING = {"{": "}", "[": "]"}
_DEPTH = 64
_DOCUMENT_LIMIT = 1000
_TOO_DEEP = "deep"
_OPEN, _WRONG = 0, -1
_OPENING = regex(r"^\s*(?:[{\[]\s*$|[{\[]\s*[\"{\[\]}])")
_INNER_OPENING = regex(
    r"""^(?P<before>.{0,400}?)"""
    r"""(?P<open>\{\s*(?:$|["'][\w@$. /:-]{1,80}["']\s{0,4}(?::|=>)|[A-Za-z_][\w-]{0,40}:\s|:\w{1,40}\s?=>))"""
)
"""An object that stands behind other words on its line, or whose keys are no JSON."""
_WITHIN = regex(r"\s+['\"]?[\w-]+['\"]?\s?:\s")
"""What stands before an object that is part of a larger one."""
_LOOSE_LINES = 300
_LOOSE_LENGTH = 64 * 1024
_ENDS_MIDWAY = regex(r"(?:,|:|\"[^\"\n]*\"\s*:?)\s*$")


_CUT_WORDS = regex(r'"(?:textPayload|message)"\s*:\s*"(?:[^"\\\n]|\\[^\n])+$')
"""Words whose end is cut off: what is left of them still says what it says, which is not so of a name or a URL."""


@dataclass(frozen=True)
class Tree:
    """A document found."""

    start: int  # index of its first line
    end: int  # index after its last line
    value: object  # what it holds
    partial: bool = False  # whether the paste cut it off
    before: str = ""  # the words before it on its first line
    loose: bool = False  # whether it is taken for a document only where a reader knows it: it may be source text


def _closed(stack: list[str], line: str, start: int = 0, pieces: re.Pattern[str] = _PIECES) -> int:
    """Follow the brackets of a line, and return the column behind the one that closes all that opened.

    `_OPEN` where some still lack theirs, `_WRONG` where one closes what is not open.
    """
    for found in pieces.finditer(line, start):
        if found[0] in _CLOSING:
            stack.append(_CLOSING[found[0]])
        elif found[0] in "}]":
            if not stack or stack.pop() != found[0]:
                return _WRONG
            if not stack:
                return found.end()
        if len(stack) > _DEPTH:
            return _OPEN
    return _OPEN


def span_of_json(lines: list[str], start: int) -> int:
    """Return the index after the last line of the JSON that starts here; the same index where it never closes."""
    budget, stack = 200_000, list[str]()
    for index in range(start, len(lines)):
        budget -= len(lines[index]) + 1
        if budget < 0:
            return start
        if _closed(stack, lines[index]) != _OPEN or not stack:
            return index + 1
    return start


def find(lines: list[str], is_free: Callable[[int], bool]) -> Iterator[Tree]:
    """Yield every JSON object or list of the paste in order."""
    index, found = 0, 0
    budget = 2 * sum(len(line) + 1 for line in lines) + 1000
    while index < len(lines) and budget > 0 and found < _DOCUMENT_LIMIT:
        behind, spent = _behind_words(lines, index, is_free) if is_free(index) else (None, 0)
        budget -= spent
        if behind:
            found += 1
            yield behind
            index = behind.end
            continue
        if not is_free(index) or not _OPENING.match(lines[index]):
            index += 1
            continue
        end, text, missing, spent = _span(lines, index, is_free)
        budget -= spent
        values = _parse(text, missing)
        if values is None:
            index = end if missing == _TOO_DEEP else index + 1
            continue
        for value in values:
            found += 1
            yield Tree(index, end, value, bool(missing))
        index = end


def _behind_words(lines: list[str], index: int, is_free: Callable[[int], bool]) -> tuple[Tree | None, int]:
    """Return the JSON that opens at the end of a line of words, so that nobody takes a part of it for the whole.

    And how much was looked at.
    """
    line = lines[index].rstrip()
    if not line.endswith("{") or not line[:-1].strip(" {[,") or _OPENING.match(line) or _WITHIN.match(line):
        return None, 0
    column = len(line) - 1
    end, text, spent = _loose_span(lines, index, column, is_free)
    value = look.parsed(text)
    found = Tree(index, end, value, before=line[:column], loose=True) if isinstance(value, dict) and value else None
    return found, spent


def find_loose(lines: list[str], is_free: Callable[[int], bool]) -> Iterator[Tree]:
    """Yield objects that stand behind other words, or are written as a program writes them; whole ones only."""
    index, found = 0, 0
    budget = 2 * sum(len(line) + 1 for line in lines) + 1000
    while index < len(lines) and budget > 0 and found < _DOCUMENT_LIMIT:
        line = lines[index]
        opening = _INNER_OPENING.match(line) if "{" in line and is_free(index) else None
        if not opening or _WITHIN.match(opening["before"]):
            index += 1
            continue
        end, text, spent = _loose_span(lines, index, opening.start("open"), is_free)
        budget -= spent
        value = (look.parsed(text) or literals.value_of(text)) if text else None
        if not isinstance(value, dict) or not value:
            index += 1
            continue
        found += 1
        yield Tree(index, end, value, before=opening["before"], loose=True)
        index = index + 1 if is_free(index) else end


def _loose_span(lines: list[str], start: int, column: int, is_free: Callable[[int], bool]) -> tuple[int, str, int]:
    """Return where the object ends, its text, and how much was looked at; no text where it does not close soon."""
    stack: list[str] = []
    parts: list[str] = []
    length = 0
    for index in range(start, min(start + _LOOSE_LINES, len(lines))):
        line = lines[index][column:] if index == start else lines[index]
        length += len(line) + 1
        if not is_free(index) or length > _LOOSE_LENGTH:
            return index + 1, "", length
        end = _closed(stack, line, pieces=_LOOSE_PIECES)
        if end != _OPEN or len(stack) > _DEPTH:
            return index + 1, "\n".join([*parts, line[:end]]) if end > 0 else "", length
        parts.append(line)
    return start + 1, "", length


def _span(lines: list[str], start: int, is_free: Callable[[int], bool]) -> tuple[int, str, str, int]:
    """Return where the document ends, its text, the brackets that it lacks, and how much was looked at."""
    stack: list[str] = []
    spent = 0
    for index in range(start, len(lines)):
        if not is_free(index):
            return index, "\n".join(lines[start:index]), "".join(reversed(stack)), spent
        line = lines[index]
        spent += len(line) + 1
        if index > start and stack and not _INSIDE.match(line):
            text = "\n".join(lines[start:index])
            return index, text, "".join(reversed(stack)), spent
        end = _closed(stack, line)
        while end > 0 and _GOES_ON.match(line, end):
            end = _closed(stack, line, end)
        if end != _OPEN or len(stack) > _DEPTH:
            text = "\n".join(lines[start : index + 1]) if end > 0 else ""
            return index + 1, text, _TOO_DEEP if end == _OPEN else "", spent
    return len(lines), "\n".join(lines[start:]), "".join(reversed(stack)), spent


_GOES_ON = regex(r"\s*,?\s*[{\[]")
_INSIDE = regex(r'^\s*(?:["{}\[\],:]|-?\d[\d.eE+-]*\s*,?\s*$|(?:true|false|null)\s*,?\s*$|$|\.\.\.|…|//|[\w-]+"?\s*:)')


def _parse(text: str, missing: str) -> list[object] | None:
    if not text:
        return None
    if missing:
        return _repaired(text)
    whole = look.parsed(text)
    return [whole] if whole is not None else _one_by_one(text) or _relaxed(text)


def _one_by_one(text: str) -> list[object] | None:
    """Read objects that stand one after the other on the same lines, with or without commas."""
    decoder, values, position = json.JSONDecoder(), [], 0
    try:
        while position < len(text):
            value, position = decoder.raw_decode(text, position)
            values.append(value)
            position = re.compile(r"[\s,]*").match(text, position).end()  # type: ignore[union-attr]
    except (ValueError, RecursionError):
        return None
    return values


def _relaxed(text: str) -> list[object] | None:
    """Forgive trailing commas, comments and elisions, as people leave them when they shorten a document."""
    text = re.sub(r"(?m)^\s*(?:\.\.\.|…|//[^\n]*)\s*,?\s*$", "", text)
    whole = look.parsed(re.sub(r",(?=\s*[}\]])", "", text))
    return None if whole is None else [whole]


def _repaired(text: str) -> list[object] | None:
    """Close a document that was cut off, dropping the last lines until what is left can be read."""
    lines = text.rstrip().split("\n")
    for _ in range(12):
        if not lines:
            return None
        lines[-1] = _CUT_WORDS.sub(lambda found: found[0] + '"', lines[-1])
        body = (
            _ENDS_MIDWAY.sub("", lines[-1]) if not lines[-1].rstrip().endswith(('"', "}", "]", "{", "[")) else lines[-1]
        )
        joined = "\n".join([*lines[:-1], body]).rstrip().rstrip(",")
        closing = _missing(joined)
        if closing is not None and (value := look.parsed(joined + closing)):
            return [value]
        lines.pop()
    return None


def _missing(text: str) -> str | None:
    stack: list[str] = []
    end = _closed(stack, text)
    while end > 0:
        end = _closed(stack, text, end)
    return None if end == _WRONG else "".join(reversed(stack))
