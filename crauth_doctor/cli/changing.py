"""What every command that changes something does: plan, consent, write, receipt, and what to say when it cannot."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from . import wording
from .app import App, Failure
from .terminal import look, say

if TYPE_CHECKING:
    from ..apply import Applied, ChangeExecutor, Plan, PlanConsent, Receipt, Receipts, UnsureError
    from ..gcp.connection import Google
    from ..model.change import Applicable
    from .story import Story

F = TypeVar("F", bound=Callable[..., Any])

_DRY_RUN: Final = click.option("--dry-run", is_flag=True, help="Show what would be changed, and change nothing.")
_YES: Final = click.option("--yes", "-y", is_flag=True, help="Change what you named without asking.")
_WIDEN: Final = click.option("--widen", is_flag=True, help="Agree to what opens more than what you named.")
wait_option: Final = click.option(
    "--wait/--no-wait",
    default=True,
    help="Whether to verify by a real call, for as long as a change may take to have effect.  [default: --wait]",
)

_ROLES: Final = {
    "run.services.setIamPolicy": "roles/run.admin",
    "run.services.update": "roles/run.developer (and roles/iam.serviceAccountUser on the account that it runs as)",
    "run.services.getIamPolicy": "roles/run.viewer",
    "run.services.get": "roles/run.viewer",
    "run.jobs.update": "roles/run.developer (and roles/iam.serviceAccountUser on the account that it runs as)",
    "resourcemanager.projects.getIamPolicy": "roles/iam.securityReviewer",
    "resourcemanager.projects.setIamPolicy": "roles/resourcemanager.projectIamAdmin",
    "resourcemanager.folders.setIamPolicy": "roles/resourcemanager.folderIamAdmin",
    "resourcemanager.organizations.setIamPolicy": "roles/resourcemanager.organizationAdmin",
    "iam.serviceAccounts.setIamPolicy": "roles/iam.serviceAccountAdmin",
    "iam.serviceAccounts.enable": "roles/iam.serviceAccountAdmin",
    "iam.serviceAccounts.disable": "roles/iam.serviceAccountAdmin",
    "cloudscheduler.jobs.update": (
        "roles/cloudscheduler.admin (and roles/iam.serviceAccountUser on the account whose tokens it sends)"
    ),
    "pubsub.subscriptions.update": (
        "roles/pubsub.editor (and roles/iam.serviceAccountUser on the account whose tokens it sends)"
    ),
    "compute.subnetworks.setPrivateIpGoogleAccess": "roles/compute.networkAdmin",
}
"""The narrowest predefined role with a permission. Source: https://docs.cloud.google.com/iam/docs/roles-permissions"""


@dataclass(frozen=True, slots=True)
class Consent:
    """What the command line said about consent.

    Args:
        dry_run: nothing may be changed.
        yes: it was given for what was named; nobody is asked then.
        quiet: nothing but the report is printed, and nobody is asked.
        ask: asks for it; left out: on the terminal, where there is one.
        widen: it was given for what opens more than what was named.
    """

    dry_run: bool
    yes: bool
    quiet: bool
    ask: Callable[[str], bool] | None = None
    widen: bool = False

    @property
    def can_ask(self) -> bool:
        """Whether there is somebody to ask, who is to be asked."""
        return not (self.yes or self.quiet) and (self.ask is not None or is_terminal())

    @classmethod
    def of(cls, given: dict[str, Any]) -> Consent:
        """Return what the options of `change_options` say."""
        return cls(given["dry_run"], given["yes"], given["quiet"], widen=given["widen"])


