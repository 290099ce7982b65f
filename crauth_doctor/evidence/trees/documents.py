"""JSON documents that stand anywhere in a paste: found in one pass, closed where the paste cut them off."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from ...deferred import dataclass, regex
from . import literals

_PIECES = regex(r'"(?:[^"\\\n]|\\.)*+"|[{}\[\]"\n]')
_LOOSE_PIECES = regex(r"\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'|`(?:[^`\\\n]|\\.)*+`|[{}\[\]]")
_DEPTH = 64
_DOCUMENT_LIMIT = 1000
_TOO_DEEP = "deep"
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


def span_of_json(lines: list[str], start: int) -> int:
    """Return the index after the last line of the JSON that starts here; the same index where it never closes."""
    budget = 200_000
    depth = 0
    for index in range(start, len(lines)):
        line = lines[index]
        budget -= len(line) + 1
        if budget < 0:
            return start
        for found in _PIECES.finditer(line):
            piece = found[0]
            if piece in "{[":
                depth += 1
            elif piece in "}]":
                depth -= 1
            if depth == 0:
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
    try:
        value = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None, spent
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
        value = _loose_value(text) if text else None
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
        for found in _LOOSE_PIECES.finditer(line):
            piece = found[0]
            if piece in "{[":
                stack.append("}" if piece == "{" else "]")
            elif piece in "}]" and (not stack or stack.pop() != piece):
                return index + 1, "", length
            if not stack or len(stack) > _DEPTH:
                return index + 1, "" if stack else "\n".join([*parts, line[: found.end()]]), length
        parts.append(line)
    return start + 1, "", length


def _loose_value(text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return literals.value_of(text)
    return value


def _span(lines: list[str], start: int, is_free: Callable[[int], bool]) -> tuple[int, str, str, int]:
    """Return where the document ends, its text, the brackets that it lacks, and how much was looked at."""
    stack: list[str] = []
    spent = 0
    for index in range(start, len(lines)):
        if not is_free(index):
            return index, "\n".join(lines[start:index]), "".join(reversed(stack)), spent
        line = lines[index]
        spent += len(line) + 1
        if index > start and stack and not _looks_inside(line):
            text = "\n".join(lines[start:index])
            return index, text, "".join(reversed(stack)), spent
        for found in _PIECES.finditer(line):
            piece = found[0]
            if piece in "{[":
                stack.append("}" if piece == "{" else "]")
                if len(stack) > _DEPTH:
                    return index + 1, "", _TOO_DEEP, spent
            elif piece in "}]":
                if not stack or stack.pop() != piece:
                    return index + 1, "", "", spent
                if not stack and not _goes_on(line[found.end() :]):
                    return index + 1, "\n".join(lines[start : index + 1]), "", spent
    return len(lines), "\n".join(lines[start:]), "".join(reversed(stack)), spent


_INSIDE = regex(r'^\s*(?:["{}\[\],:]|-?\d[\d.eE+-]*\s*,?\s*$|(?:true|false|null)\s*,?\s*$|$|\.\.\.|…|//|[\w-]+"?\s*:)')


def _looks_inside(line: str) -> bool:
    """Whether a line can stand inside a JSON document; a sentence cannot."""
    return bool(_INSIDE.match(line))


def _goes_on(rest: str) -> bool:
    return bool(re.match(r"\s*,?\s*[{\[]", rest))


def _parse(text: str, missing: str) -> list[object] | None:
    if not text:
        return None
    if missing:
        return _repaired(text)
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        return _one_by_one(text) or _relaxed(text)


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
    text = re.sub(r",(?=\s*[}\]])", "", text)
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        return None


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
        if closing is not None:
            try:
                value = json.loads(joined + closing)
            except (ValueError, RecursionError):
                value = None
            if value:
                return [value]
        lines.pop()
    return None


def _missing(text: str) -> str | None:
    stack: list[str] = []
    for found in _PIECES.finditer(text):
        piece = found[0]
        if piece in "{[":
            stack.append("}" if piece == "{" else "]")
        elif piece in "}]" and (not stack or stack.pop() != piece):
            return None
    return "".join(reversed(stack))
