"""What every change goes through: plan, consent, write, receipt, and what to say when it cannot be made."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .. import __version__
from ..apply.consent import NOTHING, Named, PlanConsent
from ..apply.executor import Applied, ChangeExecutor, Plan, StoppedError, UnsureError
from ..apply.receipts import Receipt, Receipts, UnreadableError, folder
from ..fixes import gcloud, words
from ..fixes.names import in_words, parse
from ..gcp.google import Google
from ..iam.roles import ACT_AS, least
from ..model.change import Applicable
from ..redaction import clean
from ..report.change import ChangeOutcome, ChangeReport, Difference
from ..report.status import ExitStatus
from . import change_wording
from .context import Context, Tell, WorkflowError, silent

_ACTS_AS: Final = {
    "run.services.update": "that it runs as",
    "run.jobs.update": "that it runs as",
    "cloudscheduler.jobs.update": "whose tokens it sends",
    "pubsub.subscriptions.update": "whose tokens it sends",
}
"""Changes that take `iam.serviceAccounts.actAs` as well, and on which account.

Source: https://docs.cloud.google.com/iam/docs/attach-service-accounts
"""


def _unseen(_: Difference) -> None:
    """Show nobody."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """One of several ways out, to choose from."""

    text: str  # what to do, in a sentence or two
    costs: str = ""  # what it opens or costs; empty where that is nothing
    widens: bool = False  # whether it may let in more than the one caller
    by_hand: bool = False  # whether this tool does not do it


@dataclass(frozen=True, slots=True)
class Consent:
    """Who agrees to changes, and who is told of them."""

    dry_run: bool = False  # nothing may be changed
    yes: bool = False  # consent was given for what was named; nobody is asked then
    widen: bool = False  # consent was given for what opens more than what was named
    # asks for consent, and returns whether it was given; None where there is nobody to ask
    confirm: Callable[[str], bool] | None = None
    # asks which of several ways to take, and returns its place; None for none of them
    choose: Callable[[tuple[WayOut, ...]], int | None] | None = None
    tell: Tell = silent  # is told each step, in a sentence
    preview: Callable[[Difference], None] = _unseen  # is shown what is about to be written

    @property
    def can_ask(self) -> bool:
        """Whether there is somebody to ask, who is to be asked."""
        return self.confirm is not None and not self.yes


def difference_of(plan: Plan) -> Difference:
    """Return what a plan changes, to be shown."""
    kind = "the allow policy of " if "bindings" in plan.edit.kept(plan.after) else ""
    seen = json.dumps(plan.edit.kept(plan.before), sort_keys=True, default=str)
    digest = hashlib.sha256(seen.encode()).hexdigest()
    return Difference(f"{kind}{_placed(plan.edit.resource)}", plan.difference, plan.widens, digest)


def _placed(name: str) -> str:
    """Return a resource with where it is."""
    resource = parse(name)
    place = ", ".join(part for part in (resource.project, resource.region) if part and part != resource.id)
    return f"{in_words(name)} ({place})" if place else in_words(name)


class ChangeSession:
    """The changes of one run."""

    def __init__(self, context: Context, google: Google, consent: Consent) -> None:
        self.google = google
        self.consent = consent
        self.receipts = receipts_of(context)
        self._heard = context.heard
        self._seconds = google.deadline.seconds
        self._end = math.inf
        self.begin()
        self.executor: ChangeExecutor = ChangeExecutor(
            google, self.receipts, version=__version__, tell=self.tell, again=self._again, left=self._left
        )

    def draft(self, change: Applicable | None, said: str) -> ChangeReport:
        """Begin with a change that is planned only."""
        return ChangeReport(change, ChangeOutcome.PLANNED, said, self.google.sandbox is not None)

    def plan(self, draft: ChangeReport, named: Named = NOTHING) -> Plan | None:
        """Read what is there, and return what would be written; None where it cannot be, which the draft then says."""
        assert draft.change is not None
        try:
            plan = self.executor.plan(draft.change, named)
        except StoppedError as stopped:
            self.blocked(draft, None, stopped)
            return None
        self._heard(plan.before)
        return plan

    def begin(self) -> None:
        """Begin a run anew: `--timeout` counts from here, without the time that a human takes to answer."""
        self._end = time.monotonic() + self._seconds

    def _left(self) -> float:
        return self._end - time.monotonic()

    def tell(self, text: str) -> None:
        """Tell a step, which may have a remote text in it."""
        self.consent.tell(clean(text))

    def carry_out(self, draft: ChangeReport, plan: Plan, undoes: Receipt | None = None) -> Applied | None:
        """Ask, and write; the draft then tells how it ended.

        Returns:
            What was made; None where nothing was written, or nobody can tell.
        """
        draft.difference = difference_of(plan)
        if self.consent.dry_run:
            draft.outcome, draft.said = ChangeOutcome.PLANNED, f"{draft.said} Nothing was changed (--dry-run)."
            return None
        agreed = self._agreed(draft, plan)
        if agreed is None:
            return None
        has_etag = plan.edit.kept(plan.before).get("etag")
        self.tell("Writing the change, guarded by the etag that was just read." if has_etag else "Writing.")
        try:
            made = self.executor.apply(plan, agreed, undoes)
        except UnsureError as unsure:
            self._unsure(draft, unsure)
            return None
        except StoppedError as stopped:
            self.blocked(draft, plan, stopped)
            return None
        except UnreadableError as error:
            raise WorkflowError(f"{error} Nothing was changed.") from None
        except KeyboardInterrupt:
            self._declined(draft, "Interrupted: nothing was changed.")
            return None
        draft.outcome, draft.receipt = ChangeOutcome.DONE, made.receipt.id if made.receipt else None
        self._tell_read_back(made, draft)
        return made

    def _unsure(self, draft: ChangeReport, unsure: UnsureError) -> None:
        status = ExitStatus.INTERRUPTED if unsure.interrupted else ExitStatus.CANNOT_TELL
        draft.outcome, draft.status, draft.said = ChangeOutcome.UNSURE, status, str(unsure)
        draft.receipt = unsure.receipt.id if unsure.receipt else None

    def _declined(self, draft: ChangeReport, said: str) -> None:
        draft.outcome, draft.status, draft.said = ChangeOutcome.DECLINED, ExitStatus.INTERRUPTED, said

    def blocked(self, draft: ChangeReport, plan: Plan | None, stopped: StoppedError) -> None:
        """Tell that it was refused, and what to send to whoever can make it."""
        draft.outcome, draft.status, draft.said = ChangeOutcome.BLOCKED, ExitStatus.BLOCKED, str(stopped)
        unknown = stopped.unknown
        change = plan.change if plan else draft.change
        if change is not None and unknown is not None and unknown.permission:
            resource = plan.edit.resource if plan else unknown.source.target
            draft.message = request_to_administrator(change, unknown.permission, resource)

    def _agreed(self, draft: ChangeReport, plan: Plan) -> PlanConsent | None:
        """Return consent to a plan: `--yes` for what was named, `--widen` for what opens more, or an answer."""
        opened = [change_wording.opening(one) for one in plan.openings]
        draft.notes += opened
        if self.consent.widen if plan.widens else self.consent.yes:
            self.consent.preview(difference_of(plan))
            return plan.agreed(widening=plan.widens)
        if not self.consent.can_ask:
            draft.outcome, draft.status = ChangeOutcome.PLANNED, ExitStatus.USAGE
            draft.said = f"{draft.said} Nothing was changed: {self._what_is_wanting(plan)}"
            return None
        if self._says_yes(plan):
            return plan.agreed(widening=plan.widens)
        self._declined(draft, "Nothing was changed.")
        return None

    def _what_is_wanting(self, plan: Plan) -> str:
        if not plan.widens:
            return "there is no terminal to ask at. Pass --yes to agree."
        hint = "--yes is not enough for what widens access" if self.consent.yes else "this widens access"
        return f"{hint}. Pass --widen to agree to that, or answer at a terminal."

    def choose(self, ways: tuple[WayOut, ...]) -> int | None:
        """Ask which of several ways to take; the time that an answer takes is nobody's."""
        assert self.consent.choose is not None
        began = time.monotonic()
        chosen = self.consent.choose(ways)
        self._end += time.monotonic() - began
        return chosen

    def _says_yes(self, plan: Plan) -> bool:
        """Show it, and ask; the time that an answer takes is nobody's."""
        began = time.monotonic()
        self.consent.preview(difference_of(plan))
        for one in plan.openings:
            self.tell(change_wording.opening(one))
        question = "This WIDENS ACCESS. Make this change?" if plan.widens else "Make this change?"
        assert self.consent.confirm is not None
        agreed = self.consent.confirm(question)
        self._end += time.monotonic() - began
        return agreed

    def _again(self, plan: Plan) -> PlanConsent | None:
        """Show what somebody else's change makes of a plan, and ask anew; nobody agreed to that beforehand."""
        if not self.consent.can_ask:
            return None
        return plan.agreed(widening=plan.widens) if self._says_yes(plan) else None

    def _tell_read_back(self, made: Applied, draft: ChangeReport) -> None:
        if made.receipt is None:
            draft.notes.append(
                "Somebody else, or another run of yours, has just made the same change; nothing was written now."
            )
        elif made.interrupted:
            draft.status = ExitStatus.INTERRUPTED
            draft.notes.append("Interrupted after the write: the change was made.")
        elif made.stands:
            self.tell("Verified: the change is in place.")
        elif made.stands is None:
            draft.notes.append("It was accepted, but could not be read back.")
        else:
            draft.outcome, draft.status = ChangeOutcome.NOT_THERE, ExitStatus.CANNOT_TELL
            draft.notes.append(_OVERTAKEN if made.overtaken else _NOT_THERE)
        if not made.noted:
            draft.notes.append(
                "Its receipt could not be completed, and says no more than that the change may have been made: "
                "`crauth-doctor receipts` looks it up as soon as it can be written."
            )


