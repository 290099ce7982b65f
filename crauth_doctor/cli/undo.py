"""`undo`: exactly one change, taken back by its receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .app import App, Failure
from .changing import Consent, change_options
from .grant import asking
from .options import format_option, identity_options, quiet_option, timeout_option

if TYPE_CHECKING:
    from ..apply import Receipt
    from .changing import Desk


@click.command("undo")
@click.argument("receipt", metavar="[RECEIPT]", required=False)
@change_options
@identity_options
@timeout_option
@format_option
@quiet_option
@click.pass_obj
def command(app: App, /, receipt: str | None, format: str, timeout: float, **given: Any) -> int:
    """Take one change back, and nothing else.

    RECEIPT is an id, as `receipts` lists them, or a file in the folder of receipts; left out: your latest change that
    stands. What others have changed since stays as it is. What gives a role back, or opens something again, widens
    access: it needs --widen, or an answer.
    """
    app.json = format == "json"
    from .changing import Desk
    from .session import open_door

    google = open_door(app, asking("", None, None, timeout, app, {**given, "project": None, "region": None}))
    desk = Desk(app, google, Consent.of(given))
    return _undo(app, desk, _chosen(desk, receipt))


def _chosen(desk: Desk, id: str | None) -> Receipt:
    from ..apply import ReceiptStatus, UnreadableError
    from .changing import resolved

    here = desk.executor.where
    try:
        for one in desk.receipts.all():
            if one.where == here and one.status is ReceiptStatus.PENDING:
                resolved(desk.executor, one)
        if id is not None:
            return desk.receipts.get(id)
        found, broken = desk.receipts.listed()
    except UnreadableError as error:
        raise Failure(str(error), 2) from None
    for file in broken:
        desk.tell(f"Left out: {file.file} is no receipt that can be read ({file.why}).")
    for receipt in reversed(found):
        if receipt.where == here and receipt.status is ReceiptStatus.DONE and not receipt.reversed:
            return receipt
    left_out = f" {len(broken)} of the files there cannot be read." if broken else ""
    raise Failure(f"There is no change of yours that stands: `crauth-doctor receipts` lists them all.{left_out}", 2)


def _is_mine(desk: Desk, receipt: Receipt) -> bool:
    """Whether it was taken back by another run of this user's, as the receipt of that says."""
    from ..apply import ReceiptStatus, UnreadableError

    try:
        return desk.receipts.get(receipt.id).status is ReceiptStatus.UNDONE
    except UnreadableError:
        return False


def _undo(app: App, desk: Desk, receipt: Receipt) -> int:
    from ..apply import StoppedError
    from ..fixes import words
    from ..redaction import clean
    from . import wording
    from .story import Outcome, Story, publish

    what = clean(words.sentence(receipt.change)).removesuffix(".")
    story = Story(None, Outcome.PLANNED, f"This would be taken back: {what}.", sandbox=desk.google.sandbox is not None)
    try:
        plan = desk.executor.plan_undo(receipt)
    except StoppedError as stopped:
        desk.blocked(story, None, stopped)
        return publish(app, story)
    if plan.nothing_to_do:
        story.outcome = Outcome.NOTHING_TO_DO
        by = "" if _is_mine(desk, receipt) else ", by somebody else"
        story.said = f"It has been taken back already{by}: {what}."
        if not desk.consent.dry_run:
            desk.executor.apply(plan, plan.agreed(), receipt)
        return publish(app, story)
    does = " ".join(wording.move(one) for one in plan.moves)
    story.said = f"This would be taken back: {what}. {does}"
    if desk.carry_out(story, plan, receipt) is not None and story.outcome is Outcome.DONE:
        story.said = f"Taken back: {what}. {does}"
        story.receipt = None
    return publish(app, story)
