"""The onboarding page of one service and one caller, in Markdown, and what has changed since it was written.

The facts that a page rests on stand in it for machines, in an HTML comment, which wikis and viewers of Markdown do not
show: they are read back and compared. No secret is among them.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import asdict, field, fields, replace
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final

from .. import __version__
from ..deferred import dataclass, regex
from ..fixes import gcloud, terraform, words
from ..fixes.names import in_words, parse
from ..fixes.snippets import LANGUAGES, SET_UPS
from ..model.change import Change, GrantRole, RevokeRole
from ..model.fact import Unknown
from ..redaction import clean, clean_lines, is_clean
from .document import whole
from .layout import Hue, Look, TextPage
from .markdown_text import cell, code, escaped, fenced
from .status import ExitStatus

if TYPE_CHECKING:
    from jinja2 import Environment

SCHEMA: Final = 1
_MARK: Final = "crauth-doctor runbook facts"
_BLOCK: Final = regex(rf"<!-- {_MARK}\n(.*?)\n-->", re.DOTALL)
UNREAD: Final = "?"


class NoRunbookError(ValueError):
    """A text holds no facts of a runbook, or such as this version cannot read; the message says which."""


@dataclass(frozen=True)
class RunbookFacts:
    """What a page says of its pair. A text each; `?` is what could not be read when it was written."""

    service: str  # full resource name
    caller: str  # the caller, as the command line named it
    url: str  # what is called
    audience: str  # the audience to ask for
    ingress: str  # the service's ingress, in gcloud's word
    invoker_check: str  # `on` or `off`
    iap: str  # `on` or `off`
    default_url: str  # `on` or `off`
    public: str  # `yes` where it lets in whoever reaches it, else `no`
    member: str  # whom the caller calls as; empty where it has no Google identity
    egress: str  # how the caller's traffic leaves
    right: str  # the binding that lets it in, or that the page's steps make: role and full resource name
    asked_url: str = ""  # the URL that the command line named; empty where it is the service's own
    path: str = ""  # the path that the command line named; empty where it named none


@dataclass(frozen=True)
class RunbookStep:
    """One thing that has to be so for the call to work."""

    title: str
    why: tuple[str, ...]  # what was found, in sentences
    changes: tuple[Change, ...]  # what makes it so; several are ways to choose from
    done: bool | None = False  # whether it is so already; None where that could not be read
    grants: bool = False  # whether it is the grant that the caller needs


@dataclass(frozen=True)
class Runbook:
    """What a page is made from."""

    written: str  # the day, `2026-06-01`
    facts: RunbookFacts  # what the page rests on
    caller_name: str  # the caller as people say it
    product: str = ""  # what sends the call for its user, such as `Cloud Scheduler`; empty where the caller itself does
    account: str = ""  # e-mail of the service account that it calls as; empty where it is none
    reason: str = ""  # why this audience
    path_note: str = ""  # what its way out means for ingress; empty where nothing needs saying
    steps: tuple[RunbookStep, ...] = ()  # in the order of the request's path, the grant among them
    language: str = ""  # what the code is written in, one of `fixes.snippets.LANGUAGES`; empty where there is no code
    code: str = ""
    verify: str = ""  # the command that makes the call as the account, from a person's machine; empty where none can
    fire: str = ""  # the command that has the caller make its call now; empty where there is none
    inside: bool = False  # whether only callers inside the network reach the service
    undo: RevokeRole | None = None  # what takes the grant back; None where the page makes none
    unread: tuple[Unknown, ...] = field(default=())
    sandbox: bool = False  # whether it was read from a pretend cloud


def render(book: Runbook) -> str:
    """Return the page, with a newline at its end."""
    facts = RunbookFacts(**cleaned_facts(book.facts))
    book = replace(book, facts=facts, account=clean(book.account))
    resource = parse(facts.service)
    page = _environment().get_template("runbook.md.j2")
    text = page.render(
        book=book,
        version=__version__,
        facts=facts,
        block=facts_block(facts),
        name=resource.id,
        relative=resource.path,
        project=resource.project,
        region=resource.region,
        diagram=_diagram(book),
        sets_up=book.language in SET_UPS,
        fence_language=LANGUAGES.get(book.language, ""),
        steps=[_step(step) for step in book.steps],
        grant=next((number for number, step in enumerate(book.steps, 1) if step.grants), None),
        sets=any(step.changes and not step.grants and step.done is not True for step in book.steps),
        undo=_commands(book.undo) if book.undo else [],
        target=f"{facts.service.removeprefix('//run.googleapis.com/')}",
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _step(step: RunbookStep) -> dict[str, object]:
    marks = {True: "already done", False: "to do", None: "could not be read"}
    return {
        "title": step.title,
        "mark": marks[step.done],
        "why": [whole(clean(text)) for text in step.why],
        "changes": [_change(change, step) for change in step.changes],
    }


def _change(change: Change, step: RunbookStep) -> dict[str, object]:
    hcl = terraform.block(change)
    return {
        "sentence": "" if len(step.changes) == 1 and isinstance(change, GrantRole) else words.sentence(change),
        "widens": change.widens,
        "danger": words.danger(change),
        "commands": _commands(change),
        "terraform": "\n".join(clean_lines(hcl)) if hcl else "",
    }


def _commands(change: Change) -> list[str]:
    return [_broken(command) for command in gcloud.commands(change) if is_clean(command)]


def _broken(command: str) -> str:
    """Return a command with each flag on a line of its own; what is pasted is still what runs."""
    head, *flags = re.split(r" (?=--[a-z-]+(?:[= ]|$))", command) if "'" not in command else [command]
    return " \\\n  ".join([head, *flags])


def verification(account: str, audience: str, url: str) -> str:
    """Return the command that calls as an account, by somebody who may impersonate it; no token gets into `argv`."""
    lines = [
        "printf 'Authorization: Bearer %s\\n' \"$(gcloud auth print-identity-token",
        f"  --impersonate-service-account={shlex.quote(account)}",
        f'  --audiences={shlex.quote(audience)} --include-email)" |',
        f"  curl -sS -i --fail-with-body -H @- {shlex.quote(url)}",
    ]
    return " \\\n".join(lines[:3]) + f"\n{lines[3]}"


def _diagram(book: Runbook) -> str:
    """Return the pair as a drawing, one line a hop."""
    facts = book.facts
    identity = f"calls as {facts.member}" if facts.member else "has no Google identity"
    by = [f"  sent by {book.product}"] if book.product else []
    gates = [f"ingress: {facts.ingress}"]
    gates += ["Identity-Aware Proxy"] if facts.iap == "on" else []
    gates += ["token: Google's own, with this audience", "IAM: run.routes.invoke"]
    if facts.public == "yes":
        gates[-2:] = ["open to everybody: no token is needed"]
    lines = [
        book.caller_name,
        f"  {identity}",
        *by,
        "  |",
        f"  |  {facts.url}",
        f"  |  Authorization: Bearer ID-TOKEN, aud {facts.audience}",
        "  v",
        *(f"  [ {gate} ]" for gate in gates),
        "  |",
        "  v",
        parse(book.facts.service).id,
    ]
    return "\n".join(clean_lines("\n".join(lines)))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(  # noqa: S701 - it writes Markdown: every value goes through one of the filters below
        loader=PackageLoader("crauth_doctor.report", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {
        "text": escaped,
        "code": code,
        "cell": cell,
        "fenced": fenced,
        "place": in_words,
        "sh": shlex.quote,
        "shown": is_clean,
    }
    return found


_TITLES: Final[Mapping[str, str]] = {
    "service": "the service",
    "caller": "the caller",
    "url": "the URL called",
    "audience": "the audience",
    "ingress": "the ingress",
    "invoker_check": "the invoker check",
    "iap": "Identity-Aware Proxy",
    "default_url": "the run.app URL",
    "public": "whether it is public",
    "member": "the caller's identity",
    "egress": "the caller's egress",
    "right": "the right to call",
}


class Held(StrEnum):
    """How what the page says stands to what is."""

    SAME = "same"
    DRIFTED = "drifted"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Compared:
    """One fact of a page, held against what is now."""

    name: str
    page: str  # what the page says
    now: str  # what is; `?` where it could not be read
    held: Held  # how the two stand


def facts_block(facts: RunbookFacts) -> str:
    """Return the comment that holds the facts; nothing in them can end it early, or is a credential."""
    text = json.dumps({"schema": SCHEMA, **cleaned_facts(facts)}, indent=1)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    text = text.replace("--", "-\\u002d")
    return f"<!-- {_MARK}\n{text}\n-->"


def cleaned_facts(facts: RunbookFacts) -> dict[str, str]:
    """Return the facts by name, each fit to be shown."""
    return {name: clean(str(value)) for name, value in asdict(facts).items()}


def read_facts(page: str) -> RunbookFacts:
    """Read the facts back.

    Raises:
        NoRunbookError: there are none, several, or such as this version cannot read.
    """
    blocks = _BLOCK.findall(page.replace("\r\n", "\n"))
    if len(blocks) != 1:
        raise NoRunbookError("it holds no runbook facts" if not blocks else "it holds the facts of several runbooks")
    try:
        found = json.loads(blocks[0])
    except (json.JSONDecodeError, RecursionError):
        raise NoRunbookError("its facts are no longer JSON") from None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise NoRunbookError("its facts are of another version: write the page again")
    names = [field.name for field in fields(RunbookFacts)]
    if not all(isinstance(found.get(name), str) for name in names):
        raise NoRunbookError("some of its facts are missing: write the page again")
    if found["path"] and not found["path"].startswith("/"):
        raise NoRunbookError("its path is not a path: write the page again")
    return RunbookFacts(**{name: found[name] for name in names})


def compare(page: RunbookFacts, now: RunbookFacts, rights: frozenset[str], *, complete: bool) -> tuple[Compared, ...]:
    """Compare a page with what is now.

    `rights` are the bindings that were seen to let the caller in, `complete` whether these are all.
    """
    compared = [_one(name, getattr(page, name), getattr(now, name)) for name in _TITLES if name != "right"]
    return (*compared, _right(page.right, frozenset(map(clean, rights)), complete=complete))


def drift_status(compared: tuple[Compared, ...]) -> ExitStatus:
    """Return what the process ends with."""
    if any(one.held is Held.DRIFTED for one in compared):
        return ExitStatus.BLOCKED
    return ExitStatus.CANNOT_TELL if any(one.held is Held.UNKNOWN for one in compared) else ExitStatus.CLEAR


def _one(name: str, page: str, now: str) -> Compared:
    if UNREAD in (page, now):
        return Compared(name, page, now, Held.UNKNOWN)
    return Compared(name, page, now, Held.SAME if clean(now) == page else Held.DRIFTED)


def _right(page: str, held: frozenset[str], *, complete: bool) -> Compared:
    """The page's binding has to be there still; others beside it are no drift. A page may need none."""
    if page in held or not page:
        return Compared("right", page, page, Held.SAME)
    if not complete or page == UNREAD:
        return Compared("right", page, UNREAD, Held.UNKNOWN)
    return Compared("right", page, ", ".join(sorted(held)), Held.DRIFTED)


