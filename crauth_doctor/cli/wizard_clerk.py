"""Does what the wizard's dialogue wants done: reads lists, diagnoses, mends, writes; by the commands themselves."""

from __future__ import annotations

import contextlib
import io
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..model.caller_kinds import DECLARED
from ..report.status import ExitStatus
from ..wizard import Advise, Checked, Deed, Diagnose, Did, FindCallers, FindServices, Fix, Listing, Reply, Write
from . import evidence
from .app import App, Failure
from .changing import Consent
from .options import Asked
from .session import explained, gather, judged, open_door, publish
from .terminal import Progress, look, say
from .wizard_advice import Advice, advice_on
from .wizard_reading import Reader

if TYPE_CHECKING:
    from ..gcp.connection import Google
    from ..model.evidence import Evidence
    from ..report.document import Report


class Clerk:
    """Carries out the deeds.

    Args:
        app: the run of the program.
        agree: asks for consent.
        plain: whether nothing may be redrawn.
    """

    def __init__(self, app: App, agree: Callable[[str], bool], *, plain: bool) -> None:
        self._app = app
        self._agree = agree
        self._plain = plain
        self._reader: Reader | None = None
        self._case: tuple[Asked, Evidence | None, Report, Google] | None = None
        self._advice = Advice()
        self._said = ""
        self.status = int(ExitStatus.CLEAR)

    def do(self, deed: Deed) -> Reply:
        """Do it, and say what cannot be done."""
        match deed:
            case FindServices(project=project):
                return self._list("the services", lambda reader: reader.services(project))
            case FindCallers(project=project):
                return self._list("what may call", lambda reader: reader.callers(project))
            case Diagnose():
                return self._diagnosed(lambda: self._diagnose(deed))
            case Fix():
                return self._diagnosed(self._fix)
            case Advise():
                self._advice.show(look(self._app.environ))
                return Did()
            case Write():
                return Did(self._tried(lambda: self._write(deed)))

    def _list(self, what: str, listing: Callable[[Reader], Listing]) -> Listing:
        found = Listing()

        def read() -> None:
            nonlocal found
            self._announce(f"Reading {what}.")
            with Progress(self._app.environ, quiet=False) as progress:
                if self._reader is None:
                    self._reader = Reader(open_door(self._app, _asked("check", "x")), progress)
                self._reader.progress = progress
                found = listing(self._reader)

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

    def _diagnose(self, deed: Diagnose) -> Checked:
        from ..evidence import read

        given = read(deed.pasted) if deed.pasted else None
        if deed.line[0] == "explain":
            return self._explain(deed, given)
        asked = _asked(*deed.line)
        given = given or evidence.take(tuple(one for one in asked.evidence if one != "-"))
        self._announce("Checking: reading settings, and making test calls." if asked.call else "Reading settings.")
        google = open_door(self._app, asked)
        facts = evidence.added(gather(self._app, asked, google, given), given)
        document = judged(facts, asked, sandbox=google.sandbox is not None)
        say("")
        publish(self._app, document)
        say("")
        self._case = (asked, given, document, google)
        return self._checked(document, google)

    def _explain(self, deed: Diagnose, given: Evidence | None) -> Checked:
        from ..evidence import facts_of

        facts = facts_of(given) if given is not None else evidence.alone(deed.line[1])
        say("")
        self.status = publish(self._app, explained(facts))
        say("")
        return Checked(blocked=self.status == ExitStatus.BLOCKED)

    def _fix(self) -> Checked:
        from .fix import Walk

        assert self._case is not None
        asked, given, document, google = self._case
        consent = Consent(dry_run=False, yes=False, quiet=False, ask=self._agree)
        walk = Walk(self._app, google, asked, given, consent, wait=True)
        before, document = document, walk.onwards(document)
        google = open_door(self._app, asked)  # whose tokens have no part in what was refused before
        self._case = (asked, given, document, google)
        return replace(self._checked(document, google), mended=document is not before)

    def _checked(self, document: Report, google: Google) -> Checked:
        self.status = int(document.exit)
        self._advice = advice_on(document, google.within(_PREFLIGHT))
        return Checked(
            blocked=document.exit == ExitStatus.BLOCKED,
            fix=self._advice.fix,
            widens=self._advice.widens,
            asks=bool(self._advice.message),
            language=_language(document.caller.kind),
        )

    def _write(self, deed: Write) -> None:
        if not deed.file:
            say("")
            _run(self._app, deed.line)
            return
        written = io.StringIO()
        with contextlib.redirect_stdout(written):
            _run(self._app, deed.line)
        try:
            with Path(deed.file).expanduser().open("x", encoding="utf-8") as file:
                file.write(written.getvalue())
        except OSError as error:
            raise Failure(f"{deed.file} cannot be written ({error.strerror}).") from None
        say(f"Written: {deed.file}")

    def _tried(self, deed: Callable[[], None]) -> bool:
        """Do it; what fails is said, and the dialogue goes on."""
        from ..redaction import clean_lines

        try:
            deed()
        except (Failure, click.ClickException) as error:
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


_PREFLIGHT = 8.0
"""Seconds for finding out what the operator may do."""


def _asked(name: str, *args: str) -> Asked:
    """Understand a command line of `check` as the program would."""
    from .check import command

    assert name == "check"
    given = command.make_context("check", list(args)).params
    for option in ("fix", "wait", "dry_run", "yes", "widen"):
        given.pop(option, None)
    return Asked(json=given.pop("format") == "json", seconds=given.pop("timeout"), **given)


def _run(app: App, line: tuple[str, ...]) -> None:
    """Run a command, as the program would."""
    from .main import crauth_doctor

    context = click.Context(crauth_doctor, info_name="crauth-doctor", obj=app)
    command = crauth_doctor.get_command(context, line[0])
    assert command is not None
    status: Any = command.main(list(line[1:]), prog_name=shlex.join(line[:1]), standalone_mode=False, obj=app)
    if status:
        raise Failure(f"It ended with status {status}.")


def _language(kind: str) -> str:
    return next((one.language or "" for one in DECLARED if one.kind.value == kind), "")
