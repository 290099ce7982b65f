"""The questions, one function each: the call goes in, and comes out with its answer; or somebody goes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ..deferred import dataclass
from ..model.caller_kinds import DECLARED
from ..model.inventory import Inventory
from .answers import CallAnswers
from .messages import AnswerKind, Choice, Dialogue, FindCallers, FindServices, Navigation, Select, Text, WizardQuestion

_OTHER_PROJECT: Final = "another-project"
_ELSEWHERE: Final = "Outside Google Cloud"
_OUTSIDE: Final = tuple(Choice(one.word, one.label, _ELSEWHERE) for one in DECLARED if one.word and not one.form)
_SERVICE: Final = "Which service is called?"


class BrokenOffError(Exception):
    """The human broke it off."""


@dataclass(frozen=True, slots=True)
class QuestionStep:
    """One step.

    Args:
        name: what it asks for.
        ask: asks; is told whether there is a question before it.
        applies: tells whether there is anything to ask.
    """

    name: str
    ask: Callable[[CallAnswers, bool], Dialogue[CallAnswers | Navigation]]
    applies: Callable[[CallAnswers], bool]


def ask(question: WizardQuestion) -> Dialogue[str | Navigation]:
    """Ask, and return the answer, stripped.

    Raises:
        BrokenOffError: there is to be none.
    """
    answer = yield question
    if answer is Navigation.CANCEL:
        raise BrokenOffError
    if isinstance(answer, Navigation):
        return answer
    assert isinstance(answer, str)
    return answer.strip() or Navigation.SKIP


def _project(call: CallAnswers, back: bool) -> Dialogue[CallAnswers | Navigation]:
    hint = "its id; Enter alone skips"
    answer = yield from ask(
        Text("project", "Which project is the service in?", call.project, hint, AnswerKind.PROJECT, back=back)
    )
    if answer is Navigation.BACK:
        return answer
    return replace(call, project="" if answer is Navigation.SKIP else answer)


def _service(call: CallAnswers, back: bool) -> Dialogue[CallAnswers | Navigation]:
    while True:
        listing = (yield from _listed(FindServices(call.project))) if call.project else Inventory()
        answer = yield from ask(_which_service(call, listing, back=back))
        if answer is Navigation.BACK:
            return answer
        if answer != _OTHER_PROJECT:
            return replace(call, service="" if answer is Navigation.SKIP else answer)
        moved = yield from _project(call, True)
        call = moved if isinstance(moved, CallAnswers) else call
        back = True


def _which_service(call: CallAnswers, listing: Inventory, *, back: bool) -> WizardQuestion:
    skip = "there is only an error text or a log"
    if not listing.found:
        hint = "a name, projects/P/locations/R/services/NAME, or a URL; Enter alone skips"
        return Text("service", _SERVICE, call.service, hint, AnswerKind.WORD, back=back)
    found = tuple(Choice(one.value, one.label, one.group) for one in listing.found)
    choices = (*found, Choice(_OTHER_PROJECT, "a service of another project", "Elsewhere"))
    return Select("service", _SERVICE, *_with(choices, call.service), "a name or URL", skip, back=back)


def _caller(call: CallAnswers, back: bool) -> Dialogue[CallAnswers | Navigation]:
    listing = (yield from _listed(FindCallers(call.project))) if call.project else Inventory()
    itself = {f"run/{call.name}", f"run/{call.service}"}
    found = tuple(Choice(one.value, one.label, one.group) for one in listing.found if one.value not in itself)
    choices, default = _with((*found, *_OUTSIDE), call.caller)
    typed = "an e-mail, or such as gce/ZONE/NAME"
    answer = yield from ask(Select("caller", f"Who calls {call.name}?", choices, default, typed, "me", back=back))
    if answer is Navigation.BACK:
        return answer
    return replace(call, caller="" if answer is Navigation.SKIP else answer)


def _details(call: CallAnswers, back: bool) -> Dialogue[CallAnswers | Navigation]:
    choices = (
        Choice("usual", "GET / at the service's own URL"),
        Choice("details", "another path, method, URL or audience"),
    )
    default = "usual" if call.is_usual else "details"
    while True:
        answer = yield from ask(Select("call", "Which request fails?", choices, default, back=back))
        if answer is Navigation.BACK:
            return answer
        if answer != "details":
            return replace(call, url="", path="", method="", audience="")
        told = yield from _told(call)
        if told is not None:
            return told
        default = "details"


def _told(call: CallAnswers) -> Dialogue[CallAnswers | None]:
    """Ask for the details, one after the other; None when somebody goes back beyond the first."""
    fields = (
        Text("path", "Path that is called?", call.path or "/", "with its query", AnswerKind.PATH),
        Text("method", "HTTP method?", call.method or "GET", "", AnswerKind.METHOD),
        Text("url", "URL that is called?", call.url, "Enter alone: the service's own", AnswerKind.URL),
        Text("audience", "Audience of the caller's token?", call.audience, "Enter alone: not known", AnswerKind.WORD),
    )
    given = [one.default for one in fields]
    position = 0
    while position < len(fields):
        answer = yield from ask(replace(fields[position], default=given[position]))
        if answer is not Navigation.BACK:
            given[position] = "" if answer is Navigation.SKIP else answer
            position += 1
        elif position:
            position -= 1
        else:
            return None
    path, method, url, audience = given
    method = method.upper()
    return replace(
        call,
        path="" if path == "/" else path,
        method="" if method == "GET" else method,
        url=url,
        audience=audience,
    )


def _evidence(call: CallAnswers, back: bool) -> Dialogue[CallAnswers | Navigation]:
    choices = (
        Choice("none", "no"),
        Choice("paste", "yes: I paste it"),
        Choice("file", "yes: it is in a file"),
    )
    default = "file" if call.file else "none"
    message = "Do you have an error message or a log from the failing call?"
    while True:
        answer = yield from ask(Select("evidence", message, choices, default, back=back))
        if answer is Navigation.BACK:
            return answer
        if answer == "paste":
            given = yield from ask(Text("paste", "Paste it:", "", "", AnswerKind.LINES))
            told = replace(call, file="", pasted="" if given is Navigation.SKIP else given)
        elif answer == "file":
            given = yield from ask(Text("file", "Which file?", call.file, "Enter alone: none", AnswerKind.FILE))
            told = replace(call, pasted="", file="" if given is Navigation.SKIP else given)
        else:
            return replace(call, file="", pasted="")
        if given is not Navigation.BACK:
            return told
        default = answer


def _how(call: CallAnswers, back: bool) -> Dialogue[CallAnswers | Navigation]:
    choices = (
        Choice("calls", "yes: read the settings, and make test calls (GET)"),
        Choice("settings", "yes, from the settings alone, without calls"),
        Choice("no", "no: straight to the code and the runbook"),
    )
    default = "no" if not call.check else "calls" if call.calls else "settings"
    message = f"Check whether {call.who} can call {call.name}?"
    answer = yield from ask(Select("check", message, choices, default, back=back))
    if answer is Navigation.BACK:
        return answer
    return replace(call, check=answer not in {"no", Navigation.SKIP}, calls=answer != "settings")


def _listed(action: FindServices | FindCallers) -> Dialogue[Inventory]:
    reply = yield action
    assert isinstance(reply, Inventory)
    return reply


def _with(choices: tuple[Choice, ...], before: str) -> tuple[tuple[Choice, ...], str]:
    """Return the choices and the one that is offered first: what was answered before, also where it was typed."""
    if before and before not in {one.value for one in choices}:
        choices = (Choice(before, before, "As before"), *choices)
    return choices, before or choices[0].value


def _always(_: CallAnswers) -> bool:
    return True


def _with_service(call: CallAnswers) -> bool:
    return bool(call.service)


STEPS: Final = (
    QuestionStep("project", _project, lambda call: not call.project),
    QuestionStep("service", _service, _always),
    QuestionStep("caller", _caller, _with_service),
    QuestionStep("call", _details, _with_service),
    QuestionStep("evidence", _evidence, _always),
    QuestionStep("check", _how, _with_service),
)
