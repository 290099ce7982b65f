"""Asks a human what a report asks for, and hands over the report that the answers make."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

import click

from ..model.asks.said import Said
from ..redaction import is_clean
from ..wizard.interview import Interview, InterviewReply, Judge, Left, Tell, Told, interview
from ..wizard.messages import Navigation, WizardQuestion
from ..workflows.context import WorkflowError, said_of
from .app import App
from .terminal import look, say

if TYPE_CHECKING:
    from ..report.document import Report

JudgeAgain: TypeAlias = Callable[[Said, tuple[str, ...]], "Report"]
"""Judges a call with what is said of it, and with texts that were pasted besides."""


class Prompter(Protocol):
    """Asks a human."""

    def ask(self, question: WizardQuestion) -> str | bool | Navigation:
        """Ask, until there is an answer."""

    def settle(self) -> None:
        """Take note that something was printed below the answers."""


def is_plain(app: App) -> bool:
    """Whether nothing may be redrawn."""
    return app.environ.get("TERM", "") in {"", "dumb", "unknown"}


def prompter(app: App) -> Prompter:
    """Return what asks on this terminal."""
    if is_plain(app):
        from .prompt_plain import Plain

        return Plain()
    from .prompt_rich import Prompts

    return Prompts(colour=not app.environ.get("NO_COLOR"))


class Interviewer:
    """Asks the questions of a report, one by one."""

    def __init__(self, prompter: Prompter, judge: JudgeAgain, said: Said) -> None:
        self._prompter = prompter
        self._judge = judge
        self._began = Told(said)
        self._reports: dict[Told, Report] = {}
        self.told = self._began

    def report(self, first: Report) -> Report:
        """Return the report that all answers make.

        Raises:
            Abort: the human broke it off.
        """
        self._reports[self._began] = first
        told = self._converse(interview(self._began, _left(first)))
        if told is None:
            raise click.Abort
        self.told = told
        return self._reports[_without_declined(told)]

    def more(self) -> tuple[str, ...]:
        """Return the arguments of a command line that stand for the answers."""
        new = (pair for pair in self.told.said.pairs if pair not in self._began.said.pairs)
        says = tuple(part for name, value in new for part in ("--say", f"{name}={value}"))
        return (*says, *(("--evidence", "-") if self.told.pasted else ()))

    def _converse(self, talk: Interview) -> Told | None:
        reply: InterviewReply = None
        while True:
            try:
                step = talk.send(reply)
            except StopIteration as stop:
                ended = stop.value
                assert ended is None or isinstance(ended, Told)
                return ended
            match step:
                case Tell():
                    _tell(step)
                    reply = None
                case Judge(told=told):
                    reply = self._judged(told)
                case _:
                    reply = self._prompter.ask(step)

    def _judged(self, told: Told) -> Left:
        key = _without_declined(told)
        try:
            if key not in self._reports:
                said = said_of(tuple(f"{name}={value}" for name, value in told.said.pairs))
                self._reports[key] = self._judge(said, told.pasted)
        except WorkflowError as error:
            return Left(problem=str(error))
        return _left(self._reports[key])


def _left(report: Report) -> Left:
    diagnosis = report.diagnosis
    return Left(tuple(outcome.rule for outcome in diagnosis.open), diagnosis.asks)


def _without_declined(told: Told) -> Told:
    return replace(told, declined=frozenset())


def _tell(step: Tell) -> None:
    width = look({}).width
    say("")
    for line in step.lines:
        indent = " " * 4 if line.startswith(" ") else ""
        say(textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False))
    if step.command and is_clean(step.command):
        say(f"This shows it:\n  {step.command}")
