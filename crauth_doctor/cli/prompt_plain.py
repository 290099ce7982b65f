"""Questions on plain lines, for screen readers and terminals that cannot redraw: numbered choices, typed answers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from ..redaction import clean_lines
from ..wizard.answers import problem
from ..wizard.messages import AnswerKind, Choice, Confirm, Navigation, Select, Text, WizardQuestion
from .terminal import emit

_SHOWN: Final = 20
"""Choices that are read out at once; the others are found by a part of their name."""
_BACK: Final = "<"
_ESCAPE: Final = "\x1b"


class Plain:
    """Asks line by line."""

    def settle(self) -> None:
        """Do nothing: what stands there stays anyway."""

    def ask(self, question: WizardQuestion) -> str | bool | Navigation:
        """Ask, until there is an answer."""
        try:
            match question:
                case Select():
                    return self._select(question)
                case Text(kind=AnswerKind.LINES):
                    return self._lines(question)
                case Text():
                    return self._text(question)
                case Confirm():
                    return self._confirm(question)
        except (KeyboardInterrupt, EOFError):
            return Navigation.CANCEL

    def _select(self, question: Select) -> str | Navigation:
        _read_out(question)
        while True:
            line = _line("> ")
            if line == _BACK and question.back:
                return Navigation.BACK
            if line == "s" and question.skip:
                return Navigation.SKIP
            fitting = _fitting(question, line)
            if len(fitting) == 1:
                _say(f"  {shown(fitting[0].label)}")
                return fitting[0].value
            if fitting:
                _say(f"{len(fitting)} match:")
                _numbered(question, fitting)
            elif question.typed and " " not in line and not line.isdecimal():
                return line
            else:
                _say("None of them. Type a number.")

    def _text(self, question: Text) -> str | Navigation:
        notes = [one for one in (question.hint, f"Enter alone: {question.default}" if question.default else "") if one]
        notes += ["< goes back"] if question.back else []
        _say(f"\n{question.message} ({'; '.join(notes)})" if notes else f"\n{question.message}")
        while True:
            line = _line("> ")
            if line == _BACK and question.back:
                return Navigation.BACK
            wrong = trouble(question.kind, line)
            if not wrong:
                return line or question.default
            _say(wrong)

    def _lines(self, question: Text) -> str | Navigation:
        _say(f"\n{question.message} (end with a line that has only a full stop; < alone goes back)")
        given: list[str] = []
        while True:
            try:
                line = _line("", strip=False)
            except EOFError:
                break
            if line.strip() == _BACK and not given:
                return Navigation.BACK
            if line.strip() == ".":
                break
            given.append(line)
        return "\n".join(given)

    def _confirm(self, question: Confirm) -> bool:
        while True:
            line = _line(f"{question.message} Type yes or no; Enter alone is no. > ").lower()
            if line in {"", "n", "no", _BACK}:
                return False
            if line in {"y", "yes"}:
                return True


def _read_out(question: Select) -> None:
    _say(f"\n{question.message}")
    _numbered(question, question.choices)
    first = next((n for n, one in enumerate(question.choices, 1) if one.value == question.default), 1)
    ways = [f"Type a number (Enter alone: {first})"]
    ways += ["a part of a name"] * (len(question.choices) > 9)
    ways += [question.typed] if question.typed else []
    _say(f"{', or '.join(ways)}.")
    moves = [f"s skips: {question.skip}."] if question.skip else []
    moves += ["< goes back."] if question.back else []
    _say(" ".join([*moves, "Ctrl-C stops."]))


def _numbered(question: Select, choices: tuple[Choice, ...]) -> None:
    group = ""
    for choice in choices[:_SHOWN]:
        if choice.group != group:
            group = choice.group
            _say(f"{group}:")
        note = f" ({shown(choice.note)})" if choice.note else ""
        _say(f"  {question.choices.index(choice) + 1}. {shown(choice.label)}{note}")
    if len(choices) > _SHOWN:
        _say(f"  And {len(choices) - _SHOWN} more: type a part of a name.")


def _fitting(question: Select, line: str) -> tuple[Choice, ...]:
    """Return the choices that a line may mean: by number, the very one by name, or all that have it in them."""
    if not line:
        return tuple(one for one in question.choices if one.value == question.default) or question.choices[:1]
    if line.isdecimal() and 1 <= int(line) <= len(question.choices):
        return (question.choices[int(line) - 1],)
    wanted = line.lower()
    words = wanted.split()
    for one in question.choices:
        if wanted in {one.value.lower(), one.label.lower(), one.label.lower().partition(" ")[0]}:
            return (one,)
    return tuple(one for one in question.choices if all(word in f"{one.label} {one.group}".lower() for word in words))


def _line(prompt: str, *, strip: bool = True) -> str:
    emit(prompt)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    if line.strip() == _ESCAPE:
        raise KeyboardInterrupt
    return line.strip() if strip else line.rstrip("\r\n")


def _say(text: str) -> None:
    emit(f"{text}\n")


def trouble(kind: AnswerKind, text: str) -> str:
    """Say what is wrong with a typed answer; empty where nothing is."""
    if not text:
        return ""
    path = Path(text).expanduser()
    if kind is AnswerKind.FILE and not path.is_file():
        return "There is no such file."
    if kind is AnswerKind.NEW_FILE and path.exists():
        return "That file exists already; it is not overwritten."
    if kind is AnswerKind.NEW_FILE and not path.absolute().parent.is_dir():
        return "There is no such folder."
    return problem(kind, text)


def shown(label: str) -> str:
    """Return a label without what could rewrite the terminal; its spaces, which align, are kept."""
    return " ".join(clean_lines(label))
