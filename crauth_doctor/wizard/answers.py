"""The call in question, as far as it has been told, and the command lines that ask about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from ..deferred import dataclass, regex
from ..model.address import Deterministic, Hashed, parse_url
from .messages import AnswerKind, Line

_FULL: Final = regex(r"projects/([^/\s]+)/locations/([^/\s]+)/services/([^/\s]+)")
_PROJECT: Final = regex(r"[a-z0-9.:-]+")
_METHOD: Final = regex(r"[A-Za-z]+")
_UNSAFE: Final = regex(r"[^A-Za-z0-9.]+")


@dataclass(frozen=True)
class CallAnswers:
    """What was answered; what is empty was not."""

    project: str = ""  # id or number of the project
    service: str = ""  # a name, a full name or a URL; empty where there is nothing but evidence
    caller: str = ""  # who calls, as `--caller` takes it
    url: str = ""
    path: str = ""
    method: str = ""  # in upper case
    audience: str = ""  # of the caller's token
    file: str = ""  # of evidence
    pasted: str = ""  # evidence
    check: bool = True  # whether it is to be diagnosed
    calls: bool = True  # whether test calls may be sent
    lines: tuple[Line, ...] = ()  # the command lines of what was done
    task: str = "diagnose"  # what is to be done: `diagnose`, `grant`, `who`, `call` or `undo`
    receipt: str = ""  # of the change that is taken back

    @property
    def name(self) -> str:
        """The service as people say it."""
        return self.service.rstrip("/").rsplit("/", 1)[-1] if "://" not in self.service else self.service

    @property
    def is_usual(self) -> bool:
        """Whether nothing special was told of it."""
        return not (self.url or self.path or self.method or self.audience)

    @property
    def own_names(self) -> frozenset[str]:
        """What `--caller` would call the service itself."""
        address = parse_url(self.service)
        names = {self.name, self.service}
        if isinstance(address, Deterministic | Hashed):
            names.add(address.name)
        return frozenset(f"run/{name}" for name in names)

    @property
    def usual_call(self) -> str:
        """What is called where nothing special is told."""
        if "://" not in self.service:
            return "GET / at the service's own URL"
        parts = urlsplit(self.service)
        return f"GET {parts.path or '/'} at {parts.scheme}://{parts.netloc}"

    @property
    def who(self) -> str:
        """The caller as people say it."""
        return self.caller or "me"

    def after(self, line: Line, instead: Line | None = None) -> CallAnswers:
        """Return it with one more line; what was done twice is one line."""
        kept = tuple(one for one in self.lines if one not in {line, instead})
        return replace(self, lines=(*kept, line))


def where(call: CallAnswers) -> tuple[str, ...]:
    """Return the service and where it is, as every command takes it."""
    full = _FULL.fullmatch(call.service)
    if full:
        return (full[3], f"--project={full[1]}", f"--region={full[2]}")
    return (call.service, *_option("project", call.project))


def check(call: CallAnswers, *, fix: bool = False) -> tuple[str, ...]:
    """Return the arguments that diagnose the call; `explain` where there is nothing but evidence."""
    evidence = call.file or ("-" if call.pasted else "")
    if not call.service:
        return ("explain", evidence)
    return (
        "check",
        *where(call),
        *_option("caller", call.caller),
        *_option("url", call.url),
        *_option("path", call.path),
        *_option("method", call.method),
        *_option("audience", call.audience),
        *_option("evidence", evidence),
        *(() if call.calls else ("--no-call",)),
        *(("--fix",) if fix else ()),
    )


def task(call: CallAnswers) -> tuple[str, ...]:
    """Return the arguments that do what is asked for, where that is no diagnosis."""
    match call.task:
        case "grant":
            return ("grant", *where(call), f"--caller={call.who}")
        case "who":
            return ("who", *where(call))
        case "undo":
            return ("undo", call.receipt)
        case _:
            path = (call.path,) if call.path else ()
            return ("call", *where(call), *path, *_option("caller", call.caller), *_option("audience", call.audience))


def snippet(call: CallAnswers, language: str) -> tuple[str, ...]:
    """Return the arguments that print the caller's code."""
    return (
        "snippet",
        *where(call),
        f"--lang={language}",
        *_option("caller", call.caller),
        *_option("url", call.url),
        *_option("path", call.path),
        *_option("audience", call.audience),
    )


def runbook(call: CallAnswers) -> tuple[str, ...]:
    """Return the arguments that write the runbook."""
    return ("runbook", *where(call), f"--caller={call.who}")


def runbook_file(call: CallAnswers) -> str:
    """Return a name for the runbook's file that no runbook of this run has yet."""
    pair = (call.name.partition("://")[2] or call.name, call.who.partition("@")[0])
    stem = "-".join(("runbook", *(_UNSAFE.sub("-", one).strip("-") for one in pair)))
    taken = {line.file for line in call.lines}
    names = (f"{stem}.md", *(f"{stem}-{number}.md" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def problem(kind: AnswerKind, text: str) -> str:
    """Say what is wrong with a typed answer; empty where nothing is. An empty answer skips, and is right."""
    if not text:
        return ""
    match kind:
        case AnswerKind.PROJECT if not _PROJECT.fullmatch(text):
            return "A project's id has small letters, digits and hyphens."
        case AnswerKind.PATH if not text.startswith("/"):
            return "A path starts with /."
        case AnswerKind.METHOD if not _METHOD.fullmatch(text):
            return "Give an HTTP method, such as GET."
        case AnswerKind.URL if not text.startswith(("https://", "http://")):
            return "A URL starts with https://."
        case AnswerKind.PROJECT | AnswerKind.PATH | AnswerKind.METHOD | AnswerKind.URL | AnswerKind.WORD if (
            len(text.split()) > 1
        ):
            return "There is a space in it."
        case _:
            return ""


def _option(name: str, value: str) -> tuple[str, ...]:
    return (f"--{name}={value}",) if value else ()
