"""A change that is planned now, shown to somebody, and made later: this very change, or none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, get_args

from ..apply.consent import NOTHING, Named
from ..deferred import dataclass
from ..fixes import words
from ..model.change import Applicable, GrantRole
from ..report.change import ChangeOutcome, ChangeReport, Difference
from ..report.document import Report
from . import MisuseError
from .change_session import ChangeSession, Consent
from .context import CallRequest, Context
from .diagnose import open_connection
from .grant import GrantRequest, grant
from .revoke import revoke
from .undo import undo

_DRY: Final = Consent(dry_run=True)
_SAID_BY_DRY_RUN: Final = " Nothing was changed (--dry-run)."


@dataclass(frozen=True)
class PreparedChange:
    """A change that is planned."""

    report: ChangeReport  # what would be changed, or why nothing would
    # goes the same way once more, and makes it where the consent that it is given agrees
    again: Callable[[Context, Consent], ChangeReport]
    more: int = 0  # how many changes of the same request are left out, each to be planned by itself

    @property
    def sentence(self) -> str:
        """What would be changed, or why nothing would."""
        return self.report.said.removesuffix(_SAID_BY_DRY_RUN)

    @property
    def difference(self) -> Difference | None:
        """What is to be written; None where nothing is, or where it opens more than what was named."""
        shown = self.report.difference
        is_planned = self.report.outcome is ChangeOutcome.PLANNED
        return shown if is_planned and shown is not None and not self.widens else None

    @property
    def widens(self) -> bool:
        """Whether it would open more than what was named, so that it is nothing to be made later."""
        shown, change = self.report.difference, self.report.change
        return (shown is not None and shown.widens) or (change is not None and change.widens)

    def make(self, context: Context) -> ChangeReport:
        """Make it, where what is there is still what was shown; what somebody else changed since is no consent."""
        agreed, seen = self.difference, list[Difference]()
        if agreed is None:
            return self.report
        consent = Consent(preview=seen.append, confirm=lambda _: seen[-1] == agreed)
        report = self.again(context, consent)
        if report.outcome is ChangeOutcome.DECLINED and seen and seen[-1] != agreed:
            return replace(report, said="Somebody else has changed it since: nothing was changed. Plan it again.")
        return report


def prepare_grant(context: Context, request: GrantRequest) -> PreparedChange:
    """Plan that a member may call a service. `wait` is not heeded: a later check verifies it.

    Raises:
        WorkflowError: as for `grant`.
    """
    planned = grant(context, replace(request, wait=False, whole_project=False), _DRY)
    change = planned.change
    named = Named(change.member, change.resource) if isinstance(change, GrantRole) else NOTHING
    return _prepared(planned, request.call, named)


def prepare_revoke(context: Context, request: CallRequest) -> PreparedChange:
    """Plan that a member's role on a service is taken away; of several bindings, the first.

    Raises:
        WorkflowError: as for `revoke`.
    """
    first, *more = revoke(context, request, None, _DRY)
    return replace(_prepared(first, request, NOTHING), more=len(more))


def prepare_fix(context: Context, request: CallRequest, document: Report, number: int) -> PreparedChange:
    """Plan a fix that a report offers.

    `number` counts from 1.

    Raises:
        MisuseError: there is no such fix, or it is to be made by hand.
        WorkflowError: there is no way to Google.
    """
    cause = document.diagnosis.cause
    fixes = cause.finding.fixes if cause and cause.finding else ()
    if not 0 < number <= len(fixes):
        raise MisuseError(f"The report offers {len(fixes)} fixes, and none with the number {number}.")
    change = fixes[number - 1]
    if not isinstance(change, get_args(Applicable)):
        raise MisuseError(f"This fix is made by hand: {words.sentence(change)}")
    named = Named(document.caller.member, document.target.service)
    return _prepared(_made(context, request, change, named, _DRY), request, named)


def prepare_undo(context: Context, request: CallRequest, receipt: str) -> PreparedChange:
    """Plan that a change is taken back.

    Raises:
        WorkflowError: there is no such change.
    """

    def again(context: Context, consent: Consent) -> ChangeReport:
        return undo(context, request, receipt, consent)

    return PreparedChange(again(context, _DRY), again)


def _prepared(planned: ChangeReport, request: CallRequest, named: Named) -> PreparedChange:
    """Return what makes the very change that was planned: no time of now, and no other member, gets into it."""
    change = planned.change

    def again(context: Context, consent: Consent) -> ChangeReport:
        assert change is not None
        return _made(context, request, change, named, consent)

    return PreparedChange(planned, again)


def _made(context: Context, request: CallRequest, change: Applicable, named: Named, consent: Consent) -> ChangeReport:
    session = ChangeSession(context, open_connection(context, request), consent)
    draft = session.draft(change, words.sentence(change))
    plan = session.plan(draft, named)
    if plan is not None and plan.nothing_to_do:
        draft.outcome, draft.said = ChangeOutcome.NOTHING_TO_DO, "This is already the case."
    elif plan is not None and session.carry_out(draft, plan) is not None:
        draft.shown = "It usually takes effect in two minutes, sometimes in seven or more. Check again then."
    return draft
