"""`check --fix`: the fixes of the cause, one by one, by the same hand as every other change; then the check anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, get_args

from ..apply import Named, StoppedError
from ..fixes import gcloud, words
from ..gcp.clock import Clock
from ..gcp.connection import Google, connect
from ..model.change import Applicable
from ..model.finding import Conclusion
from ..redaction import is_clean
from ..report import json as as_json
from ..report import text as as_text
from ..report.status import ExitStatus
from . import wording
from .changing import Consent, Desk
from .evidence import added
from .session import gather, judged
from .story import Outcome, Story, document_of
from .terminal import emit, look, say

if TYPE_CHECKING:
    from ..model.change import Change
    from ..model.evidence import Evidence
    from ..report.document import Report
    from .app import App
    from .options import Asked

_ROUNDS: Final = 6
"""Causes behind each other that one run mends at most."""
PATIENCE: Final = 600.0
"""Seconds that a change is waited for. Source: https://docs.cloud.google.com/iam/docs/access-change-propagation"""
_FIRST_PAUSE: Final = 4.0
_LONGEST_PAUSE: Final = 30.0
_WAITING: Final = (Conclusion.UNEXPLAINED, Conclusion.CONTRADICTED)
_PASSING: Final = ("iam/propagation", "ingress/not-applied")
"""Causes that go away by themselves."""


