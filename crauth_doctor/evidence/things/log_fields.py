"""Fields of one log entry without the braces around them: a line each, as a viewer copies them, or told in a sentence.

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
_TOLD = regex(r"\bURL_[A-Z]+(?:-[A-Z]\w+)?\. Original HTTP response code number = [45]\d\d\b")
"""How Scheduler's own words on a failed attempt read."""
_FILTER = regex(r"jsonPayload\.debugInfo\s?(?:[=!]|:\")|\s(?:in|==)\s|\.(?:includes|contains|test)\(")
"""What looks for such words, and is no entry."""
_URL = regex(r"https?://[^\s\"'`,;)\]]{3,1000}")
_JOB = regex(r"projects/[\w:.-]{1,80}/locations/[\w-]{1,40}/jobs/[\w-]{1,500}")
_STATUS = regex(r"\b(?:UNAUTHENTICATED|PERMISSION_DENIED|NOT_FOUND|UNAVAILABLE|INTERNAL|DEADLINE_EXCEEDED|UNKNOWN)\b")
_BESIDE = 3
"""In how many lines above and below the URL of such an attempt is looked for."""


def read(paste: Paste) -> None:
    """Take each run of fields of which one is Scheduler's own."""
    for index, line in paste.readable():
        if "debugInfo" not in line or not paste.is_free(index) or not _FIELD.match(line) or _YAML.match(line):
            continue
        if _FILTER.search(line[:4000]):
            continue
        start = end = index
        while start > 0 and index - start < _LINES and _is_field(paste, start - 1):
            start -= 1
        while end - index < _LINES and _is_field(paste, end):
            end += 1
        found = [_FIELD.match(each) for each in paste.lines[start:end]]
        logs.read(paste, Tree(start, end, {each["key"]: each["value"] for each in found if each}))
    for index, line in paste.readable():
        told = _TOLD.search(line[:4000])
        if told and paste.is_free(index) and not _YAML.match(line) and not _FILTER.search(line[:4000]):
            logs.read(paste, Tree(index, index + 1, _told(paste, index, told[0])))


def _told(paste: Paste, index: int, words: str) -> dict[str, object]:
    """Return the entry that a line tells of: what it says itself, and else what stands on the lines beside it."""
    beside = paste.lines[max(index - _BESIDE, 0) : index + _BESIDE + 1]
    near = [paste.lines[index][:4000].replace(words, ""), *(line[:2000] for line in beside)]
    found: dict[str, object] = {"debugInfo": words}
    for key, pattern, where in (("status", _STATUS, near[:1]), ("url", _URL, near), ("jobName", _JOB, near)):
        if shown := next((match[0] for line in where if (match := pattern.search(line))), None):
            found[key] = shown
    return found


def _is_field(paste: Paste, index: int) -> bool:
    return paste.is_free(index) and bool(_FIELD.match(paste.lines[index][:2000]))
