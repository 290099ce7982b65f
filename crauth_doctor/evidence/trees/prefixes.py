"""What runners, containers and editors write before each line: taken away where it hides what the line is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import chain, groupby, islice
from typing import NamedTuple

from ...deferred import regex

_STAMP = (
    r"(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?)"
)
_RUNNER = regex(
    r"^(?:Step #\d{1,3}(?: - \"[^\"\n]{1,80}\")?: |\[[\w.-]{1,40}\] \d{1,3}/\d{1,3} |[\w.-]{1,60}-\d{1,3}\s{1,20}\| ?"
    r"|[\w.-]{1,60}\s{1,20}\| |\d{2} [A-Z][\w. -]{0,30}\| |(?:app|web|worker)\[[\w.]{1,20}\]: )"
)
"""Cloud Build, docker compose, a few more: `Step #1: `, `web-1  | `."""
_TIMED = regex(
    rf"^(?:[\w.-]{{1,60}}\s{{1,20}}\| )?\[?{_STAMP}\]?\s"
    r"(?:\[?(?:DEBUG|INFO|TRACE)\]?\s{0,4}(?:: |(?:plugin|provider)[\w.-]{0,60}: ?)?)?(?P<rest>.*)$"
)
_NAMES = (
    r"(?:www-authenticate|authorization|x-[\w-]+|content-[\w-]+|date|server|host|user-agent|accept(?:-[\w-]+)?|alt-svc|location|"
    r"set-cookie|via|connection|vary|etag|cache-control|transfer-encoding|referer|origin|access-control-[\w-]+|traceparent|forwarded)"
)
_TELLING = regex(
    rf"^(?:[A-Z]{{3,7}} \S{{1,2000}} HTTP/\d|[<>]? ?HTTP/[\d.]{{1,3}} \d{{3}}\b|(?:[<>] )?{_NAMES}: \S"
    r"|<(?:!doctype|html|head|meta|title|body|h\d|/)"
    r"|[<-]{1,3}-? ?\d{3} [A-Z]|[{}\[\]]|\"[\w@./-]+\":|[<>]$)",
    re.IGNORECASE,
)
_STRUCTURED = regex(
    r"^(?:\s+(?:[-\"'{}\[\]<]|[\w./@-]{1,80}[\"']?:(?:\s|$))|[{}\[\]<>\"]|- |[a-z][\w./-]{0,60}:(?:\s|$))"
)
_HINT = regex(r"^(?:Step #|\[?\d{4}[-/]|\S{1,60}\s{0,20}\||\[|\d\d|app\[|web\[|worker\[)")
_NUMBERED = regex(r"^\s{0,8}(?P<number>\d{1,6})(?P<mark>[\t:]| ?[|│]|[.)]|(?=\s|$))(?P<rest>.*)$")
_WITHIN = regex(r"^(?:\s+(?:[\"'{}\[\]<]|[\w./@'-]{1,80}[\"']?:\s)|[$%] \w|ERROR: \()")
"""A part of a document, a command at its prompt, and what gcloud says to it."""
_DIGITS = str.maketrans("123456789", "000000000")
_LONGEST = 160
_LONGEST_JSON = 20_000
_SAYS = ("message", "msg", "textPayload", "log", "text", "line")
"""What loggers call what they say."""
_LOGGER = regex(
    r"^(?:[^\"'{}<>]|\{[\w.]{1,60}:0{1,6}\}){0,150}(?<!:/)(?:[\]:|]\s+|\]|\s[/-]\s|\t|00:00:00(?:[.,]0+)?(?:Z|[+-]00:?00|\s[A-Z]{3,4})?\]?\s(?:00[OE]\+?\s)?"
    r"|\b(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|SEVERE)(?:\]?\s+|:[\w.]{1,60}:))(?!\")"
)
"""How what a logger writes before its message ends; digits are zeros."""
_MARK = regex(r"^\s*(?:[-*#;%•·]|//|--)\s")
_TELLS = 2
_MANY = 5
_MOST = 16
_BOXED = regex(r"^(?P<number>)(?P<mark>\s*[│┃])(?P<rest>[^│┃]*?)\s*[│┃]\s*$")
_RUN = 3
"""So many lines in a row have their number before them, or a box around them, where it is not the text's own."""


def strip(lines: list[str]) -> list[str]:
    """Return the lines without prefixes; a time stays where the line may be about that moment."""
    lines = _without_json(lines)
    for marked in (_BOXED, _NUMBERED):
        lines = _without_runs(lines, marked)
    return _without_runners(_without_common(lines))


