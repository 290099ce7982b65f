"""What runners, containers and editors write before each line: taken away where it hides what the line is."""

from __future__ import annotations

import re

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
_LOGCAT = regex(
    r"^(?:\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\s+\d+[\s-]+\d+\S*\s+(?:[\w.]+\s+)?)?[DIVW][/ ]"
    r"\s?(?:okhttp\.OkHttpClient|OkHttp|okhttp)\w*"
    r"(?:\(\s{0,6}\d+\))?:? "
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
_HINT = regex(r"^(?:Step #|\[?\d{4}[-/]|\S{1,60}\s{0,20}\||\[|\d\d|[DIVW][/ ]|app\[|web\[|worker\[)")
_NUMBERED = regex(r"^\s{0,8}(?P<number>\d{1,6})(?P<mark>[\t:]| ?[|│]|[.)]|(?=\s|$))(?P<rest>.*)$")
_TAGGED = regex(
    r"^(?P<number>)(?P<mark>\[[\w.:/@-]{1,60}\]|[\w.@/-]{1,40}:[\w.-]{1,40}:|[|│](?!.*[|│]\s*$))(?=\s|$)(?P<rest>.*)$"
)
_RUN = 3
"""So many lines in a row have their number or the same tag before them, where it is not the text's own."""


def strip(lines: list[str]) -> list[str]:
    """Return the lines without prefixes; a time stays where the line may be about that moment."""
    return _without_runners(_without_runs(_without_runs(lines, _NUMBERED), _TAGGED))


def _without_runs(lines: list[str], before: re.Pattern[str]) -> list[str]:
    """Take away the numbers that count the lines, or the one tag that all of them have."""
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
    """Whether a line so many below the first one has the next number before it, or the same tag."""
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
        if found := _LOGCAT.match(short) or _RUNNER.match(short):
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
