"""What is no diagnosis: one command is run, again as often as one likes."""

from __future__ import annotations

from . import answers as lines
from .answers import CallAnswers
from .messages import Choice, Dialogue, Done, Ended, Line, Navigation, Select, Write
from .questions import ask


def deed(call: CallAnswers) -> Dialogue[tuple[CallAnswers, Ended | str]]:
    """Run the command of a task, and offer what comes next.

    Returns:
        The call, and how it ended, `Navigation.BACK`, or the name of the step to go to.
    """
    if call.task != "undo" and not call.service:
        return call, "service"
    call = yield from _run(call)
    while True:
        answer = yield from ask(Select("next", "What next?", _offers(call), "done"))
        if answer == "again":
            call = yield from _run(call)
        elif answer in {Navigation.BACK, "caller", "service", "task"}:
            return call, answer
        else:
            return call, Ended(lines=call.lines)


def _run(call: CallAnswers) -> Dialogue[CallAnswers]:
    line = lines.task(call)
    reply = yield Write(line)
    return call.after(Line(line)) if isinstance(reply, Done) and reply.well else call


def _offers(call: CallAnswers) -> tuple[Choice, ...]:
    offers = [Choice("again", "the same again")] if call.task in {"who", "call"} else []
    offers += [Choice("caller", "another caller")] if call.task in {"grant", "call"} else []
    offers += [Choice("service", "another service")] if call.task != "undo" else []
    return (*offers, Choice("task", "something else"), Choice("done", "done"))