class Desk:
    """One command's hand, and its talk with the human.

    Args:
        app: the run of the program.
        google: the door.
        consent: what was said about it.
    """

    def __init__(self, app: App, google: Google, consent: Consent) -> None:
        from .. import __version__
        from ..apply import ChangeExecutor

        self.app = app
        self.google = google
        self.consent = consent
        self.receipts = receipts_of(app)
        self._seconds = google.deadline.seconds
        self._end = math.inf
        self.begin()
        self.executor: ChangeExecutor = ChangeExecutor(
            google, self.receipts, version=__version__, tell=self.tell, again=self._again, left=self._left
        )

    def begin(self) -> None:
        """Begin a run anew: `--timeout` counts from here, without the time that a human takes to answer."""
        self._end = time.monotonic() + self._seconds

    def _left(self) -> float:
        return self._end - time.monotonic()

    def tell(self, text: str) -> None:
        """Say a step."""
        if not self.consent.quiet:
            from ..redaction import clean

            say(clean(text))

    def preview(self, plan: Plan) -> None:
        """Show what is about to be written."""
        if self.consent.quiet:
            return
        from ..report.layout import Look, TextPage
        from .story import difference

        page = TextPage(Look(look(self.app.environ).width))
        difference(page, plan)
        say(str(page).rstrip("\n"))

    def carry_out(self, story: Story, plan: Plan, undoes: Receipt | None = None) -> Applied | None:
        """Ask, and write; the story then tells how it ended.

        Returns:
            What was made; None where nothing was written, or nobody can tell.
        """
        from ..apply import StoppedError, UnreadableError, UnsureError
        from .story import Outcome

        story.plan = plan
        if self.consent.dry_run:
            story.outcome, story.said = Outcome.PLANNED, f"{story.said} Nothing was changed (--dry-run)."
            return None
        agreed = self._agreed(story, plan)
        if agreed is None:
            return None
        has_etag = plan.edit.kept(plan.before).get("etag")
        self.tell("Writing, with the etag that was just read." if has_etag else "Writing.")
        try:
            made = self.executor.apply(plan, agreed, undoes)
        except UnsureError as unsure:
            self._unsure(story, unsure)
            return None
        except StoppedError as stopped:
            self.blocked(story, plan, stopped)
            return None
        except UnreadableError as error:
            raise Failure(f"{error} Nothing was changed.") from None
        except KeyboardInterrupt:
            self._declined(story, "Interrupted: nothing was changed.")
            return None
        story.outcome, story.receipt = Outcome.DONE, made.receipt
        self._tell_read_back(made, story)
        return made

    def _unsure(self, story: Story, unsure: UnsureError) -> None:
        from ..report.status import ExitStatus
        from .story import Outcome

        status = ExitStatus.INTERRUPTED if unsure.interrupted else ExitStatus.CANNOT_TELL
        story.outcome, story.status, story.said = Outcome.UNSURE, status, str(unsure)
        story.receipt = unsure.receipt

    def _declined(self, story: Story, said: str) -> None:
        from ..report.status import ExitStatus
        from .story import Outcome

        story.outcome, story.status, story.said = Outcome.DECLINED, ExitStatus.INTERRUPTED, said

    def blocked(self, story: Story, plan: Plan | None, stopped: Any) -> None:
        """Tell that it was refused, and what to send to whoever can make it."""
        from ..report.status import ExitStatus
        from .story import Outcome

        story.outcome, story.status, story.said = Outcome.BLOCKED, ExitStatus.BLOCKED, str(stopped)
        unknown = stopped.unknown
        change = plan.change if plan else story.change
        if change is not None and unknown is not None and unknown.permission:
            resource = plan.edit.resource if plan else unknown.source.target
            story.message = request_to_administrator(change, unknown.permission, resource)

    def _agreed(self, story: Story, plan: Plan) -> PlanConsent | None:
        """Return consent to a plan: `--yes` for what was named, `--widen` for what opens more, or an answer."""
        from ..report.status import ExitStatus
        from .story import Outcome

        opened = [wording.opening(one) for one in plan.openings]
        story.notes += opened
        if self.consent.widen if plan.widens else self.consent.yes:
            self.preview(plan)
            return plan.agreed(widening=plan.widens)
        if not self.consent.can_ask:
            story.outcome, story.status = Outcome.PLANNED, ExitStatus.USAGE
            story.said = f"{story.said} Nothing was changed: {self._what_is_wanting(plan)}"
            return None
        if self._says_yes(plan):
            return plan.agreed(widening=plan.widens)
        self._declined(story, "Nothing was changed.")
        return None

    def _what_is_wanting(self, plan: Plan) -> str:
        if not plan.widens:
            return "there is no terminal to ask at. Pass --yes to agree."
        hint = "--yes is not enough for what widens access" if self.consent.yes else "this widens access"
        return f"{hint}. Pass --widen to agree to that, or answer at a terminal."

    def _says_yes(self, plan: Plan) -> bool:
        """Show it, and ask; the time that an answer takes is nobody's."""
        began = time.monotonic()
        self.preview(plan)
        for one in plan.openings:
            self.tell(wording.opening(one))
        question = "This WIDENS ACCESS. Make this change?" if plan.widens else "Make this change?"
        agreed = self.consent.ask(question) if self.consent.ask else click.confirm(question, default=False, err=True)
        self._end += time.monotonic() - began
        return agreed

    def _again(self, plan: Plan) -> PlanConsent | None:
        """Show what somebody else's change makes of a plan, and ask anew; nobody agreed to that beforehand."""
        if not self.consent.can_ask:
            return None
        return plan.agreed(widening=plan.widens) if self._says_yes(plan) else None

    def _tell_read_back(self, made: Applied, story: Story) -> None:
        from ..report.status import ExitStatus
        from .story import Outcome

        if made.receipt is None:
            story.notes.append(
                "Somebody else, or another run of yours, made the same change in between; nothing was written now."
            )
        elif made.interrupted:
            story.status = ExitStatus.INTERRUPTED
            story.notes.append("Interrupted after the write: the change was made.")
        elif made.stands:
            self.tell("Read back: it stands.")
        elif made.stands is None:
            story.notes.append("It was accepted, and could not be read back.")
        else:
            story.outcome, story.status = Outcome.NOT_THERE, ExitStatus.CANNOT_TELL
            story.notes.append(_OVERTAKEN if made.overtaken else _NOT_THERE)
        if not made.noted:
            story.notes.append(
                "Its receipt could not be completed, and says no more than that the change may have been made: "
                "`crauth-doctor receipts` looks it up as soon as it can be written."
            )


