"""The way through the questions: forward, back, elsewhere, and out."""

from __future__ import annotations

from .call import Call
from .hub import hub
from .steps import STEPS, BrokenOffError
from .talk import Ended, Move, Start, Talk

_NAMES = [step.name for step in STEPS]


def dialogue(start: Start) -> Talk[Ended]:
    """Lead from the first question to the command lines that do the same.

    What was answered is kept when somebody goes back, and is offered first when they come forward again.
    """
    try:
        return (yield from _through(start))
    except BrokenOffError:
        return Ended(cancelled=True)


def _through(start: Start) -> Talk[Ended]:
    call = Call(project=start.project)
    position, trail, returning = 0, list[int](), False
    while True:
        if position == len(STEPS):
            call, went = yield from hub(start, call)
            if isinstance(went, Ended):
                return went
            position, returning = (trail.pop(), True) if went is Move.BACK else (_NAMES.index(went), False)
            trail = [one for one in trail if one < position]
        elif not (returning or STEPS[position].applies(call)):
            position += 1
        else:
            came = yield from STEPS[position].ask(call, bool(trail))
            returning = not isinstance(came, Call)
            if isinstance(came, Call):
                call = came
                trail.append(position)
                position += 1
            elif trail:
                position = trail.pop()
