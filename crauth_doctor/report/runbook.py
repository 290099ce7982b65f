"""The onboarding page of one service and one caller, in Markdown."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Final

from ..fixes import gcloud, terraform, words
from ..fixes.code import LANGUAGES, SET_UPS
from ..fixes.names import in_words, parse
from ..model.change import Change, GrantRole, RevokeRole
from ..model.fact import Unknown
from ..redaction import clean, clean_lines, is_clean
from .runbook_facts import PageFacts, block, cleaned

if TYPE_CHECKING:
    from jinja2 import Environment

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")
_BACKTICKS: Final = re.compile(r"`+")


@dataclass(frozen=True, slots=True)
class StepToDo:
    """One thing that has to be so for the call to work.

    Args:
        title: what.
        why: what was found, in sentences.
        changes: what makes it so; several are ways to choose from.
        done: whether it is so already; None where that could not be read.
        grants: whether it is the grant that the caller needs.
    """

    title: str
    why: tuple[str, ...]
    changes: tuple[Change, ...]
    done: bool | None = False
    grants: bool = False


@dataclass(frozen=True, slots=True)
class Runbook:
    """What a page is made from.

    Args:
        version: of this tool.
        written: the day, `2026-06-01`.
        facts: what the page rests on.
        caller_name: the caller as people say it.
        product: what sends the call for its user, such as `Cloud Scheduler`; empty where the caller itself does.
        account: e-mail of the service account that it calls as; empty where it is none.
        reason: why this audience.
        path_note: what its way out means for ingress; empty where nothing needs saying.
        steps: in the order of the request's path, the grant among them.
        language: what the code is written in, one of `fixes.code.LANGUAGES`; empty where there is no code.
        code: the caller's code.
        verify: the command that makes the call as the account, from a person's machine; empty where none can.
        fire: the command that has the caller make its call now; empty where there is none.
        inside: whether only callers inside the network reach the service.
        undo: what takes the grant back; None where the page makes none.
        unread: what could not be read.
        sandbox: whether it was read from a pretend cloud.
    """

    version: str
    written: str
    facts: PageFacts
    caller_name: str
    product: str = ""
    account: str = ""
    reason: str = ""
    path_note: str = ""
    steps: tuple[StepToDo, ...] = ()
    language: str = ""
    code: str = ""
    verify: str = ""
    fire: str = ""
    inside: bool = False
    undo: RevokeRole | None = None
    unread: tuple[Unknown, ...] = field(default=())
    sandbox: bool = False

    @property
    def service(self) -> str:
        """The service's short name."""
        return parse(self.facts.service).id


def render(book: Runbook) -> str:
    """Return the page, with a newline at its end."""
    facts = PageFacts(**cleaned(book.facts))
    book = replace(book, facts=facts, account=clean(book.account))
    resource = parse(facts.service)
    page = _environment().get_template("runbook.md.j2")
    text = page.render(
        book=book,
        facts=facts,
        block=block(facts),
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


def _step(step: StepToDo) -> dict[str, object]:
    marks = {True: "already so", False: "to be done", None: "could not be read"}
    return {
        "title": step.title,
        "mark": marks[step.done],
        "why": [_sentence(text) for text in step.why],
        "changes": [_change(change, step) for change in step.changes],
    }


def _sentence(text: str) -> str:
    shown = clean(text)
    return f"{shown[:1].upper()}{shown[1:]}{'' if shown.endswith(('.', '?')) else '.'}"


def _change(change: Change, step: StepToDo) -> dict[str, object]:
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
    """Put each flag of a command on a line of its own; what is pasted is still what runs."""
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
    """Draw the pair, one line a hop."""
    facts = book.facts
    identity = f"calls as {facts.member}" if facts.member else "has no Google identity"
    by = [f"  sent by {book.product}"] if book.product else []
    gates = [f"ingress: {facts.ingress}"]
    gates += ["Identity-Aware Proxy"] if facts.iap == "on" else []
    gates += ["token: Google's own, with this audience", "IAM: run.routes.invoke"]
    if facts.public == "yes":
        gates[-2:] = ["open to everybody: nobody's token is asked for"]
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
        f"{book.service}",
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


def escaped(text: str) -> str:
    """Make a text plain for Markdown: nothing in it is markup, a link, an image or HTML."""
    return _SPECIAL.sub(r"\\\1", clean(text))


def code(text: str) -> str:
    """Show a text as inline code, whatever backticks it holds."""
    shown = clean(text) or " "
    longest = max((len(run) for run in _BACKTICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def cell(text: str) -> str:
    """Show a text as inline code in a table, where a bar would end the cell."""
    return code(text).replace("|", "\\|")


def fenced(text: str, language: str = "") -> str:
    """Show lines as a block of code that nothing in them ends."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
