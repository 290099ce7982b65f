"""Bare `crauth-doctor` on a terminal: from "which service?" to the command lines that do the same."""

from __future__ import annotations

import importlib.util
import shlex
from typing import TYPE_CHECKING, Final, Protocol

import click

from .. import __version__
from ..gcp.settings import settings
from ..wizard import Confirm, Ended, Line, Move, Question, Reply, Select, Start, Talk, Text, dialogue
from .app import SANDBOX_VARIABLE, App, Failure
from .changing import receipts_of
from .snippet import LANGUAGES
from .terminal import say
from .wizard_clerk import Clerk

if TYPE_CHECKING:
    from ..apply import Receipt

_INTERRUPTED: Final = 130


class Asker(Protocol):
    """Asks a human."""

    def ask(self, question: Question) -> str | bool | Move:
        """Ask, until there is an answer."""


class _CancelledError(Exception):
    """The human broke it off while something was being done."""


def wizard(app: App) -> int:
    """Lead through it.

    Returns:
        The exit status: of the last diagnosis.
    """
    world = app.world
    _settle(app)
    plain = app.environ.get("TERM", "") in {"", "dumb", "unknown"}
    asker = _asker(app, plain=plain)
    before = {one.id for one in _receipts(app)}
    clerk = Clerk(app, lambda message: _agreed(asker, message), plain=plain)
    start = Start(settings(app.environ).project or "", LANGUAGES, runbook=_has("runbook"))
    _greet(app, start)
    try:
        ended = _converse(dialogue(start), asker, clerk)
    except (KeyboardInterrupt, click.Abort, _CancelledError):
        ended = Ended(cancelled=True)
    if ended.cancelled:
        _say_what_stands([one for one in _receipts(app) if one.id not in before])
        return _INTERRUPTED
    _show_lines(ended, world)
    return clerk.status


def _converse(talk: Talk[Ended], asker: Asker, clerk: Clerk) -> Ended:
    reply: Reply = None
    while True:
        try:
            step = talk.send(reply)
        except StopIteration as stop:
            ended = stop.value
            assert isinstance(ended, Ended)
            return ended
        reply = asker.ask(step) if isinstance(step, Select | Text | Confirm) else clerk.do(step)


def _settle(app: App) -> None:
    """Embed the world once, for all that the wizard does."""
    if app.world is not None:
        base = app.sandbox()
        assert base is not None
        app.world, app.environ = None, {**app.environ, SANDBOX_VARIABLE: base}


def _asker(app: App, *, plain: bool) -> Asker:
    if plain:
        from .wizard_plain import Plain

        return Plain()
    from .wizard_prompts import Prompts

    return Prompts(colour=not app.environ.get("NO_COLOR"))


def _receipts(app: App) -> list[Receipt]:
    """Return what was changed so far; where no receipt can be kept, nothing can be."""
    from ..apply import UnreadableError

    try:
        return receipts_of(app).all()
    except (Failure, UnreadableError):
        return []


def _agreed(asker: Asker, message: str) -> bool:
    """Ask for consent to one change."""
    answer = asker.ask(Confirm("consent", message))
    if answer is Move.CANCEL:
        raise _CancelledError
    return answer is True


def _has(command: str) -> bool:
    return importlib.util.find_spec(f"{__package__}.{command}") is not None


def _greet(app: App, start: Start) -> None:
    say(f"crauth-doctor {__version__} finds out why a call to a Cloud Run service fails.")
    sandbox = "This is a SANDBOX, not Google. " if app.environ.get(SANDBOX_VARIABLE) else ""
    say(f"{sandbox}Nothing is changed without asking. Ctrl-C stops.")
    say(f"Project: {start.project}\n" if start.project else "")


def _say_what_stands(made: list[Receipt]) -> None:
    if made:
        ids = ", ".join(f"crauth-doctor undo {one.id}" for one in made)
        say(f"Stopped. What was changed before stands; to take it back: {ids}")
    else:
        say("Stopped. Nothing was changed.")


def _show_lines(ended: Ended, world: str | None) -> None:
    if not ended.lines:
        say("Nothing was asked, and nothing was done.")
        return
    say("\nThe same from the command line:")
    for line in ended.lines:
        say(f"  {_worded(line, world)}")
    if ended.pasted:
        say("There, - is standard input: what you pasted goes there.")


def _worded(line: Line, world: str | None) -> str:
    place = ("--world", world) if world else ()
    into = f" > {shlex.quote(line.file)}" if line.file else ""
    return shlex.join(("crauth-doctor", *place, *line.args)) + into
