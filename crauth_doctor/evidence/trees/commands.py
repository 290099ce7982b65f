"""Command lines in a paste: which program was run, with which words, on which lines."""

from __future__ import annotations

import re
from dataclasses import field

from ...deferred import dataclass, regex
from . import shell

_START = regex(
    r"^\s{0,12}(?:(?:-\s+)?run:\s+|(?:##\[group\])?Run\s+)?"
    r"(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]{0,10}(?:Z|[+-]\d\d:?\d\d)?\]?\s)?"
    r"(?:(?:\([\w.-]{1,40}\)\s)?(?:(?:[\w.@~:/-]{0,60}|\[[\w.@~:/ -]{1,80}\]|"
    r"[\w.-]{1,40}@[\w.-]{1,60}(?::[\w.~/-]{0,80}|\s[\w.~/-]{1,80})?(?:\s\([\w.@:/-]{1,60}\))?)\s?)?(?P<prompt>[$%#\u276f\u279c>+]{1,3})\s+|"
    r"PS [^>\n]{0,80}>\s*|[A-Z]:\\[^>\n]{0,80}>\s*)?"
    r"(?P<env>(?:(?:export\s+|set\s+|\$)?[A-Za-z_]\w{0,60}\s?=\s?(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'$`;]\S*)\s+){0,4})"
    r"(?P<assign>(?:export\s+|set\s+|\$)?[A-Za-z_]\w{0,60}\s?=\s?\"?(?:\$\(|`))?\s*(?:sudo\s+|npx\s+|time\s+)?"
    r"(?P<program>gcloud|curl(?:\.exe)?|firebase|terraform|tofu|https?|wget|xh|bq|gsutil|grpcurl|hey|Invoke-WebRequest|Invoke-RestMethod|iwr|irm)\s(?=\S)"
)
_PROGRAM = regex(
    r"\b(?:gcloud|curl|firebase|terraform|tofu|https?|wget|xh|bq|gsutil|grpcurl|hey|Invoke-WebRequest|Invoke-RestMethod|iwr|irm)(?:\.exe)?\s"
)
_ASSIGNMENT = regex(
    r"^\s{0,12}(?:[$%#>]\s+)?(?:export\s+|set\s+|\$|const\s+|let\s+|var\s+)?(?P<name>[A-Za-z_]\w{0,60})\s?=\s?(?P<value>\"[^\"\n]*\"|'[^'\n]*'|\S+)\s*;?\s*$"
)
_VARIABLE = regex(r"\$\{?(?P<name>[A-Za-z_]\w{0,60})\}?")
_FOLDED = regex(r"^(?P<indent>\s*)(?:- )?[\w.-]{1,80}: (?P<quote>['\"])(?P<rest>.*)$")
_TOO_LONG = 16 * 1024
_COMMANDS = 500
_LINES = 1000


@dataclass(frozen=True)
class Command:
    """One command line."""

    program: str  # `gcloud`, `curl` …
    # its words, unquoted, variables that the paste assigns filled in, the program itself left out
    words: tuple[str, ...]
    start: int  # index of its first line
    end: int  # index after its last line
    text: str  # the whole of it in one line
    assigned: str | None = None  # the variable that takes its output
    flags: dict[str, str] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The words before the first flag, such as `run services describe orders`."""
        words = []
        for word in self.words:
            if word.startswith("-"):
                break
            words.append(word)
        return " ".join(words)


def find(lines: list[str]) -> list[Command]:
    """Return the command lines of a paste, in order."""
    variables: dict[str, str] = {}
    commands: list[Command] = []
    index = 0
    while index < len(lines) and len(commands) < _COMMANDS:
        line = lines[index]
        if (after := _folded(lines, index)) > index:
            index = after
            continue
        found = _START.match(line) if len(line) < _TOO_LONG and _PROGRAM.search(line) else None
        if not found or _is_prose(found, line) or (found["prompt"] == "+" and "-" in found["program"]):
            if (assignment := _ASSIGNMENT.match(line[:2000])) and not ("$(" in line or "@{" in line):
                variables[assignment["name"]] = assignment["value"].strip("\"'")
            index += 1
            continue
        end = _end_of(lines, index)
        commands.append(_command(found, lines, index, end, variables))
        index = end
    return commands


def _folded(lines: list[str], start: int) -> int:
    """Return the index after a quoted text of YAML that starts here and is broken into lines; else this one.

    What stands in it is a text in a document, whose escapes say where its own lines end.
    """
    found = _FOLDED.match(lines[start]) if len(lines[start]) < _TOO_LONG else None
    if found is None or _is_closed(found["rest"], found["quote"]):
        return start
    for index in range(start + 1, min(start + _LINES, len(lines))):
        line = lines[index]
        if line.strip() and not line.startswith(f"{found['indent']} "):
            return start
        if _is_closed(line, found["quote"]):
            return index + 1
    return start


def _is_closed(text: str, quote: str) -> bool:
    """Whether a text ends with the quote that closes it: one that is a part of it is doubled in YAML, or escaped."""
    return re.sub(r"\\\\|\\\"|''", "", text.rstrip()).endswith(quote)


def _is_prose(found: re.Match[str], line: str) -> bool:
    """`curl works from here` at the start of a line is a sentence, not a command."""
    if (found["prompt"] and found["prompt"] != "#") or found["assign"]:
        return False
    rest = line[found.end() :]
    return not re.match(
        r"(?:-|['\"]?https?:|[a-z][a-z-]+ +[a-z-]+|\$|[A-Z]{3,7} |(?:deploy|apply|login|serve|init|plan)\b)", rest
    ) or (
        bool(
            re.match(
                r"(?:is|was|does|did|has|can|will|gives?|says?|prints?|returns?|works?|and|or|with|to|from|the)\b", rest
            )
        )
    )


def _end_of(lines: list[str], start: int) -> int:
    end = start
    while end < len(lines) - 1 and end - start < 60 and lines[end].rstrip().endswith(("\\", "^", " `")):
        end += 1
    return end + 1


def _command(found: re.Match[str], lines: list[str], start: int, end: int, variables: dict[str, str]) -> Command:
    text = " ".join(line.strip().rstrip("\\^`" if end - start > 1 else "\\") for line in lines[start:end])
    offset = text.find(found["program"])
    body = text[offset + len(found["program"]) :][:_TOO_LONG]
    assigned = re.sub(r"^(?:export\s+|set\s+|\$)|\W+$", "", found["assign"].strip()) if found["assign"] else None
    if assigned:
        body = re.sub(r"[)`]\"?\s*$", "", body)
    words = tuple(_VARIABLE.sub(lambda name: variables.get(name["name"], name[0]), word) for word in shell.words(body))
    words = words[
        : next((i for i, word in enumerate(words) if word in {"|", "&&", "||", ";", "#", ">", "2>&1", "&"}), None)
    ]
    return Command(found["program"].removesuffix(".exe"), words, start, end, text, assigned, _flags(words))


def _flags(words: tuple[str, ...]) -> dict[str, str]:
    """Long flags with their values; a flag without one is given as an empty string."""
    flags: dict[str, str] = {}
    for index, word in enumerate(words):
        if not word.startswith("--"):
            continue
        name, equals, value = word.partition("=")
        following = words[index + 1] if index + 1 < len(words) else "-"
        flags.setdefault(name, value if equals else ("" if following.startswith("-") else following))
    return flags
