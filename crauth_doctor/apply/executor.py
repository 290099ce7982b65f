"""The only writer to Google: read, preview, write with the etag just read, read back, receipt.

A write is sent once. Where it met a conflict, or its answer was lost, everything begins anew: read, look whether it is
there already, write. The etag makes that safe: a write that was overtaken, or that arrives late, is refused. Nothing is
written but what was agreed to: what a change opens beyond what was named is refused without consent to that very thing,
and a document that has changed so that something else would be written is shown anew.
Source: https://docs.cloud.google.com/iam/docs/allow-policies#etag
"""

from __future__ import annotations

import hashlib
import math
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from ..deferred import dataclass
from ..gcp import identity, update
from ..gcp.clock import Clock
from ..gcp.google import Google
from ..gcp.write import Accepted, Answer, Busy, Conflict, Refused
from ..model.change import Applicable
from ..model.fact import Absent, Known, Obstacle, Unknown
from .attempt import WriteAttempt, WriteState, in_words, is_too_new
from .consent import NOTHING, Move, Named, Opening, PlanConsent, openings
from .defer_interrupt import uninterrupted
from .policy_json import ChangedAgainError, Json, UnsafeError
from .receipts import Receipt, Receipts, ReceiptStatus, UnreadableError, new_id, timestamp
from .resource_edits import Edit, SenderAudienceEdit, edit_back, edit_of

SECONDS: Final = 30.0
"""As long as one read or write may take."""
PATIENCE: Final = 180.0
"""As long as one change may take, with all that it meets, where no shorter time was asked for."""
_OPERATION: Final = 600.0
"""As long as a new revision may take."""
_SHARE: Final = 0.6
"""As much of the time that is left may pass with a write: the rest is for reading what became of it."""
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 4.0
_READ_BACK: Final = (0.3, 1.0, 3.0)
_STILL_ON_ITS_WAY: Final = 120.0
"""After so many seconds no write is on its way any more."""
_UNTOUCHED: Final = " Nothing was written."


class StoppedError(Exception):
    """A change cannot be made; nothing was changed.

    `can_be`: it may still turn out to have been made, as far as the document tells.
    """

    def __init__(self, message: str, unknown: Unknown | None = None, *, can_be: bool = True) -> None:
        super().__init__(message)
        self.unknown = unknown
        self.can_be = can_be


class NotAgreedError(StoppedError):
    """It was not made, for it opens, or does, what nobody agreed to."""


class UnsureError(StoppedError):
    """It may have been made: something was sent, and nothing tells what became of it. Its receipt stays."""

    def __init__(self, message: str, receipt: Receipt | None, *, interrupted: bool = False) -> None:
        super().__init__(message)
        self.receipt = receipt
        self.interrupted = interrupted


@dataclass(frozen=True)
class Plan:
    """What would be written."""

    change: Applicable
    edit: Edit
    before: Json  # the document as it is
    after: Json  # the document as it would be
    named: Named = NOTHING  # what the person named
    openings: tuple[Opening, ...] = ()  # what it opens beyond that

    @property
    def nothing_to_do(self) -> bool:
        """Whether it is so already."""
        return self.before == self.after

    @property
    def widens(self) -> bool:
        """Whether it opens more than what was named."""
        return bool(self.openings)

    @property
    def difference(self) -> tuple[str, ...]:
        """What changes, as a diff."""
        return self.edit.difference(self.before, self.after)

    @property
    def moves(self) -> tuple[Move, ...]:
        """What changes, one by one."""
        return self.edit.moves(self.before, self.after)

    def agreed(self, *, widening: bool = False) -> PlanConsent:
        """Return consent to this very plan."""
        return PlanConsent(frozenset(self.moves), frozenset(self.openings if widening else ()))


