"""The questions, one function each: the call goes in, and comes out with its answer; or somebody goes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ..deferred import dataclass
from ..model.caller_kinds import DECLARED
from ..model.inventory import Inventory
from .answers import CallAnswers
from .messages import (
    AnswerKind,
    Choice,
    Dialogue,
    FindCallers,
    FindChanges,
    FindProjects,
    FindServices,
    Navigation,
    Select,
    Text,
    WizardQuestion,
)

_OTHER_PROJECT: Final = "another-project"
_ELSEWHERE: Final = "Outside Google Cloud"
_OUTSIDE: Final = tuple(Choice(one.word, one.label, _ELSEWHERE) for one in DECLARED if one.word and not one.form)
_SERVICES: Final = {
    "grant": "Which service should be called?",
    "who": "Which service's callers do you want to see?",
}
_CALLERS: Final = {"grant": "Who should call {name}?", "call": "Who do you want to call {name} as?"}
_TASKS: Final = (
    Choice("diagnose", "find out why a call fails"),
    Choice("grant", "let somebody call a service"),
    Choice("who", "see who may call a service"),
    Choice("call", "make one call and explain the answer"),
    Choice("undo", "undo a change"),
)


class BrokenOffError(Exception):
    """The human broke it off."""


@dataclass(frozen=True)
class QuestionStep:
    """One step."""

    name: str  # what it asks for
    # asks; is told whether there is a question before it
    ask: Callable[[CallAnswers, bool], Dialogue[CallAnswers | Navigation]]
    applies: Callable[[CallAnswers], bool]  # tells whether there is anything to ask


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


def _task(call: CallAnswers, back: bool) -> Dialogue[CallAnswers | Navigation]:
    answer = yield from ask(Select("task", "What do you want to do?", _TASKS, call.task, back=back))
    if answer is Navigation.BACK:
        return answer
    return replace(call, task=answer if answer in {one.value for one in _TASKS} else "diagnose")


def _receipt(call: CallAnswers, back: bool) -> Dialogue[CallAnswers | Navigation]:
    listing = yield from _listed(FindChanges())
    if not listing.found:
        return Navigation.BACK
    choices = tuple(Choice(one.value, one.group or one.value, note=one.label) for one in listing.found)
    answer = yield from ask(Select("receipt", "Which change do you want to undo?", choices, back=back))
    if isinstance(answer, Navigation):
        return Navigation.BACK
    return replace(call, receipt=answer)


def _project(call: CallAnswers, back: bool) -> Dialogue[CallAnswers | Navigation]:
    message = "Which project is the service in?"
    listing = yield from _listed(FindProjects())
    question: WizardQuestion
    if listing.found:
        found = tuple(Choice(one.value, one.label, one.group) for one in listing.found)
        question = Select("project", message, *_with(found, call.project), "a project's id", "none", back=back)
    else:
        hint = "its id; Enter alone skips"
        question = Text("project", message, call.project, hint, AnswerKind.PROJECT, back=back)
    answer = yield from ask(question)
    if answer is Navigation.BACK:
        return answer
    return replace(call, project="" if answer is Navigation.SKIP else answer)


def _service(call: CallAnswers, back: bool) -> Dialogue[CallAnswers | Navigation]:
    unlisted = ""
    while True:
        listing = (yield from _listed(FindServices(call.project))) if call.project else Inventory()
        answer = yield from ask(_which_service(call, listing, unlisted, back=back))
        if answer is Navigation.BACK:
            return answer
        if _is_unlisted(answer, listing) and answer != unlisted:
            unlisted = answer  # asked for once more, and then believed
            continue
        if answer != _OTHER_PROJECT:
            return replace(call, service="" if answer is Navigation.SKIP else answer)
        moved = yield from _project(call, True)
        call = moved if isinstance(moved, CallAnswers) else call
        back = True


def _is_unlisted(answer: str, listing: Inventory) -> bool:
    """Whether a bare name was typed that no service has of those that were found."""
    names = {one.value.rsplit("/", 1)[-1] for one in listing.found}
    return bool(names) and answer.replace("-", "").isalnum() and answer not in {*names, Navigation.SKIP, _OTHER_PROJECT}


def _which_service(call: CallAnswers, listing: Inventory, unlisted: str, *, back: bool) -> WizardQuestion:
    message = _SERVICES.get(call.task, "Which service is called?")
    message = f"{call.project} has no service {unlisted}. {message}" if unlisted else message
    skip = "I only have an error message or a log" if call.task == "diagnose" else ""
    if not listing.found:
        hint = "a name, projects/P/locations/R/services/NAME, or a URL" + "; Enter alone skips" * bool(skip)
        return Text("service", message, call.service, hint, AnswerKind.WORD, back=back)
    found = tuple(Choice(one.value, one.label, one.group) for one in listing.found)
    choices = (*found, Choice(_OTHER_PROJECT, "a service of another project", "Elsewhere"))
    return Select("service", message, *_with(choices, call.service), "a name or URL", skip, back=back)


def _caller(call: CallAnswers, back: bool) -> Dialogue[CallAnswers | Navigation]:
    listing = (yield from _listed(FindCallers(call.project))) if call.project else Inventory()
    itself = call.own_names
    found = tuple(Choice(one.value, one.label, one.group) for one in listing.found if one.value not in itself)
    outside = tuple(one for one in _OUTSIDE if call.task == "diagnose" or one.value == "me")
    choices, default = _with((*found, *outside), call.caller)
    typed = "an e-mail, or a resource such as gce/ZONE/NAME"
    message = _CALLERS.get(call.task, "Who calls {name}?").format(name=call.name)
    answer = yield from ask(Select("caller", message, choices, default, typed, "me", back=back))
    if answer is Navigation.BACK:
        return answer
    return replace(call, caller="" if answer is Navigation.SKIP else answer)


def _details(call: CallAnswers, back: bool) -> Dialogue[CallAnswers | Navigation]:
    choices = (
        Choice("usual", call.usual_call),
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
        Text("path", "Which path?", call.path or "/", "including the query", AnswerKind.PATH),
        Text("method", "HTTP method?", call.method or "GET", "", AnswerKind.METHOD),
        Text("url", "Which URL?", call.url, "Enter alone: the service's own", AnswerKind.URL),
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


def _path(call: CallAnswers, back: bool) -> Dialogue[CallAnswers | Navigation]:
    question = Text(
        "path", "Which path is called?", call.path or "/", "including the query", AnswerKind.PATH, back=back
    )
    answer = yield from ask(question)
    if answer is Navigation.BACK:
        return answer
    return replace(call, path="" if answer in {Navigation.SKIP, "/"} else answer)


def _evidence(call: CallAnswers, back: bool) -> Dialogue[CallAnswers | Navigation]:
    choices = (
        Choice("none", "no"),
        Choice("paste", "yes: I will paste it"),
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


def _listed(action: FindProjects | FindServices | FindCallers | FindChanges) -> Dialogue[Inventory]:
    reply = yield action
    assert isinstance(reply, Inventory)
    return reply


def _with(choices: tuple[Choice, ...], before: str) -> tuple[tuple[Choice, ...], str]:
    """Return the choices and the one that is offered first: what was answered before, also where it was typed."""
    if before and before not in {one.value for one in choices}:
        choices = (Choice(before, before, "As before"), *choices)
    return choices, before or choices[0].value


def _diagnoses(call: CallAnswers) -> bool:
    return call.task == "diagnose"


def _diagnoses_service(call: CallAnswers) -> bool:
    return _diagnoses(call) and bool(call.service)


STEPS: Final = (
    QuestionStep("task", _task, lambda _: True),
    QuestionStep("receipt", _receipt, lambda call: call.task == "undo"),
    QuestionStep("project", _project, lambda call: call.task != "undo" and not call.project),
    QuestionStep("service", _service, lambda call: call.task != "undo"),
    QuestionStep("caller", _caller, lambda call: bool(call.service) and call.task in {"diagnose", "grant", "call"}),
    QuestionStep("call", _details, _diagnoses_service),
    QuestionStep("path", _path, lambda call: bool(call.service) and call.task == "call"),
    QuestionStep("evidence", _evidence, _diagnoses),
    QuestionStep("check", _how, _diagnoses_service),
)