_OVERTAKEN: Final = "Somebody else has changed it since."
_NOT_THERE: Final = (
    "What is read is still what was there before: it may take a moment to show, or it was not made. "
    "`crauth-doctor receipts` tells which, later."
)


def request_to_administrator(change: Applicable, permission: str, resource: str) -> list[str]:
    """Return what to send to somebody who may make a change."""
    roles, _ = least({permission})
    acts_as = _ACTS_AS.get(permission)
    besides = f" (and {least({ACT_AS})[0][0]} on the account {acts_as})" if acts_as else ""
    who = f" (in {' and '.join(roles)}{besides})" if roles else ""
    lines = [
        f"Please make this change: {words.sentence(change)}",
        f"It is on {resource}, and needs {permission}{who} there, which I do not have.",
    ]
    return [*lines, *gcloud.commands(change)]


def receipts_of(context: Context) -> Receipts:
    """Return where this user's receipts are.

    Raises:
        WorkflowError: nothing tells.
    """
    try:
        return Receipts(folder(context.environ))
    except UnreadableError as error:
        raise WorkflowError(str(error)) from None


def resolved(executor: ChangeExecutor, receipt: Receipt) -> Receipt:
    """Return a receipt with what has become of it, where it was interrupted; as it is, where that cannot be read."""
    try:
        return executor.resolve(receipt)
    except StoppedError:
        return receipt
