"""The way through the questions: forward, back, elsewhere, and out."""

from __future__ import annotations

from . import answers as lines
from .answers import CallAnswers
from .menu import menu
from .messages import Choice, Dialogue, Done, Ended, Line, Navigation, Select, Start, Write
from .questions import STEPS, BrokenOffError, ask


def _command_of_task(call: CallAnswers) -> Dialogue[tuple[CallAnswers, Ended | str]]:
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


_NAMES = [step.name for step in STEPS]


def dialogue(start: Start) -> Dialogue[Ended]:
    """Lead from the first question to the command lines that do the same.

    What was answered is kept when somebody goes back, and is offered first when they come forward again.
    """
    try:
        return (yield from _through(start))
    except BrokenOffError:
        return Ended(cancelled=True)


def _through(start: Start) -> Dialogue[Ended]:
    call = CallAnswers(project=start.project)
    position, trail, returning = 0, list[int](), False
    while True:
        if position == len(STEPS):
            call, went = yield from menu(start, call) if call.task == "diagnose" else _command_of_task(call)
            if isinstance(went, Ended):
                return went
            position, returning = (trail.pop(), True) if went is Navigation.BACK else (_NAMES.index(went), False)
            trail = [one for one in trail if one < position]
        elif not (returning or STEPS[position].applies(call)):
            position += 1
        else:
            came = yield from STEPS[position].ask(call, bool(trail))
            returning = not isinstance(came, CallAnswers)
            if isinstance(came, CallAnswers):
                call = came
                trail.append(position)
                position += 1
            elif trail:
                position = trail.pop()
