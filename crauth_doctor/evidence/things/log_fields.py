"""Fields of one log entry that stand a line each, without the braces around them: copied from a viewer, or typed off.

Cloud Scheduler's are known by `debugInfo`, which nothing else has.
Source: https://docs.cloud.google.com/scheduler/docs/troubleshooting
"""

from __future__ import annotations

from ...deferred import regex
from ..paste import Paste
from ..trees.documents import Tree
from . import logs

_FIELD = regex(
    r"^\s*[\"']?(?P<key>@?[A-Za-z][\w.@]{0,60})[\"']?(?:\s*[:=]\s*|\s{2,}|\t)[\"']?(?P<value>[^\s\"'].*?)[\"']?\s*,?\s*$"
)
_YAML = regex(r"^\s*\w+: .*[^,\s]\s*$")
"""A line of YAML, which is read with what stands above and below it."""
_LINES = 40


def read(paste: Paste) -> None:
    """Take each run of fields of which one is Scheduler's own."""
    for index, line in paste.readable():
        if "debugInfo" not in line or not paste.is_free(index) or not _FIELD.match(line) or _YAML.match(line):
            continue
        start = end = index
        while start > 0 and index - start < _LINES and _is_field(paste, start - 1):
            start -= 1
        while end - index < _LINES and _is_field(paste, end):
            end += 1
        found = [_FIELD.match(each) for each in paste.lines[start:end]]
        logs.read(paste, Tree(start, end, {each["key"]: each["value"] for each in found if each}))


def _is_field(paste: Paste, index: int) -> bool:
    return paste.is_free(index) and bool(_FIELD.match(paste.lines[index][:2000]))