_OVERTAKEN: Final = "Somebody else has changed it since."
_NOT_THERE: Final = (
    "What is read is still what was there before: it may take a moment to show, or it was not made. "
    "`crauth-doctor receipts` tells which, later."
)


def request_to_administrator(change: Applicable, permission: str, resource: str) -> list[str]:
    """Word what to send to somebody who may make a change."""
    from ..fixes import gcloud, words

    role = _ROLES.get(permission)
    who = f" (in {role})" if role else ""
    lines = [
        f"Please make this change: {words.sentence(change)}",
        f"It is on {resource}, and needs {permission}{who} there, which I do not have.",
    ]
    return [*lines, *gcloud.commands(change)]


def receipts_of(app: App) -> Receipts:
    """Return where this user's receipts are.

    Raises:
        Failure: nothing tells.
    """
    from ..apply import Receipts, UnreadableError, folder

    try:
        return Receipts(folder(app.environ))
    except UnreadableError as error:
        raise Failure(str(error)) from None


def resolved(executor: ChangeExecutor, receipt: Receipt) -> Receipt:
    """Return a receipt with what has become of it, where it was interrupted; as it is, where that cannot be read."""
    from ..apply import StoppedError

    try:
        return executor.resolve(receipt)
    except StoppedError:
        return receipt


def is_terminal() -> bool:
    """Tell whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def change_options(command: F) -> F:
    """`--dry-run`, `--yes` and `--widen`, which mean the same wherever something is changed."""
    return _DRY_RUN(_YES(_WIDEN(command)))
