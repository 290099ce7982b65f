"""What every command that changes something does: plan, consent, write, receipt, and what to say when it cannot."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from .app import App, Failure
from .terminal import look, say

if TYPE_CHECKING:
    from ..apply import Hand, Made, Plan, Receipt, Receipts
    from ..gcp.google import Google
    from ..model.change import Applicable
    from .story import Story

F = TypeVar("F", bound=Callable[..., Any])

_DRY_RUN: Final = click.option("--dry-run", is_flag=True, help="Show what would be changed, and change nothing.")
_YES: Final = click.option("--yes", "-y", is_flag=True, help="Change it without asking.")
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
        yes: it was given.
        quiet: nothing but what is asked, and the report, is printed.
        ask: asks for it; left out: on the terminal, where there is one.
    """

    dry_run: bool
    yes: bool
    quiet: bool
    ask: Callable[[str], bool] | None = None


class Desk:
    """One command's hand, and its talk with the human.

    Args:
        app: the run of the program.
        google: the door.
        consent: what was said about it.
    """

    def __init__(self, app: App, google: Google, consent: Consent) -> None:
        from .. import __version__
        from ..apply import Hand

        self.app = app
        self.google = google
        self.consent = consent
        self.receipts = receipts_of(app)
        self.hand: Hand = Hand(google, self.receipts, version=__version__, tell=self.tell, preview=self.preview)

    def tell(self, text: str) -> None:
        """Say a step."""
        if not self.consent.quiet:
            from ..redaction import clean

            say(clean(text))

    def preview(self, plan: Plan) -> None:
        """Show what is about to be written."""
        if self.consent.quiet and (self.consent.yes or self.consent.dry_run):
            return
        from ..report.layout import Look, Page
        from .story import difference

        page = Page(Look(look(self.app.environ).width))
        difference(page, plan)
        say(str(page).rstrip("\n"))

    def carry_out(
        self, story: Story, plan: Plan, undoes: Receipt | None = None, *, widens: bool = False
    ) -> Made | None:
        """Ask, and write; the story then tells how it ended.

        Returns:
            What was made; None where nothing was written.
        """
        from ..apply import StoppedError, UnreadableError
        from .story import Outcome

        story.plan = plan
        if self.consent.dry_run:
            story.outcome, story.said = Outcome.PLANNED, f"{story.said} Nothing was changed (--dry-run)."
            return None
        if not self._agreed(story, plan, widens=widens):
            return None
        has_etag = plan.edit.kept(plan.before).get("etag")
        self.tell("Writing, with the etag that was just read." if has_etag else "Writing.")
        try:
            made = self.hand.make(plan, undoes)
        except StoppedError as stopped:
            self.blocked(story, plan, stopped)
            return None
        except UnreadableError as error:
            raise Failure(f"{error} Nothing was changed.") from None
        story.outcome, story.receipt = Outcome.DONE, made.receipt
        self._tell_read_back(made, story)
        return made

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

    def _agreed(self, story: Story, plan: Plan, *, widens: bool) -> bool:
        from ..report.status import ExitStatus
        from .story import Outcome

        if self.consent.yes:
            self.preview(plan)
            return True
        if self.consent.ask is None and not is_terminal():
            story.outcome, story.status = Outcome.PLANNED, ExitStatus.USAGE
            story.said = f"{story.said} Nothing was changed: there is no terminal to ask at. Pass --yes to agree."
            return False
        self.preview(plan)
        question = "This WIDENS ACCESS. Make this change?" if widens else "Make this change?"
        if self.consent.ask(question) if self.consent.ask else click.confirm(question, default=False, err=True):
            return True
        story.outcome, story.status = Outcome.DECLINED, ExitStatus.INTERRUPTED
        story.said = "Nothing was changed."
        return False

    def _tell_read_back(self, made: Made, story: Story) -> None:
        if made.receipt is None:
            story.notes.append("Somebody else made the same change in between; there is nothing of yours to undo.")
        elif made.stands:
            self.tell("Read back: it stands.")
        elif made.stands is None:
            story.notes.append("It was accepted, and could not be read back.")
        else:
            story.notes.append("It was accepted, and is not there any more: somebody else has changed it since.")


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
        raise Failure(f"{error} Nothing was changed.") from None


def resolved(hand: Hand, receipt: Receipt) -> Receipt:
    """Return a receipt with what has become of it, where it was interrupted; as it is, where that cannot be read."""
    from ..apply import StoppedError

    try:
        return hand.resolve(receipt)
    except StoppedError:
        return receipt


def is_terminal() -> bool:
    """Tell whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def change_options(command: F) -> F:
    """`--dry-run` and `--yes`, which mean the same wherever something is changed."""
    return _DRY_RUN(_YES(command))
