"""The questions of a report, one by one: each answer is judged, and then the next is asked, until none is left.

It knows nothing of terminals and rules: whoever drives it asks the human, judges what was told, and hands over what is
left.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Final, TypeAlias

from ..deferred import dataclass
from ..model.asks.said import NOTHING_SAID, Said
from ..model.asks.sayable import BY_NAME
from ..model.finding import Ask
from .messages import AnswerKind, Choice, Navigation, Select, Text, WizardQuestion

_UNKNOWN: Final = "?unknown"
_PASTE: Final = "?paste"
_REPORT: Final = "?report"
"""No fact has such a value."""
_TYPED_PASTE: Final = "+"
_UNANSWERED: Final = "What you pasted does not answer the question."
_NAMED: Final = 3
"""Causes that are named where more are left."""
_FEW: Final = 2
"""Causes that an answer is said to leave by name; more are counted."""


@dataclass(frozen=True)
class Told:
    """What was answered so far."""

    said: Said = NOTHING_SAID  # facts and their values
    pasted: tuple[str, ...] = ()  # what commands printed
    declined: frozenset[str] = frozenset()  # the facts that the human does not know


@dataclass(frozen=True)
class Judge:
    """Judge the call anew, with what was told of it."""

    told: Told


@dataclass(frozen=True)
class Left:
    """What a judgement leaves."""

    causes: tuple[str, ...] = ()  # their ids, the likelier first
    asks: tuple[Ask, ...] = ()  # what tells them apart, the best first
    problem: str = ""  # why what was told cannot be taken, in a sentence; empty where it can


@dataclass(frozen=True)
class Tell:
    """Say something before the next question."""

    lines: tuple[str, ...]
    command: str = ""  # what shows the answer; empty for nothing


InterviewReply: TypeAlias = str | bool | Navigation | Left | None
Interview: TypeAlias = Generator[WizardQuestion | Judge | Tell, InterviewReply, Told | None]


def interview(told: Told, left: Left) -> Interview:
    """Ask until nothing is to be asked, the human knows nothing more, or one cause is left.

    Returns:
        What was told in all; None where the human broke it off.
    """
    trail: list[tuple[Told, Left]] = []
    while (ask := _next(told, left)) is not None:
        yield _introduced(ask, left)
        answer = yield _question(ask, back=bool(trail))
        pasted: InterviewReply = None
        if answer in {_PASTE, _TYPED_PASTE}:
            pasted = yield Text("paste", "Paste what it printed:", kind=AnswerKind.LINES)
        if Navigation.CANCEL in {answer, pasted}:
            return None
        if answer == _REPORT:
            return told
        if answer is Navigation.BACK:
            told, left = trail.pop()
        elif answer in {_UNKNOWN, Navigation.SKIP, ""}:
            trail.append((told, left))
            told = replace(told, declined=told.declined | {ask.fact})
        elif pasted is None or (isinstance(pasted, str) and pasted.strip() and pasted is not Navigation.BACK):
            then = _with(told, ask, answer, pasted)
            found = yield Judge(then)
            assert isinstance(found, Left)
            problem = found.problem or (_UNANSWERED if pasted and ask.fact in {one.fact for one in found.asks} else "")
            if problem:
                yield Tell((problem,))
            if not found.problem:
                trail.append((told, left))
                told, left = then, found
    return told


def _with(told: Told, ask: Ask, answer: InterviewReply, pasted: InterviewReply) -> Told:
    if pasted is not None:
        return replace(told, pasted=(*told.pasted, str(pasted)))
    return replace(told, said=told.said.also(ask.fact, str(answer)))


def _next(told: Told, left: Left) -> Ask | None:
    if len(left.causes) == 1:
        return None
    return next((ask for ask in left.asks if ask.fact not in told.declined), None)


def _introduced(ask: Ask, left: Left) -> Tell:
    """Say where it stands, and what shows the answer."""
    count = len(left.causes)
    first = ", ".join(left.causes[:_NAMED])
    stands = (f"Not decided. {count} causes are left, the likeliest: {first}.",) if count else ("Not decided.",)
    samples = tuple(f"  {each.value}: {each.meaning} (leaves {_leaves(each.leaves)})" for each in ask.replies)
    return Tell((*stands, *(samples if ask.is_open else ())), ask.command)


def _question(ask: Ask, *, back: bool) -> WizardQuestion:
    if ask.is_open:
        hints = [f"such as {BY_NAME[ask.fact].example}", "Enter alone: I don't know"]
        hints += [f"{_TYPED_PASTE} pastes what the command prints"] * bool(ask.command)
        kind = AnswerKind.URL if ask.fact == "url" else AnswerKind.WORD
        return Text(ask.fact, ask.question, hint="; ".join(hints), kind=kind, back=back)
    choices = (
        Choice(_UNKNOWN, "I don't know"),
        *(Choice(each.value, each.meaning, note=f"leaves {_leaves(each.leaves)}") for each in ask.replies),
        *[Choice(_PASTE, "I paste what the command prints", "Or")] * bool(ask.command),
        Choice(_REPORT, "No more questions: show the report", "Or"),
    )
    return Select(ask.fact, ask.question, choices, _UNKNOWN, back=back)


def _leaves(causes: tuple[str, ...]) -> str:
    return ", ".join(causes) if 0 < len(causes) <= _FEW else f"{len(causes) or 'no'} causes"
