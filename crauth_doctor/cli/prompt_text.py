"""What is typed, checked as far as files go; and what is shown, made fit for a terminal."""

from __future__ import annotations

from pathlib import Path

from ..redaction import clean_lines
from ..wizard.answers import problem
from ..wizard.messages import AnswerKind


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
