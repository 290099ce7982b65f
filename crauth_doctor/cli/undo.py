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

    RECEIPT is an id, as `receipts` lists them, or a receipt's file; left out: your latest change that stands. What
    others have changed since stays as it is.
    """
    app.json = format == "json"
    from .changing import Desk
    from .session import open_door

    google = open_door(app, asking("", None, None, timeout, app, {**given, "project": None, "region": None}))
    desk = Desk(app, google, Consent(given["dry_run"], given["yes"], given["quiet"]))
    return _undo(app, desk, _chosen(desk, receipt))


def _chosen(desk: Desk, id: str | None) -> Receipt:
    from ..apply import Status, UnreadableError
    from .changing import resolved

    here = desk.hand.where
    try:
        if id is not None:
            return resolved(desk.hand, desk.receipts.get(id))
        for one in reversed(desk.receipts.all()):
            receipt = resolved(desk.hand, one) if one.where == here else one
            if receipt.where == here and receipt.status is Status.DONE and not receipt.reversed:
                return receipt
    except UnreadableError as error:
        raise Failure(str(error), 2) from None
    raise Failure("There is no change of yours that stands: `crauth-doctor receipts` lists them all.", 2)


def _undo(app: App, desk: Desk, receipt: Receipt) -> int:
    from ..apply import StoppedError
    from ..fixes import words
    from ..redaction import clean
    from .story import Outcome, Story, publish

    what = clean(words.sentence(receipt.change)).removesuffix(".")
    story = Story(None, Outcome.PLANNED, f"This would be taken back: {what}.", sandbox=desk.google.sandbox is not None)
    try:
        plan = desk.hand.plan_back(receipt)
    except StoppedError as stopped:
        desk.blocked(story, None, stopped)
        return publish(app, story)
    if plan.nothing_to_do:
        story.outcome = Outcome.NOTHING_TO_DO
        story.said = f"It has been taken back already, by somebody else: {what}."
        if not desk.consent.dry_run:
            desk.hand.make(plan, receipt)
        return publish(app, story)
    if desk.carry_out(story, plan, receipt) is not None:
        story.said = f"Taken back: {what}."
        story.receipt = None
    return publish(app, story)
