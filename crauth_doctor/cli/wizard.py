"""Bare `crauth-doctor` on a terminal: from "which service?" to the command lines that do the same."""

from __future__ import annotations

import shlex
from typing import Final

import click

from .. import __version__
from ..model.inventory import Inventory
from ..wizard.flow import dialogue
from ..wizard.messages import (
    Confirm,
    Dialogue,
    Ended,
    Line,
    Navigation,
    Select,
    Start,
    Text,
    WizardReply,
)
from ..workflows.context import SANDBOX_VARIABLE
from ..workflows.diagnose import default_project
from ..workflows.undo import kept_receipts
from .app import App
from .commands.snippet import LANGUAGES
from .interview import Prompter, is_plain, prompter
from .terminal import say
from .wizard_driver import Driver, RunCommand

_INTERRUPTED: Final = 130


class _CancelledError(Exception):
    """The human broke it off while something was being done."""


def wizard(app: App, run_command: RunCommand) -> int:
    """Lead through it.

    Returns:
        The exit status: of the last diagnosis.
    """
    world = app.world
    _settle(app)
    plain = is_plain(app)
    asker = prompter(app)
    before = kept_receipts(app.context())
    driver = Driver(app, run_command, asker, lambda message: _agreed(asker, message), plain=plain)
    start = Start(default_project(app.context()), LANGUAGES, runbook=True)
    _greet(app, start)
    try:
        ended = _converse(dialogue(start), asker, driver)
    except (KeyboardInterrupt, click.Abort, _CancelledError):
        ended = Ended(cancelled=True)
    if ended.cancelled:
        _say_what_stands([one for one in kept_receipts(app.context()) if one not in before])
        return _INTERRUPTED
    _show_lines(ended, world)
    return driver.status


def _converse(talk: Dialogue[Ended], asker: Prompter, driver: Driver) -> Ended:
    reply: WizardReply = None
    while True:
        try:
            step = talk.send(reply)
        except StopIteration as stop:
            ended = stop.value
            assert isinstance(ended, Ended)
            return ended
        if isinstance(step, Select | Text | Confirm):
            reply = asker.ask(step)
        else:
            reply = driver.do(step)
            if not isinstance(reply, Inventory) or reply.note:
                asker.settle()


def _settle(app: App) -> None:
    """Embed the world once, for all that the wizard does."""
    base = app.sandbox()
    if base is not None:
        app.environ = {**app.environ, SANDBOX_VARIABLE: base}


def _agreed(asker: Prompter, message: str) -> bool:
    """Ask for consent to one change."""
    answer = asker.ask(Confirm("consent", message))
    if answer is Navigation.CANCEL:
        raise _CancelledError
    return answer is True


def _greet(app: App, start: Start) -> None:
    say(f"crauth-doctor {__version__} finds out why a call to a Cloud Run service fails.")
    sandbox = "This is a SANDBOX, not Google. " if app.environ.get(SANDBOX_VARIABLE) else ""
    say(f"{sandbox}Nothing is changed without asking. Ctrl-C stops.")
    say(f"Project: {start.project}\n" if start.project else "")


def _say_what_stands(made: list[str]) -> None:
    if made:
        ids = ", ".join(f"crauth-doctor undo {one}" for one in sorted(made))
        say(f"Stopped. Earlier changes stay; to undo them: {ids}")
    else:
        say("Stopped. Nothing was changed.")


def _show_lines(ended: Ended, world: str | None) -> None:
    if not ended.lines:
        say("Nothing was done.")
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
