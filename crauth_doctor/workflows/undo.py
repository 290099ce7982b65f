"""Changes that were made: the list of their receipts, and one of them taken back."""

from __future__ import annotations

from ..apply.executor import StoppedError
from ..apply.receipts import Receipt, Receipts, ReceiptStatus, Unreadable, UnreadableError, as_they_stand
from ..deferred import dataclass
from ..fixes import words
from ..model.inventory import Inventory, InventoryItem
from ..redaction import clean
from ..report.change import ChangeOutcome, ChangeReport
from ..report.status import ExitStatus
from . import change_wording
from .change_session import ChangeSession, Consent, receipts_of, resolved
from .context import CallRequest, Context, WorkflowError
from .diagnose import open_connection


@dataclass(frozen=True)
class ReceiptEntry:
    """A change that was made, or begun."""

    receipt: Receipt  # what is kept of it
    text: str  # the change, in a sentence


@dataclass(frozen=True)
class ReceiptList:
    """What was changed."""

    entries: tuple[ReceiptEntry, ...]  # the changes, the oldest first
    unreadable: tuple[Unreadable, ...]  # files in the folder that are no receipts
    folder: str  # where they are


def kept_receipts(context: Context) -> frozenset[str]:
    """Return the ids of the changes that were made so far; where no receipt can be kept, nothing can be."""
    try:
        return frozenset(one.id for one in receipts_of(context).all())
    except (WorkflowError, UnreadableError):
        return frozenset()


def changes_to_undo(context: Context) -> Inventory:
    """List the changes that stand, the latest first; Google is asked for nothing.

    Raises:
        WorkflowError: the folder cannot be read.
    """
    try:
        found, _ = receipts_of(context).listed()
    except UnreadableError as error:
        raise WorkflowError(str(error)) from None
    place = context.sandbox_url or "google"
    here = [one for one in found if one.where.partition("#")[0] == place]
    standing = [one for one in reversed(here) if one.status is ReceiptStatus.DONE and not one.reversed]
    listed = tuple(InventoryItem(one.id, words.sentence(one.change), one.when) for one in standing)
    return Inventory(listed, "" if listed else "There is no change to undo.")


def receipts(context: Context, request: CallRequest) -> ReceiptList:
    """List the changes that were made, and how each ended; one that was interrupted is looked up.

    Raises:
        WorkflowError: the folder cannot be read.
    """
    kept = receipts_of(context)
    try:
        found, broken = kept.listed()
    except UnreadableError as error:
        raise WorkflowError(str(error)) from None
    if any(one.status is ReceiptStatus.PENDING for one in found):
        found = _looked_up(context, request, found)
    entries = tuple(ReceiptEntry(one, words.sentence(one.change)) for one in found)
    return ReceiptList(entries, tuple(broken), str(kept.folder))


def undo(context: Context, request: CallRequest, id: str | None, consent: Consent) -> ChangeReport:
    """Undo one change, and nothing else.

    `id` is of the change's receipt; None is the latest change that stands.

    Raises:
        WorkflowError: there is no such change.
    """
    if id is not None:
        _receipt(receipts_of(context), id)  # a slip is told before anybody has to sign in
    session = ChangeSession(context, open_connection(context, request), consent)
    receipt = _chosen(session, id)
    what = clean(words.sentence(receipt.change)).removesuffix(".")
    draft = session.draft(None, f"This would be undone: {what}.")
    try:
        plan = session.executor.plan_undo(receipt)
    except StoppedError as stopped:
        session.blocked(draft, None, stopped)
        return draft
    context.heard(plan.before)
    if plan.nothing_to_do:
        draft.outcome = ChangeOutcome.NOTHING_TO_DO
        by = "" if _is_mine(session, receipt) else ", by somebody else"
        draft.said = f"It has already been undone{by}: {what}."
        if not consent.dry_run:
            session.executor.apply(plan, plan.agreed(), receipt)
        return draft
    does = " ".join(change_wording.move(one) for one in plan.moves)
    draft.said = f"This would be undone: {what}. {does}"
    if session.carry_out(draft, plan, receipt) is not None and draft.outcome is ChangeOutcome.DONE:
        draft.said = f"Undone: {what}. {does}"
        draft.receipt = None
    return draft


def _receipt(kept: Receipts, id: str) -> Receipt:
    try:
        return kept.get(id)
    except UnreadableError as error:
        raise WorkflowError(str(error), ExitStatus.USAGE) from None


def _chosen(session: ChangeSession, id: str | None) -> Receipt:
    here = session.executor.where
    try:
        for one in session.receipts.all():
            if one.where == here and one.status is ReceiptStatus.PENDING:
                resolved(session.executor, one)
        if id is not None:
            return _receipt(session.receipts, id)
        found, broken = session.receipts.listed()
    except UnreadableError as error:
        raise WorkflowError(str(error), ExitStatus.USAGE) from None
    for file in broken:
        session.tell(f"Left out: {file.file} cannot be read as a receipt ({file.why}).")
    for receipt in reversed(found):
        if receipt.where == here and receipt.status is ReceiptStatus.DONE and not receipt.reversed:
            return receipt
    left_out = f" {len(broken)} of the files there cannot be read." if broken else ""
    said = f"You have no change to undo: `crauth-doctor receipts` lists them all.{left_out}"
    raise WorkflowError(said, ExitStatus.USAGE)


def _is_mine(session: ChangeSession, receipt: Receipt) -> bool:
    """Return whether it was taken back by another run of this user's, as the receipt of that says."""
    try:
        return session.receipts.get(receipt.id).status is ReceiptStatus.UNDONE
    except UnreadableError:
        return False


def _looked_up(context: Context, request: CallRequest, found: list[Receipt]) -> list[Receipt]:
    """Find out how interrupted changes ended; where there is no way to Google, they stay as they are."""
    try:
        session = ChangeSession(context, open_connection(context, request), Consent(dry_run=True))
    except WorkflowError:
        return found
    return as_they_stand(resolved(session.executor, one) for one in found)