@dataclass(frozen=True)
class Applied:
    """How it ended."""

    receipt: Receipt | None  # of what was written; None where somebody else had made the same change in between
    # whether it was there when it was read back; None when that was not, or could not be, looked at
    stands: bool | None
    attempts: int  # how often it was written, conflicts included
    overtaken: bool = False  # whether it is known that somebody else has written since; asked where it does not stand
    # whether its receipt says that it was made; else the disk let it say no more than that it may have been
    noted: bool = True
    interrupted: bool = False  # whether Ctrl-C came meanwhile


class ChangeExecutor:
    """The writer of changes, each with a receipt.

    `again` is shown the plan anew, when the document was changed so that something else would be written; it returns
    consent to it, or None. `left` returns the seconds that are left for everything.
    """

    def __init__(
        self,
        google: Google,
        receipts: Receipts,
        *,
        version: str,
        tell: Callable[[str], None] = lambda _: None,
        again: Callable[[Plan], PlanConsent | None] = lambda _: None,
        left: Callable[[], float] = lambda: math.inf,
    ) -> None:
        self._google = google
        self._receipts = receipts
        self._version = version
        self._tell = tell
        self._again = again
        self._left_of_run = left
        self._until = math.inf
        self._clock = Clock(google)

    def plan(self, change: Applicable, named: Named = NOTHING) -> Plan:
        """Read what is there, and tell what would be written.

        Without `named`, everything that the change opens is beyond what was named.

        Raises:
            StoppedError: it cannot be read, or must not be changed.
        """
        return self._plan(change, edit_of(change), named)

    @property
    def where(self) -> str:
        """Which cloud this is, as receipts name it: a sandbox is itself by its address and its operator's token.

        Another sandbox may get the same address later; of the token nothing but the first digits of a digest are kept.
        """
        if self._google.sandbox is None:
            return "google"
        token = str(getattr(self._google.minter, "token", ""))
        return f"{self._google.sandbox}#{hashlib.sha256(token.encode()).hexdigest()[:8]}"

    def permission(self, change: Applicable) -> str:
        """Return the permission that a change needs."""
        return edit_of(change).permission

    def plan_undo(self, receipt: Receipt) -> Plan:
        """Return the plan that undoes a change: exactly that, and nothing that was changed since.

        Raises:
            StoppedError: there is nothing to take back, it was made in another cloud, or this tool cannot have made it.
        """
        self._refuse_other_cloud(receipt)
        if receipt.status is not ReceiptStatus.DONE or receipt.reversed:
            raise StoppedError(f"Nothing of {receipt.id} can be undone: it is {_STATE[receipt.status]}.")
        return self._plan(receipt.change, _back(receipt), NOTHING)

    def apply(self, plan: Plan, agreed: PlanConsent, undoes: Receipt | None = None) -> Applied:
        """Write what was planned and agreed to, and read it back.

        Raises:
            NotAgreedError: it does, or opens, what was not agreed to; nothing was written.
            StoppedError: it was not written.
            UnsureError: nobody can tell whether it was written.
            UnreadableError: no receipt can be written, so nothing was changed.
        """
        if not plan.nothing_to_do:
            _refuse_disagreed(plan, agreed)
        attempt = WriteAttempt(time.monotonic())
        self._until = attempt.began + PATIENCE
        try:
            return self._made(plan, agreed, attempt, undoes)
        except KeyboardInterrupt:
            if attempt.state is WriteState.NOT_SENT:
                raise
            if attempt.state is WriteState.MADE:
                return Applied(attempt.receipt, None, attempt.attempts, noted=attempt.noted, interrupted=True)
            raise self._unsure(attempt, "Interrupted before any answer came.", interrupted=True) from None
        except (StoppedError, UnreadableError) as error:
            if attempt.state is WriteState.SENT:
                why = "It was changed in between." if isinstance(error, NotAgreedError) else str(error)
                raise self._unsure(attempt, why.removesuffix(_UNTOUCHED)) from None
            raise
        except Exception as error:
            if attempt.state is WriteState.MADE:
                return Applied(attempt.receipt, None, attempt.attempts, noted=attempt.noted)
            if attempt.state is WriteState.SENT:
                raise self._unsure(
                    attempt, f"Something in crauth-doctor itself broke ({type(error).__name__})."
                ) from error
            raise
        finally:
            self._until = math.inf
            attempt.close()

    def _made(self, plan: Plan, agreed: PlanConsent, attempt: WriteAttempt, undoes: Receipt | None) -> Applied:
        while not plan.nothing_to_do:
            answer = self._write(plan, attempt, undoes)
            if isinstance(answer, Accepted):
                break
            if isinstance(answer, Refused) and not is_too_new(self._within(SECONDS), answer, plan.change, attempt):
                raise self._refusal(answer, plan.edit)
            self._pause(answer, attempt)
            plan, agreed = self._anew(plan, agreed, attempt, answer)
        return self._settled(plan, attempt, undoes)

    def _write(self, plan: Plan, attempt: WriteAttempt, undoes: Receipt | None) -> Answer:
        """Note it, write it, note how that ended; Ctrl-C waits until it is noted."""
        attempt.attempts += 1
        with uninterrupted(lambda: self._tell("Interrupted: the write is on its way, and is waited for.")):
            if self._left() <= 0:
                raise StoppedError("This run is out of time; pass a longer --timeout.")
            self._note(plan, attempt, undoes)
            google = self._within(_time_for(plan), share=_SHARE)
            attempt.sending(plan.before)
            answer = plan.edit.write(google, plan.before, plan.after)
            attempt.answered(answer)
            if isinstance(answer, Accepted):
                attempt.finish(plan.edit.kept(answer.document))
        return answer

    def _anew(self, plan: Plan, agreed: PlanConsent, attempt: WriteAttempt, answer: Answer) -> tuple[Plan, PlanConsent]:
        """Read again; where the document is another one now, it is another plan, and may need another consent."""
        old, plan = plan, self._plan(plan.change, plan.edit, plan.named)
        attempt.read_anew(plan.before, there=plan.nothing_to_do)
        if isinstance(answer, Conflict) and _has_moved(old.before, plan.before):
            self._tell("Somebody else changed it in between.")
        if plan.nothing_to_do or _covers(agreed, plan):
            return plan, agreed
        anew = self._again(plan)
        if anew is None:
            raise NotAgreedError(
                f"{plan.edit.resource} was changed in between, so that something else would be written than was shown. "
                "Nothing was changed: run it again to see what."
            )
        _refuse_disagreed(plan, anew)
        return plan, anew

    def resolve(self, receipt: Receipt) -> Receipt:
        """Resolve how an interrupted change ended; a receipt that is not pending, or is at work, is left as it is.

        Raises:
            StoppedError: the document cannot be read, or does not tell.
        """
        if receipt.status is not ReceiptStatus.PENDING or self._receipts.is_held(receipt):
            return receipt
        self._refuse_other_cloud(receipt)
        edit = _back(receipt) if receipt.reversed else edit_of(receipt.change)
        try:
            plan = self._plan(receipt.change, edit, NOTHING)
        except StoppedError as stopped:
            if stopped.can_be:
                raise
            return self._close(receipt, ReceiptStatus.NOT_MADE)
        if plan.nothing_to_do:
            return self._close(receipt, ReceiptStatus.DONE, plan)
        # The etag has moved on, or so much time has passed, that the interrupted write can no longer arrive.
        overtaken = plan.edit.kept(plan.before).get("etag", "") != receipt.before.get("etag", "")
        if overtaken or self._receipts.age(receipt) > _STILL_ON_ITS_WAY:
            return self._close(receipt, ReceiptStatus.NOT_MADE)
        return receipt

    def _plan(self, change: Applicable, edit: Edit, named: Named) -> Plan:
        found = edit.read(self._within(SECONDS))
        if isinstance(found, Absent):
            raise StoppedError(f"{edit.resource} does not exist.", can_be=False)
        if isinstance(found, Unknown):
            raise StoppedError(f"{edit.resource} could not be read ({_why(found)}).", found)
        try:
            after = edit.wanted(found.value)
        except UnsafeError as error:
            can_be = not isinstance(error, ChangedAgainError)
            raise StoppedError(f"{error}{_UNTOUCHED}", can_be=can_be) from None
        moves = edit.moves(found.value, after)
        hosts = self._audiences(named) if isinstance(edit, SenderAudienceEdit) and moves else ()
        return Plan(change, edit, found.value, after, named, openings(named, moves, found.value, after, hosts))

    def _audiences(self, named: Named) -> tuple[str, ...]:
        """Return what tokens for the named service are for: its own URLs, and what it declares."""
        if named.service is None:
            return ()
        found = update.document(self._within(SECONDS), named.service)
        lists = [found.value.get(key) for key in ("urls", "customAudiences")] if isinstance(found, Known) else []
        return tuple(str(one) for each in lists if isinstance(each, list) for one in each)

    def _note(self, plan: Plan, attempt: WriteAttempt, undoes: Receipt | None) -> None:
        """Write down what is about to be written."""
        before, after = plan.edit.kept(plan.before), plan.edit.kept(plan.after)
        if attempt.opened is not None:
            attempt.opened.write(replace(attempt.opened.receipt, before=before, after=after))
            return
        now = self._clock.now()
        who = identity.operator(self._within(SECONDS))
        receipt = Receipt(
            id=new_id(now, plan.edit.resource.rsplit("/", 1)[-1].partition("@")[0]),
            status=ReceiptStatus.PENDING,
            change=plan.change,
            where=self.where,
            when=timestamp(now),
            who=who.value.member if isinstance(who, Known) else "unknown",
            before=before,
            after=after,
            reversed=undoes is not None,
            undoes=undoes.id if undoes else None,
            tool=self._version,
        )
        attempt.opened = self._receipts.begin(receipt)

    def _pause(self, answer: Answer, attempt: WriteAttempt) -> None:
        """Wait, longer each time and never as long as others do, before everything begins anew."""
        told = in_words(answer)
        ceiling = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(attempt.attempts, 10))
        pause = random.uniform(ceiling / 4, ceiling)  # noqa: S311 - jitter is no secret
        if isinstance(answer, Busy):
            pause = max(pause, answer.wish)
        if pause >= self._left():
            tries = "once" if attempt.attempts == 1 else f"{attempt.attempts} times"
            untouched = "" if attempt.state is WriteState.SENT else " Nothing was changed."
            raise StoppedError(f"{told}, {tries}, and there is no time for another try.{untouched}")
        self._tell(f"{told}: reading again.")
        time.sleep(pause)

    def _settled(self, plan: Plan, attempt: WriteAttempt, undoes: Receipt | None) -> Applied:
        """Complete the receipt, and read back."""
        receipt = attempt.receipt
        if receipt is not None and receipt.status is ReceiptStatus.PENDING:
            if attempt.state is WriteState.NOT_SENT:  # overtaken by somebody who made the same change
                receipt = None
            else:
                attempt.finish(plan.edit.kept(plan.before))
                receipt = attempt.receipt
        if receipt is None:
            self._taken_back_by_others(undoes)
            return Applied(None, stands=True, attempts=attempt.attempts)
        stands, now = self._stands(plan)
        overtaken = now is not None and _has_moved(plan.before, now) and _has_moved(receipt.after, now)
        if undoes is not None and stands is not False:
            with suppress(UnreadableError):  # the receipt of the undoing says so, too
                self._receipts.replace(replace(undoes, status=ReceiptStatus.UNDONE))
        if stands is False and not overtaken:
            attempt.doubt("It was accepted, but was not there when read back.")
        return Applied(attempt.receipt, stands, attempt.attempts, overtaken=overtaken, noted=attempt.noted)

    def _taken_back_by_others(self, undoes: Receipt | None) -> None:
        if undoes is None:
            return
        try:
            self._receipts.replace(replace(undoes, status=ReceiptStatus.UNDONE))
        except UnreadableError:
            self._tell("Its receipt could not be completed, and still says that the change is in place.")

    def _stands(self, plan: Plan) -> tuple[bool | None, Json | None]:
        """Read it back; some APIs take a moment to show what they accepted."""
        now = None
        try:
            for pause in (*_READ_BACK, None):
                again = self._plan(plan.change, plan.edit, plan.named)
                if again.nothing_to_do:
                    return True, again.before
                now = again.before
                if pause is None or pause >= self._left():
                    break
                time.sleep(pause)
        except StoppedError:
            return None, None
        return False, now

    def _close(self, receipt: Receipt, status: ReceiptStatus, plan: Plan | None = None) -> Receipt:
        after = plan.edit.kept(plan.before) if plan else receipt.after
        closed = replace(receipt, status=status, after=after, note="")
        try:
            self._receipts.replace(closed)
        except UnreadableError:
            self._tell("The outcome could not be recorded; it is looked up again next time.")
        return closed

    def _unsure(self, attempt: WriteAttempt, why: str, *, interrupted: bool = False) -> UnsureError:
        attempt.doubt(why)
        told = f"{why} It may have been made: `crauth-doctor receipts` tells you."
        return UnsureError(told, attempt.receipt, interrupted=interrupted)

    def _left(self) -> float:
        """Seconds that are left for this change, and for the run."""
        return min(self._until - time.monotonic(), self._left_of_run())

    def _within(self, seconds: float, *, share: float = 1.0) -> Google:
        return self._google.within(max(0.0, min(seconds, self._left() * share)))

    def _refusal(self, answer: Refused, edit: Edit) -> StoppedError:
        unknown = answer.unknown
        if unknown.obstacle is Obstacle.FORBIDDEN:
            permission = unknown.permission or edit.permission
            return StoppedError(f"{edit.resource} was not changed: {permission} is missing.", unknown)
        return StoppedError(f"{edit.resource} was not changed: {_why(unknown)}", unknown)

    def _refuse_other_cloud(self, receipt: Receipt) -> None:
        if receipt.where != self.where:
            raise StoppedError(f"{receipt.id} is of {_cloud(receipt.where)}, and this is {_cloud(self.where)}.")


