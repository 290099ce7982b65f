"""The command line of a call: curl, wget, httpie. What it asks for, what it sends, and how it came by its token."""

from __future__ import annotations

import re

from ...deferred import regex
from ...model.evidence import Exchange, Expression, Lines, PieceKind, Seen
from ...model.http import Call, Response
from ..paste import Paste
from ..things import expressions
from ..trees import headers
from ..trees.commands import Command
from ..trees.redactor import clean_url

_TAKES_VALUE = frozenset("AbcCdDeEFHKmMoPQrTuUwxXyYz")
_LONG_TAKES_VALUE = frozenset(
    (  # noqa: SIM905 - a table of words is read more easily so
        "--auth --auth-type --body-data --cacert --cert --config --connect-timeout --connect-to --cookie "
        "--cookie-jar --data --data-binary --data-raw --data-urlencode --form --header --interface --json "
        "--key --max-time --method --noproxy --oauth2-bearer --output --post-data --post-file --proxy --range "
        "--referer --request --resolve --retry --retry-delay --upload-file --url --user --user-agent "
        "--write-out "
    ).split()
)
_DATA = frozenset(
    {"-d", "-F", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--json", "--form", "--post-data"}
)
_HIDES_HEADERS = regex(
    r"-[Knu]$|--(?!oauth2-bearer|user-agent|header$|retry|no-)[\w-]*"
    r"(?:auth|bearer|config|credential|expand|header|netrc|session|token|user|variable)",
    re.IGNORECASE,
)
"""Options by which headers may come from elsewhere: a configuration file, a list of passwords, a session."""
_STANDS_FOR_MORE = regex(r"[$`<\[{@(%]|\.\.\.|\u2026")
"""How a word begins that stands for words which are not shown: a variable, what another command prints, an ellipsis."""
_POWERSHELL = frozenset({"Invoke-WebRequest", "Invoke-RestMethod", "iwr", "irm"})
_PROGRAMS = frozenset({"curl", "wget", "http", "https", "xh"}) | _POWERSHELL
_HASH = regex(r"(?P<name>[A-Za-z][\w-]{0,60})\s?=\s?(?P<value>[^;}]{1,20000})")
_PAIR = regex(r"[\"']?(?P<name>[A-Za-z][\w-]{0,60})[\"']?\s{0,20}=\s?[\"'](?P<value>[^\"'\n]{1,20000})[\"']")
_SET = regex(
    r"^(?:\.Add\(|\[)\s?[\"'](?P<name>[A-Za-z][\w-]{0,60})[\"']\s?(?:,|\]\s?=)\s?[\"'](?P<value>[^\"'\n]{1,20000})[\"']"
)
_BEFORE = 100
"""In how many lines before a command its variables are looked for."""
_METHOD = regex(r"^[A-Z]{3,10}$")
_TOLD = regex(r"\s(?:->|=>|\u2192|#)\s{0,4}(?:HTTP[ /]?(?:[\d.]+ )?)?(?P<status>[1-5]\d\d)\b[^'\"\n]{0,80}$")
"""What somebody writes behind a command: the status that it got."""
_ITEM = regex(r"^(?P<name>[A-Za-z][\w-]{0,60}):(?P<value>.*)$")


def read(paste: Paste) -> None:
    """List every call that was made by a command line; its output, where there is one, replaces it later."""
    for command in paste.commands:
        if made := of(paste, command):
            paste.called[command.start] = made
            what = f"{made.call.method} {made.call.url}" if made.call else ""
            paste.take(command.start, command.end, PieceKind.COMMAND, what)


def answered(paste: Paste, index: int) -> Exchange | None:
    """Return the call of the command line whose output starts at this line; it is no longer one without an answer."""
    command = paste.command_before(index)
    return paste.called.pop(command.start, None) if command else None


def of(paste: Paste, command: Command) -> Exchange | None:
    """Return the call of a command line, without an answer, or None where it makes none."""
    if command.program not in _PROGRAMS:
        return None
    lines = (command.start + 1, command.end)
    options, plain = _powershell(paste, command) if command.program in _POWERSHELL else _split(command.words)
    url = next((cleaned for word in plain if (cleaned := _url(word, command.program))), "")
    if not url:
        return None
    given = _headers(options, plain, command.program)
    told = _TOLD.search(command.text)
    return Exchange(
        Seen.CURL_COMMAND,
        lines,
        Call(url, _method(options, plain), frozenset(name for name, _ in given)),
        tuple(paste.credential(name, value, lines) for name, value in given if headers.is_credential(name)),
        headers_known=not _hides_headers(options, plain),
        sent=headers.telling(given),
        expression=_expression(paste, given, lines),
        response=Response(int(told["status"])) if told else None,
    )


def _hides_headers(options: list[tuple[str, str]], plain: list[str]) -> bool:
    """Tell whether the command may send a header that it does not show."""
    for name, value in options:
        if _HIDES_HEADERS.match(name) or (name in {"-H", "--header"} and ":" not in value and not value.endswith(";")):
            return True
    return any(_STANDS_FOR_MORE.match(word) and "://" not in word for word in plain)


def _split(words: tuple[str, ...]) -> tuple[list[tuple[str, str]], list[str]]:
    options: list[tuple[str, str]] = []
    plain: list[str] = []
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            if not equals and name in _LONG_TAKES_VALUE and index < len(words):
                value, index = words[index], index + 1
            options.append((name, value))
        elif word.startswith("-") and len(word) > 1:
            index = _short(word, words, index, options)
        else:
            plain.append(word)
    return options, [value for name, value in options if name == "--url"] + plain


def _powershell(paste: Paste, command: Command) -> tuple[list[tuple[str, str]], list[str]]:
    """Read the words of PowerShell's commands as if they were curl's; a variable may hold more than is shown."""
    options: list[tuple[str, str]] = []
    plain: list[str] = []
    words = command.words
    for index, word in enumerate(words):
        value = words[index + 1] if index + 1 < len(words) else ""
        match word.lower():
            case "-uri":
                plain.append(value)
            case "-method":
                options.append(("-X", value))
            case "-headers" if value.startswith("@{"):
                text = " ".join(words[index + 1 :]).partition("}")[0]
                options += [("-H", f"{found['name']}: {found['value']}") for found in _HASH.finditer(text[2:])]
            case "-headers":
                options += [("-K", ""), *(("-H", header) for header in _in_variable(paste, value, command.start))]
            case "-token" if "Bearer" in words or "OAuth" in words:
                options += [("-K", ""), ("--oauth2-bearer", value)]
            case "-authentication" | "-credential" | "-token" | "-websession" | "-usedefaultcredentials":
                options.append(("-K", ""))
            case _ if word.startswith("http"):
                plain.append(word)
            case _:
                pass
    return options, plain


def _in_variable(paste: Paste, value: str, before: int) -> list[str]:
    """Return the headers that the lines before a command put into PowerShell's variable, each by its name once."""
    name = re.escape(value.removeprefix("$"))
    given: dict[str, str] = {}
    text = "\n".join(line[:4000] for line in paste.lines[max(before - _BEFORE, 0) : before])
    for found in re.finditer(
        rf"(?i)\${name}\b\s?(?:=\s?@\{{(?P<hash>(?:\$\{{[^}}\n]*\}}|[^}}])*)|(?P<one>[.\[][^\n]*))", text
    ):
        pairs = _PAIR.finditer(found["hash"]) if found["hash"] else _SET.finditer(found["one"] or "")
        given |= {pair["name"].lower(): pair["value"] for pair in pairs}
    return [f"{header}: {content}" for header, content in given.items()]


def _short(word: str, words: tuple[str, ...], index: int, options: list[tuple[str, str]]) -> int:
    for position, letter in enumerate(word[1:], start=1):
        if letter in _TAKES_VALUE:
            value = word[position + 1 :]
            if not value and index < len(words):
                value, index = words[index], index + 1
            options.append((f"-{letter}", value))
            break
        options.append((f"-{letter}", ""))
    return index


def _url(word: str, program: str) -> str:
    if word.startswith(("http://", "https://")):
        return clean_url(word)
    if re.match(r"^[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:/|$)", word) or re.match(r"^localhost(?::\d+)?(?:/|$)", word):
        secure = program == "https"
        return clean_url(f"{'https' if secure else 'http'}://{word}")
    return ""


def _headers(options: list[tuple[str, str]], plain: list[str], program: str) -> list[tuple[str, str]]:
    given = []
    for name, value in options:
        if name in {"-H", "--header"} and ":" in value:
            header, _, content = value.partition(":")
            given.append((header.strip().lower(), content.strip()))
        elif name == "--oauth2-bearer":
            given.append(("authorization", f"Bearer {value}"))
        elif name in {"-u", "--user"}:
            given.append(("authorization", "Basic …"))
    if program in {"http", "https", "xh"}:
        given += [(i["name"].lower(), i["value"]) for word in plain if "://" not in word and (i := _ITEM.match(word))]
    return given


def _method(options: list[tuple[str, str]], plain: list[str]) -> str:
    for name, value in options:
        if name in {"-X", "--request", "--method"} and _METHOD.match(value.upper()):
            return value.upper()
    if any(name in {"-I", "--head"} for name, _ in options):
        return "HEAD"
    if any(name in _DATA for name, _ in options) and not any(name in {"-G", "--get"} for name, _ in options):
        return "POST"
    return next((word for word in plain[:1] if _METHOD.match(word)), "GET")


def _expression(paste: Paste, given: list[tuple[str, str]], lines: Lines) -> Expression | None:
    for name, value in given:
        if headers.is_credential(name):
            made = expressions.of(value, lines)
            return made or expressions.by_variable(value, paste.expressions, lines[0])
    return None
