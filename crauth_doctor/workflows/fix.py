"""The fixes of a call's cause, one by one, each with consent; then the check anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, get_args

from ..apply.consent import Named
from ..deferred import dataclass
from ..fixes import gcloud, words
from ..gcp.clock import Clock
from ..gcp.google import Google
from ..model.change import Applicable
from ..model.finding import Conclusion
from ..redaction import is_clean
from ..report.change import ChangeOutcome, ChangeReport
from ..report.document import Report
from ..report.status import ExitStatus
from . import change_wording
from .change_session import ChangeSession, Consent, WayOut, difference_of
from .context import CallRequest, Context
from .diagnose import diagnosed, evidence_of, open_connection
from .wait_for_effect import wait_for_effect

if TYPE_CHECKING:
    from ..model.change import Change

_ROUNDS: Final = 6
"""Causes behind each other that one run mends at most."""
_WAITING: Final = (Conclusion.UNEXPLAINED, Conclusion.CONTRADICTED)
_PASSING: Final = ("iam/propagation", "ingress/not-applied")
"""Causes that go away by themselves."""


@dataclass(frozen=True)
class FixResult:
    """What was made of a call."""

    document: Report  # the last check
    changes: tuple[ChangeReport, ...]  # what was tried, and what became of it
    status: int


class FixLoop:
    """From a diagnosis through its fixes to another diagnosis.

    `show` is shown each check; `wait`: check again until a change has effect.

    Raises:
        WorkflowError: there is no way to Google.
    """

    def __init__(
        self,
        context: Context,
        request: CallRequest,
        consent: Consent,
        show: Callable[[Report], None],
        *,
        wait: bool = True,
    ) -> None:
        self._context = context
        self._google = open_connection(context, request)
        self._request = request
        self._given = evidence_of(request)
        self._session = ChangeSession(context, self._google, consent)
        self._show = show
        self._wait = wait
        self._drafts: list[ChangeReport] = []
        self._offered: set[Change] = set()

    def run(self) -> FixResult:
        """Check the call, and mend what can be mended, cause by cause, and then what mends a warning.

        Raises:
            WorkflowError: the request names nothing that could be looked up.
        """
        document = self._check(self._google)
        self._show(document)
        document = self.onwards(document)
        self._tidy(document)
        return FixResult(document, tuple(self._drafts), self._status(document))

    def onwards(self, document: Report) -> Report:
        """Mend, cause by cause, from a check that was shown already, and return the last one."""
        for _ in range(_ROUNDS):
            if not self._mend(document) or self._is_over():
                break
            document = self._settled()
            self._show(document)
        return document

    def _check(self, google: Google) -> Report:
        return diagnosed(self._context, self._request, google, self._given)

    def _mend(self, document: Report) -> bool:
        """Make one fix: of the cause, else of something that blocks at another stage.

        At the cause's own stage nothing else is changed: a role is no use while somebody else's policy denies it.
        """
        cause = document.diagnosis.cause
        if cause is None or cause.finding is None:
            return False
        if cause.finding.fixes and document.diagnosis.conclusion is Conclusion.CONTRADICTED:
            self._session.tell("The settings and the call contradict each other, so nothing is changed.")
            return False
        if self._one_way(self._new(cause.finding.fixes), document):
            return True
        for outcome, finding in document.elsewhere:
            ways = self._new(finding.fixes)
            if (
                outcome.stage is cause.stage
                or self._is_over()
                or not any(isinstance(one, get_args(Applicable)) for one in ways)
            ):
                continue
            self._session.tell(f"Also blocking: {finding.title} [{outcome.rule}]")
            if self._one_way(ways, document):
                return True
        return False

    def _new(self, fixes: tuple[Change, ...]) -> tuple[Change, ...]:
        """Return those of the ways out that were not offered yet, and note that they are now."""
        new = tuple(one for one in fixes if one not in self._offered)
        self._offered.update(new)
        return new

    def _one_way(self, ways: tuple[Change, ...], document: Report) -> bool:
        """Take one of several ways, the first that can be taken where nobody chooses; return whether it was made."""
        chosen = self._chosen(ways)
        for number, change in enumerate(ways, 1):
            if change not in chosen:
                continue
            label = " (WIDENS ACCESS)" if change.widens else ""
            self._session.tell(f"Fix {number} of {len(ways)}{label}: {words.sentence(change)}")
            if not isinstance(change, get_args(Applicable)):
                self._by_hand(change)
            elif self._made(change, Named(document.caller.member, document.target.service)):
                return True
            if self._is_over():
                break
        return False

    def _chosen(self, ways: tuple[Change, ...]) -> tuple[Change, ...]:
        """Return the way that somebody chose; all of them where nobody is asked, or there is no choice."""
        consent = self._session.consent
        to_make = any(isinstance(one, get_args(Applicable)) for one in ways)
        if not (consent.can_ask and consent.choose) or not to_make or len(ways) == 1:
            return ways
        place = self._session.choose(tuple(map(_way, ways)))
        return () if place is None else (ways[place],)

    def _is_over(self) -> bool:
        """Whether nothing more may be tried: it was interrupted, or nobody can tell whether a change was made."""
        last = self._drafts[-1] if self._drafts else None
        return last is not None and (
            last.outcome in {ChangeOutcome.UNSURE, ChangeOutcome.NOT_THERE}
            or (last.status == ExitStatus.INTERRUPTED and last.outcome is ChangeOutcome.DONE)
            or last.said.startswith("Interrupted")
        )

    def _tidy(self, document: Report) -> None:
        """Offer what mends a warning: to somebody who answers, never by --yes, for nothing is blocked by it."""
        consent = self._session.consent
        if consent.yes or consent.widen or self._is_over() or not (consent.dry_run or consent.can_ask):
            return
        named = Named(document.caller.member, document.target.service)
        for outcome in document.diagnosis.warnings:
            for change in outcome.finding.fixes if outcome.finding else ():
                if isinstance(change, get_args(Applicable)):
                    self._session.tell(
                        f"This blocks nothing, but is worth fixing [{outcome.rule}]: {words.sentence(change)}"
                    )
                    self._made(change, named)

    def _made(self, change: Applicable, named: Named) -> bool:
        self._session.begin()
        draft = self._session.draft(change, words.sentence(change))
        self._drafts.append(draft)
        danger = words.danger(change)
        if danger:
            self._session.tell(danger)
        plan = self._session.plan(draft, named)
        if plan is None:
            self._session.tell(draft.said)
            return False
        if plan.nothing_to_do:
            draft.outcome = ChangeOutcome.NOTHING_TO_DO
            self._session.tell("This is already the case.")
            return False
        consent = self._session.consent
        if plan.widens and consent.yes and not (consent.widen or consent.dry_run):
            draft.outcome, draft.difference = ChangeOutcome.DECLINED, difference_of(plan)
            self._session.tell("--yes is not enough for what widens access: pass --widen, or answer at a terminal.")
            for one in plan.openings:
                self._session.tell(change_wording.opening(one))
            self._by_hand(change)
            return False
        made = self._session.carry_out(draft, plan)
        self._tell_outcome(draft)
        return made is not None

    def _tell_outcome(self, draft: ChangeReport) -> None:
        if draft.outcome is ChangeOutcome.NOT_THERE:
            self._session.tell("It was accepted, but is not there when read back.")
        elif draft.outcome is not ChangeOutcome.DONE:
            self._session.tell(draft.said)
        elif draft.receipt is not None:
            self._session.tell(f"Done. To undo it: crauth-doctor undo {draft.receipt}")
        for line in (*draft.notes, *draft.message):
            self._session.tell(line)
        if draft.outcome is ChangeOutcome.PLANNED and draft.difference is not None:
            self._session.consent.preview(draft.difference)

    def _by_hand(self, change: Change) -> None:
        """Show what no code of this tool makes."""
        commands = [one for one in gcloud.commands(change) if is_clean(one)]
        self._session.tell("You make this change yourself." if not commands else "You make this change yourself:")
        for command in commands:
            self._session.consent.tell(f"  {command}")

    def _settled(self) -> Report:
        """Check again; while the settings are mended and the call is not, wait for the change to have effect."""

        def look() -> tuple[Report, str]:
            self._session.tell("Checking again.")
            document = self._check(self._anew())
            cause = document.diagnosis.cause
            passing = cause is not None and cause.rule in _PASSING
            waiting = passing or document.diagnosis.conclusion in _WAITING
            return document, "Not in effect yet" if waiting and self._wait and self._request.send_calls else ""

        return wait_for_effect(Clock(self._google), self._session.tell, look).seen

    def _anew(self) -> Google:
        """Return the same connection, with the time that it is now in a sandbox."""
        return self._google if self._google.sandbox is None else open_connection(self._context, self._request)

    def _status(self, document: Report) -> int:
        """Return the exit status: what still blocks counts, unless nothing was done for want of somebody to ask."""
        consent = self._session.consent
        if self._is_over():
            return int(self._drafts[-1].status)
        asked_nobody = any(draft.status == ExitStatus.USAGE for draft in self._drafts)
        if asked_nobody and not (consent.yes or consent.dry_run or consent.can_ask):
            return int(ExitStatus.USAGE)
        return int(document.exit)


def _way(change: Change) -> WayOut:
    by_hand = not isinstance(change, get_args(Applicable))
    return WayOut(words.sentence(change), words.danger(change) or "", change.widens, by_hand)