_STATE: Final = {
    ReceiptStatus.PENDING: "not known to have been made",
    ReceiptStatus.NOT_MADE: "a change that was never made",
    ReceiptStatus.UNDONE: "undone already",
    ReceiptStatus.DONE: "itself an undo",
}


def _time_for(plan: Plan) -> float:
    return _OPERATION if "/services/" in plan.edit.resource and "bindings" not in plan.before else SECONDS


def _back(receipt: Receipt) -> Edit:
    try:
        return edit_back(receipt.change, receipt.before, receipt.after)
    except UnsafeError as error:
        raise StoppedError(f"{error}{_UNTOUCHED}") from None


def _covers(agreed: PlanConsent, plan: Plan) -> bool:
    return frozenset(plan.moves) <= agreed.moves and frozenset(plan.openings) <= agreed.openings


def _refuse_disagreed(plan: Plan, agreed: PlanConsent) -> None:
    if not frozenset(plan.moves) <= agreed.moves:
        raise NotAgreedError("Something else would be written than was agreed to. Nothing was changed.")
    if not frozenset(plan.openings) <= agreed.openings:
        raise NotAgreedError("It opens more than was named, and nobody agreed to that. Nothing was changed.")


def _has_moved(old: Json, new: Json) -> bool:
    """Whether somebody has written in between; what has no etag is compared as a whole."""
    etags = old.get("etag"), new.get("etag")
    return etags[0] != etags[1] if all(etags) else dict(old) != dict(new)


def _why(unknown: Unknown) -> str:
    return unknown.detail or unknown.obstacle.value


def _cloud(where: str) -> str:
    return "Google Cloud" if where == "google" else f"the sandbox at {where.partition('#')[0]}"