def drift_as_text(file: str, compared: tuple[Compared, ...], look: Look) -> str:
    """Return for a person what has changed since a page was written."""
    page = TextPage(look)
    drifted = [one for one in compared if one.held is Held.DRIFTED]
    unknown = [one for one in compared if one.held is Held.UNKNOWN]
    if drifted:
        do = "does" if len(drifted) == 1 else "do"
        page.headline("DRIFTED", Hue.BAD, f": {len(drifted)} of {len(compared)} facts in {clean(file)} {do} not hold.")
    elif unknown:
        page.headline(
            "UNDECIDED", Hue.UNSURE, f": nothing seen contradicts {clean(file)}, but not everything could be seen."
        )
    else:
        page.headline("UP TO DATE", Hue.GOOD, f": all {len(compared)} facts in {clean(file)} hold.")
    for heading, found in (("Differs from the page", drifted), ("What could not be told", unknown)):
        if found:
            page.heading(heading)
        for one in found:
            page.item(f"{_TITLES[one.name]}: page {_shown(one.page)}, now {_shown(one.now)}")
    if drifted:
        page.gap()
        if any(one.name == "right" and not one.now for one in drifted):
            page.paragraph("If the page's steps are still to be done, do them.", "")
        page.paragraph("Undo what has changed, or write the page again with `crauth-doctor runbook`.", "")
    return str(page)


def _shown(text: str) -> str:
    named = {"": "none", UNREAD: "not known"}
    role, on, resource = text.partition(" on //")
    shown = f"{role} on {in_words(f'//{resource}')}" if on else text
    return named.get(text) or clean(shown, limit=300)


def drift_as_json(compared: tuple[Compared, ...]) -> str:
    """Return the same for machines, schema version 1."""
    from .json import written

    facts = [
        {"fact": one.name, "page": clean(one.page), "now": clean(one.now), "held": one.held.value} for one in compared
    ]
    drifted = [one.name for one in compared if one.held is Held.DRIFTED]
    return written({"facts": facts, "drifted": drifted, "exit": drift_status(compared).value})
