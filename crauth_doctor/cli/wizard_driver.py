"""Does what the wizard's dialogue wants done: reads lists, diagnoses, mends, writes; by the commands themselves."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from ..model.asks.said import NOTHING_SAID, Said
from ..model.inventory import Inventory
from ..report.change import add_message
from ..report.layout import TextPage
from ..report.status import ExitStatus
from ..wizard.messages import (
    Action,
    Checked,
    Diagnose,
    Done,
    FindCallers,
    FindChanges,
    FindProjects,
    FindServices,
    MakeFixes,
    ShowAdvice,
    WizardReply,
    Write,
)
from ..workflows.admin_request import Advice, advise
from ..workflows.context import CallRequest, WorkflowError
from ..workflows.diagnose import check, read_call
from ..workflows.explain import decoded, explain
from ..workflows.fix import FixLoop
from ..workflows.inventory import ProjectInventory
from ..workflows.undo import changes_to_undo
from .app import App
from .commands.check import request_in, show
from .consent import consent_of
from .files import content_of
from .interview import Interviewer, JudgeAgain, Prompter
from .publishing import publish
from .terminal import emit, look, say

if TYPE_CHECKING:
    from ..report.document import Report

RunCommand: TypeAlias = Callable[..., int | None]
"""Runs a command line of this program, and returns its exit status."""


class Driver:
    """Carries out the dialogue's actions."""

    def __init__(
        self, app: App, run_command: RunCommand, prompter: Prompter, agree: Callable[[str], bool], *, plain: bool
    ) -> None:
        self._app = app
        self._prompter = prompter
        self._run_command = run_command
        self._agree = agree
        self._plain = plain
        self._inventory = ProjectInventory(app.context())
        self._case: tuple[CallRequest, Report] | None = None
        self._advice = Advice()
        self._said = ""
        self.status = int(ExitStatus.CLEAR)

    def do(self, action: Action) -> WizardReply:
        """Do it, and say what cannot be done."""
        match action:
            case FindProjects():
                return self._list("your projects", self._inventory.projects)
            case FindChanges():
                return self._list("the changes that were made", lambda: changes_to_undo(self._app.context()))
            case FindServices(project=project):
                return self._list("the services", lambda: self._inventory.services(project))
            case FindCallers(project=project):
                return self._list("what may call", lambda: self._inventory.callers(project))
            case Diagnose():
                return self._diagnosed(lambda: self._diagnose(action))
            case MakeFixes():
                return self._diagnosed(self._fix)
            case ShowAdvice():
                self._show_advice()
                return Done()
            case Write():
                return Done(self._tried(lambda: self._write(action)))

    def _list(self, what: str, listing: Callable[[], Inventory]) -> Inventory:
        found = Inventory()

        def read() -> None:
            nonlocal found
            self._announce(f"Reading {what}.")
            found = listing()

        self._tried(read)
        if found.note:
            say(found.note)
        return found

    def _diagnosed(self, diagnose: Callable[[], Checked]) -> Checked:
        found = Checked(failed=True)
        self._advice = Advice()

        def run() -> None:
            nonlocal found
            found = diagnose()

        self._tried(run)
        return found

    def _diagnose(self, action: Diagnose) -> Checked:
        name, *args = action.line
        if name == "explain":
            given = action.pasted or decoded(content_of(args[0]))
            judge = partial(explain, given)
            document, answers = self._asked(judge(NOTHING_SAID, ()), judge, NOTHING_SAID)
            self._publish(document)
            is_blocked = self.status == ExitStatus.BLOCKED
            return Checked(blocked=is_blocked, answers=answers.more(), service=_service_in(document))
        request = request_in(args, action.pasted or None)
        self._announce(
            "Checking: reading settings, and making test calls." if request.send_calls else "Reading settings."
        )
        call = read_call(self._app.context(), request)

        def judged(said: Said, pasted: tuple[str, ...]) -> Report:
            return call.judged_with(said) if not pasted else check(self._app.context(), _with(request, said, pasted))

        document, answers = self._asked(judged(request.said, ()), judged, request.said)
        self._publish(document)
        told = _with(request, answers.told.said, answers.told.pasted)
        return replace(self._checked(told, document), answers=answers.more())

    def _asked(self, first: Report, judge: JudgeAgain, said: Said) -> tuple[Report, Interviewer]:
        """Ask what a report asks for, and return the report that the answers make."""
        interviewer = Interviewer(self._prompter, judge, said)
        return interviewer.report(first), interviewer

    def _publish(self, document: Report) -> None:
        say("")
        self.status = publish(self._app, document)
        say("")

    def _fix(self) -> Checked:
        assert self._case is not None
        request, before = self._case
        consent = consent_of(self._app, {}, quiet=False, confirm=self._agree)
        loop = FixLoop(self._app.context(), request, consent, lambda document: show(self._app, document))
        document = loop.onwards(before)
        return replace(self._checked(request, document), mended=document is not before)

    def _checked(self, request: CallRequest, document: Report) -> Checked:
        self._case, self.status = (request, document), int(document.exit)
        self._advice = advise(self._app.context(), request, document)
        return Checked(
            blocked=document.exit == ExitStatus.BLOCKED,
            fix=self._advice.fix,
            widens=self._advice.widens,
            asks=bool(self._advice.message),
            language=document.details.language,
        )

    def _show_advice(self) -> None:
        page = TextPage(look(self._app.environ))
        add_message(page, self._advice.message)
        emit(f"\n{page}\n")

    def _write(self, action: Write) -> None:
        if not action.file:
            say("")
            self._run(action.line)
            return
        written = io.StringIO()
        with contextlib.redirect_stdout(written):
            self._run(action.line)
        try:
            with Path(action.file).expanduser().open("x", encoding="utf-8") as file:
                file.write(written.getvalue())
        except OSError as error:
            raise WorkflowError(f"{action.file} cannot be written ({error.strerror}).") from None
        say(f"Written: {action.file}")

    def _run(self, line: tuple[str, ...]) -> None:
        status = self._run_command(*line)
        if status in {ExitStatus.BLOCKED, ExitStatus.CANNOT_TELL}:
            self.status = status or 0
        elif status:
            raise WorkflowError(f"It ended with status {status}.")

    def _tried(self, action: Callable[[], None]) -> bool:
        """Do it; what fails is said, and the dialogue goes on."""
        from ..redaction import clean_lines

        try:
            action()
        except (WorkflowError, click.ClickException) as error:
            text = error.format_message() if isinstance(error, click.ClickException) else str(error)
            if text != self._said:  # without credentials, every read fails in the same words
                say("\n".join(clean_lines(text)))
            self._said = text
            return False
        self._said = ""
        return True

    def _announce(self, text: str) -> None:
        """Say what begins, where no progress is shown."""
        if self._plain:
            say(text)


def _service_in(document: Report) -> str:
    """Return the service that evidence tells of; empty where it tells of none."""
    if document.target.service is not None:
        return document.target.service.removeprefix("//run.googleapis.com/")
    name, project, region = document.named_by_url
    return f"projects/{project}/locations/{region}/services/{name}" if project else document.target.url


def _with(request: CallRequest, said: Said, pasted: tuple[str, ...]) -> CallRequest:
    """Return the call with what was said of it, and pasted besides."""
    texts = (*([request.evidence] if request.evidence else ()), *pasted)
    return replace(request, said=said, evidence="\n".join(texts) or None)