def _without_json(lines: list[str]) -> list[str]:
    """Put what a logger of JSON says line by line in place of the JSON, where a call is told in it."""
    if not any(line.startswith('{"') for line in lines):
        return lines
    result: list[str] = []
    for is_json, run in groupby(map(_said, lines), key=lambda said: said.beside is not None):
        said = list(run)
        at_once = len(said) >= _MANY and len({each.beside for each in said}) == 1
        is_told = is_json and (at_once or any(_tells(each.message) for each in said))
        result += [each.message if is_told else each.line for each in said]
    return result


class _Said(NamedTuple):
    line: str  # as it stands there
    message: str = ""  # what a logger says in it
    beside: str | None = None  # what else is in it; None where it is no logger's


def _said(line: str) -> _Said:
    if not line.startswith('{"') or len(line) > _LONGEST_JSON:
        return _Said(line)
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return _Said(line)
    name = next((name for name in _SAYS if isinstance(found.get(name), str)), None)
    message = found.pop(name).rstrip("\n") if name else "\n"
    return _Said(line) if "\n" in message else _Said(line, message, json.dumps(found))


def _without_common(lines: list[str]) -> list[str]:
    """Take away what each line of a paragraph begins with, but for its digits, where it hides a call: a logger's words.

    What each line of the whole text begins with may be a mark of a list or of a comment, too.
    """
    if not (marks := {*_common_starts(lines)}):
        return lines
    mark = re.compile("|".join(re.sub("0", r"\\d", re.escape(each)) for each in sorted(marks, key=len, reverse=True)))
    return [line[found.end() :] if (found := mark.match(f"{line} ")) else line for line in lines]


def _common_starts(lines: list[str]) -> Iterator[str]:
    shapes = [f"{line[:_LONGEST]} ".translate(_DIGITS) for line in lines]
    paragraphs = [[*run] for has_text, run in groupby(shapes, key=lambda shape: bool(shape.strip())) if has_text]
    # words may lead up to the rest
    runs = (run for each in paragraphs for run in (each, each[1:]) if len(run) >= _TELLS)
    whole = _common([*chain(*paragraphs)])
    found = [_MARK.match(whole), *(_LOGGER.match(_common(run)) for run in runs)]
    ended = dict.fromkeys(each[0] for each in found if each)
    for start in islice(ended, _MOST):
        rests = (line[len(start) :] for line, shape in zip(lines, shapes, strict=True) if shape.startswith(start))
        if sum(_tells(rest) for rest in rests) >= _TELLS:
            yield start
    written = {line[:_LONGEST] for line in lines if line.strip()}
    if len(written) >= _MANY and len(_common([*written])) >= len(whole) - 1:  # of one moment, too
        yield from (each[0] for each in (_MARK.match(whole), _LOGGER.match(whole)) if each)


def _tells(line: str) -> bool:
    return bool(_TELLING.match(line) or _WITHIN.match(line))


def _common(texts: Sequence[str]) -> str:
    """Return what all texts begin with."""
    first, last = min(texts, default=""), max(texts, default="")
    differ = (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(differ, len(first))]


def _without_runs(lines: list[str], before: re.Pattern[str]) -> list[str]:
    """Take away the numbers that count the lines, or the box that is around them."""
    marked = [before.match(line) for line in lines]
    result, start = list(lines), 0
    while start < len(lines):
        end, first = start, marked[start]
        while first and end < len(lines) and _goes_on(first, marked[end], end - start):
            end += 1
        if end - start >= _RUN:
            rests = [found["rest"] for found in marked[start:end] if found]
            margin = min((len(rest) - len(rest.lstrip(" ")) for rest in rests if rest.strip()), default=0)
            result[start:end] = [rest[margin:] for rest in rests]
        start = max(end, start + 1)
    return result


def _goes_on(first: re.Match[str], found: re.Match[str] | None, distance: int) -> bool:
    """Whether a line so many below the first one has the next number before it, or is in the same box."""
    if found is None or found["mark"] != first["mark"]:
        return False
    return not first["number"] or int(found["number"]) == int(first["number"]) + distance


def _without_runners(lines: list[str]) -> list[str]:
    hinted = [bool(_HINT.match(line)) for line in lines]
    if not any(hinted):
        return lines
    result = list(lines)
    stamped = 0
    for index, line in enumerate(lines):
        if not hinted[index]:
            stamped = 0
            continue
        short = line[:4000]
        if found := _RUNNER.match(short):
            result[index] = line[found.end() :]
            continue
        timed = _TIMED.match(short)
        if not timed:
            stamped = 0
            continue
        stamped += 1
        rest = line[timed.start("rest") :]
        following = _follows(lines, hinted, index)
        if _TELLING.match(rest) or (
            _STRUCTURED.match(rest) and (stamped > 1 or following) and not rest.startswith("[")
        ):
            result[index] = rest
    return result


def _follows(lines: list[str], hinted: list[bool], index: int) -> bool:
    return index + 1 < len(lines) and hinted[index + 1] and bool(_TIMED.match(lines[index + 1][:4000]))