class Walk:
    """From a diagnosis through its fixes to another diagnosis.

    Args:
        app: the run of the program.
        google: the door.
        asked: the question of `check`.
        given: what the user already has of the failing call.
        consent: what was said about it.
        wait: whether to check again until a change has effect.
    """

    def __init__(
        self, app: App, google: Google, asked: Asked, given: Evidence | None, consent: Consent, *, wait: bool
    ) -> None:
        self._app = app
        self._google = google
        self._asked = asked
        self._given = given
        self._desk = Desk(app, google, consent)
        self._wait = wait
        self._stories: list[Story] = []

    def through(self, document: Report) -> int:
        """Mend what can be mended, cause by cause, and print the check as it stands in the end."""
        self._report(document)
        document = self.onwards(document)
        self._tidy(document)
        if self._app.json:
            self._emit_json(document)
        return self._status(document)

    def onwards(self, document: Report) -> Report:
        """Do the same from a check that is printed already, and return the last one."""
        for _ in range(_ROUNDS):
            if not self._mend(document) or self._is_over():
                break
            document = self._settled()
            self._report(document)
        return document

    def _mend(self, document: Report) -> bool:
        """Make one fix of the cause."""
        cause = document.diagnosis.cause
        fixes = cause.finding.fixes if cause and cause.finding else ()
        if fixes and document.diagnosis.conclusion is Conclusion.CONTRADICTED:
            self._desk.tell("The settings and the call contradict each other: nothing is changed on such a ground.")
            return False
        for number, change in enumerate(fixes, 1):
            label = " (WIDENS ACCESS)" if change.widens else ""
            self._desk.tell(f"Fix {number} of {len(fixes)}{label}: {words.sentence(change)}")
            if not isinstance(change, get_args(Applicable)):
                self._by_hand(change)
            elif self._made(change, Named(document.caller.member, document.target.service)):
                return True
            if self._is_over():
                break
        return False

    def _is_over(self) -> bool:
        """Whether nothing more may be tried: it was interrupted, or nobody can tell whether a change was made."""
        last = self._stories[-1] if self._stories else None
        return last is not None and (
            last.outcome in {Outcome.UNSURE, Outcome.NOT_THERE}
            or (last.status == ExitStatus.INTERRUPTED and last.outcome is Outcome.DONE)
            or last.said.startswith("Interrupted")
        )

    def _tidy(self, document: Report) -> None:
        """Offer what mends a warning: to somebody who answers, never by --yes, for nothing is blocked by it."""
        consent = self._desk.consent
        if consent.yes or consent.widen or self._is_over() or not (consent.dry_run or consent.can_ask):
            return
        named = Named(document.caller.member, document.target.service)
        for outcome in document.diagnosis.warnings:
            for change in outcome.finding.fixes if outcome.finding else ():
                if isinstance(change, get_args(Applicable)):
                    self._desk.tell(f"Nothing is blocked by it, but [{outcome.rule}]: {words.sentence(change)}")
                    self._made(change, named)

    def _made(self, change: Applicable, named: Named) -> bool:
        self._desk.begin()
        story = Story(change, Outcome.PLANNED, words.sentence(change), sandbox=self._google.sandbox is not None)
        self._stories.append(story)
        danger = words.danger(change)
        if danger:
            self._desk.tell(danger)
        try:
            plan = self._desk.executor.plan(change, named)
        except StoppedError as stopped:
            self._desk.blocked(story, None, stopped)
            self._desk.tell(story.said)
            return False
        if plan.nothing_to_do:
            story.outcome = Outcome.NOTHING_TO_DO
            self._desk.tell("It is so already.")
            return False
        consent = self._desk.consent
        if plan.widens and consent.yes and not (consent.widen or consent.dry_run):
            story.outcome, story.plan = Outcome.DECLINED, plan
            self._desk.tell("--yes is not enough for what widens access: pass --widen, or answer at a terminal.")
            for one in plan.openings:
                self._desk.tell(wording.opening(one))
            self._by_hand(change)
            return False
        made = self._desk.carry_out(story, plan)
        self._tell_outcome(story)
        return made is not None

    def _tell_outcome(self, story: Story) -> None:
        if story.outcome is Outcome.NOT_THERE:
            self._desk.tell("It was accepted, and is not there when it is read back.")
        elif story.outcome is not Outcome.DONE:
            self._desk.tell(story.said)
        elif story.receipt is not None:
            self._desk.tell(f"Made. To take it back: crauth-doctor undo {story.receipt.id}")
        for line in (*story.notes, *story.message):
            self._desk.tell(line)
        if story.outcome is Outcome.PLANNED and story.plan is not None:
            self._desk.preview(story.plan)

    def _by_hand(self, change: Change) -> None:
        """Show what no code of this tool makes."""
        commands = [one for one in gcloud.commands(change) if is_clean(one)]
        self._desk.tell("By hand." if not commands else "By hand:")
        for command in commands:
            if not self._desk.consent.quiet:
                say(f"  {command}")

    def _settled(self) -> Report:
        """Check again; while the settings are mended and the call is not, wait for the change to have effect."""
        clock = Clock(self._google)
        began, pause = clock.now(), _FIRST_PAUSE
        while True:
            self._desk.tell("Checking again.")
            google = self._anew()
            facts = added(gather(self._app, self._asked, google), self._given)
            document = judged(facts, self._asked, sandbox=google.sandbox is not None)
            cause = document.diagnosis.cause
            passing = cause is not None and cause.rule in _PASSING
            waiting = passing or document.diagnosis.conclusion in _WAITING
            elapsed = clock.now() - began
            if not (waiting and self._wait and self._asked.call) or elapsed + pause > PATIENCE:
                return document
            self._desk.tell(
                f"Not in effect yet, after {elapsed:.0f} s; two minutes are usual, seven or more are possible."
            )
            clock.wait(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _anew(self) -> Google:
        """The same door, with the time that it is now in a sandbox."""
        if self._google.sandbox is None:
            return self._google
        return connect(
            self._app.environ,
            impersonate=self._asked.impersonate,
            sandbox=self._google.sandbox,
            seconds=self._asked.seconds,
        )

    def _report(self, document: Report) -> None:
        if not self._app.json:
            emit(as_text.render(document, look(self._app.environ)))
            emit("\n")

    def _emit_json(self, document: Report) -> None:
        report = json.loads(as_json.render(document))
        report["changes"] = [document_of(story) for story in self._stories]
        report["exit"] = self._status(document)
        emit(json.dumps(report, indent=2) + "\n")

    def _status(self, document: Report) -> int:
        """What still blocks counts, unless nothing was done for want of somebody to ask."""
        consent = self._desk.consent
        if self._is_over():
            return int(self._stories[-1].status)
        asked_nobody = any(story.status == ExitStatus.USAGE for story in self._stories)
        if asked_nobody and not (consent.yes or consent.dry_run or consent.can_ask):
            return int(ExitStatus.USAGE)
        return int(document.exit)
