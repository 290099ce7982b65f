"""After the questions: the diagnosis, and what can be done with it, as often as one likes."""

from __future__ import annotations

from typing import Final

from . import call as lines
from .call import Call
from .steps import ask
from .talk import (
    Advise,
    Checked,
    Choice,
    Diagnose,
    Did,
    Ended,
    Fix,
    Kind,
    Line,
    Move,
    Select,
    Start,
    Talk,
    Text,
    Write,
)

_UNKNOWN: Final = Checked()


def hub(start: Start, call: Call) -> Talk[tuple[Call, Ended | str]]:
    """Diagnose, and offer what comes next, until somebody is done or goes elsewhere.

    Returns:
        The call, and how it ended, `Move.BACK`, or the name of the step to go to.
    """
    if not call.service and not call.has_evidence:
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
                yield Advise()
                advised = True
            case "again":
                call, checked = yield from _diagnose(call)
            case "code":
                call = yield from _code(start, call, checked)
            case "runbook":
                call = yield from _runbook(call)
            case Move.BACK | "caller" | "service":
                return call, answer
            case _:
                if checked.asks and not advised:
                    yield Advise()
                return call, Ended(lines=call.lines, pasted=_is_pasted(call))


def _offers(start: Start, call: Call, checked: Checked) -> tuple[tuple[Choice, ...], str]:
    """Return what can be done, and what is offered first: never what lets in more than the one caller."""
    offers: list[Choice] = []
    if checked.fix:
        widens = "WIDENS ACCESS: " if checked.widens else ""
        offers.append(Choice("fix", f"fix it, asking first: {widens}{checked.fix}"))
    if checked.asks:
        offers.append(Choice("advise", "show the message to send to an administrator"))
    if call.service and not checked.failed:
        offers += [Choice("code", "the caller's code, with the right audience")] * bool(start.languages)
        offers += [Choice("runbook", "a runbook of this pair, as a Markdown file")] * start.runbook
    if call.check or not call.service:
        offers.append(Choice("again", "check again"))
    if call.service:
        offers.append(Choice("caller", "another caller"))
    offers += [Choice("service", "another service"), Choice("done", "done")]
    return tuple(offers), _first(call, checked, {one.value for one in offers})


def _first(call: Call, checked: Checked, offered: set[str]) -> str:
    if checked.fix and not checked.widens:
        return "fix"
    if checked.asks:
        return "advise"
    written = {"code" if line.args[0] == "snippet" else line.args[0] for line in call.lines}
    ways = () if checked.blocked else ("code", "runbook")
    return next((way for way in ways if way in offered and way not in written), "done")


def _diagnose(call: Call) -> Talk[tuple[Call, Checked]]:
    line = lines.check(call)
    reply = yield Diagnose(line, call.pasted)
    assert isinstance(reply, Checked)
    return (call if reply.failed else call.after(Line(line))), reply


def _fix(call: Call) -> Talk[tuple[Call, Checked]]:
    reply = yield Fix()
    assert isinstance(reply, Checked)
    if not reply.mended:
        return call, reply
    return call.after(Line(lines.check(call, fix=True)), instead=Line(lines.check(call))), reply


def _code(start: Start, call: Call, checked: Checked) -> Talk[Call]:
    choices = tuple(Choice(one, one) for one in start.languages)
    question = Select("language", "In which language?", choices, checked.language or choices[0].value)
    answer = yield from ask(question)
    if isinstance(answer, Move):
        return call
    line = lines.snippet(call, answer)
    return (yield from _write(call, Line(line)))


def _runbook(call: Call) -> Talk[Call]:
    default = f"runbook-{call.name}.md" if "://" not in call.name else "runbook.md"
    answer = yield from ask(Text("runbook", "Into which file?", default, "- shows it here", Kind.NEW_FILE))
    if answer is Move.BACK:
        return call
    return (yield from _write(call, Line(lines.runbook(call), "" if answer in {Move.SKIP, "-"} else answer)))


def _write(call: Call, line: Line) -> Talk[Call]:
    reply = yield Write(line.args, line.file)
    return call.after(line) if isinstance(reply, Did) and reply.well else call


def _is_pasted(call: Call) -> bool:
    return any("-" in line.args or "--evidence=-" in line.args for line in call.lines)
