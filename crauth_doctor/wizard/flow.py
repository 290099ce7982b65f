"""The way through the questions: forward, back, elsewhere, and out."""

from __future__ import annotations

from .answers import CallAnswers
from .deed import deed
from .menu import menu
from .messages import Dialogue, Ended, Navigation, Start
from .questions import STEPS, BrokenOffError

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
            call, went = yield from menu(start, call) if call.task == "diagnose" else deed(call)
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
