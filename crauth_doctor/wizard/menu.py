"""After the questions: the diagnosis, and what can be done with it, as often as one likes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..model.caller_kinds import DECLARED
from . import answers as lines
from .answers import CallAnswers
from .messages import (
    AnswerKind,
    Checked,
    Choice,
    Diagnose,
    Dialogue,
    Done,
    Ended,
    Line,
    MakeFixes,
    Navigation,
    Select,
    ShowAdvice,
    Start,
    Text,
    Write,
)
from .questions import ask

_UNKNOWN: Final = Checked()
_WITHOUT_CODE: Final = frozenset(one.word for one in DECLARED if one.word and not one.form and not one.has_identity)
"""Callers that can attach no token of Google's, whatever code they run."""


def menu(start: Start, call: CallAnswers) -> Dialogue[tuple[CallAnswers, Ended | str]]:
    """Diagnose, and offer what comes next, until somebody is done or goes elsewhere.

    Returns:
        The call, and how it ended, `Navigation.BACK`, or the name of the step to go to.
    """
    if not (call.service or call.file or call.pasted):
        return call, Ended()
    call, checked = (yield from _diagnose(call)) if call.check or not call.service else (call, _UNKNOWN)
    advised = False
    while True:
        choices, default = _offers(start, call, checked)
        answer = yield from ask(Select("next", "What next?", choices, default))
        match answer:
            case "fix":
                call, checked = yield from _fix(call)
                advised = False
            case "advise":
                yield ShowAdvice()
                advised = True
            case "again":
                call, checked = yield from _diagnose(call)
            case "code":
                call = yield from _code(start, call, checked)
            case "runbook":
                call = yield from _runbook(call)
            case "now":
                return (replace(call, service=checked.service), "caller") if checked.service else (call, "service")
            case Navigation.BACK | "caller" | "service" | "task":
                return call, answer
            case _:
                if checked.asks and not advised:
                    yield ShowAdvice()
                is_pasted = any("-" in line.args or "--evidence=-" in line.args for line in call.lines)
                return call, Ended(lines=call.lines, pasted=is_pasted)


def _offers(start: Start, call: CallAnswers, checked: Checked) -> tuple[tuple[Choice, ...], str]:
    """Return what can be done, and what is offered first: never what lets in more than the one caller."""
    offers: list[Choice] = []
    if checked.fix:
        widens = ": WIDENS ACCESS" if checked.widens else ""
        offers.append(Choice("fix", f"fix it (asks first){widens}", note=checked.fix))
    if checked.asks:
        offers.append(Choice("advise", "show a message for your administrator"))
    if not call.service and not checked.failed:
        named = checked.service.rsplit("/", 1)[-1] or "the service"
        offers.append(Choice("now", f"check {named} now: read its settings, and make test calls"))
    if call.service and not checked.failed:
        has_code = bool(start.languages) and call.caller not in _WITHOUT_CODE
        offers += [Choice("code", "the caller's code, with the right audience")] * has_code
        offers += [Choice("runbook", "a runbook of this pair, as a Markdown file")] * start.runbook
    if call.check or not call.service:
        offers.append(Choice("again", "check again"))
    if call.service:
        offers.append(Choice("caller", "another caller"))
    offers += [
        Choice("service", "another service"),
        Choice("task", "something else"),
        Choice("done", "done"),
    ]
    return tuple(offers), _first(call, checked, {one.value for one in offers})


def _first(call: CallAnswers, checked: Checked, offered: set[str]) -> str:
    if checked.fix and not checked.widens:
        return "fix"
    if checked.asks:
        return "advise"
    written = {"code" if line.args[0] == "snippet" else line.args[0] for line in call.lines}
    ways = () if checked.blocked else ("code", "runbook")
    return next((way for way in ways if way in offered and way not in written), "done")


def _diagnose(call: CallAnswers) -> Dialogue[tuple[CallAnswers, Checked]]:
    line = lines.check(call)
    reply = yield Diagnose(line, call.pasted)
    assert isinstance(reply, Checked)
    return (call if reply.failed else call.after(Line((*line, *reply.answers)))), reply


def _fix(call: CallAnswers) -> Dialogue[tuple[CallAnswers, Checked]]:
    reply = yield MakeFixes()
    assert isinstance(reply, Checked)
    if not reply.mended:
        return call, reply
    return call.after(Line(lines.check(call, fix=True)), instead=Line(lines.check(call))), reply


def _code(start: Start, call: CallAnswers, checked: Checked) -> Dialogue[CallAnswers]:
    choices = tuple(Choice(one, one) for one in start.languages)
    question = Select("language", "In which language?", choices, checked.language or choices[0].value)
    answer = yield from ask(question)
    if isinstance(answer, Navigation):
        return call
    line = lines.snippet(call, answer)
    return (yield from _write(call, Line(line)))


def _runbook(call: CallAnswers) -> Dialogue[CallAnswers]:
    default, hint = lines.runbook_file(call), "- shows it here"
    answer = yield from ask(Text("runbook", "Into which file?", default, hint, AnswerKind.NEW_FILE))
    if answer is Navigation.BACK:
        return call
    return (yield from _write(call, Line(lines.runbook(call), "" if answer in {Navigation.SKIP, "-"} else answer)))


def _write(call: CallAnswers, line: Line) -> Dialogue[CallAnswers]:
    reply = yield Write(line.args, line.file)
    return call.after(line) if isinstance(reply, Done) and reply.well else call
