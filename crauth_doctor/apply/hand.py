"""THE HAND: read, preview, write with the etag just read, read back, receipt. Nothing else writes to Google.

A write is sent once. Where it met a conflict, or its answer was lost, everything begins anew: read, look whether it is
there already, preview, write. The etag makes that safe: a write that was overtaken, or that arrives late, is refused.
Source: https://docs.cloud.google.com/iam/docs/allow-policies#etag
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from ..gcp import identity
from ..gcp.clock import Clock
from ..gcp.google import Google
from ..gcp.write import Accepted, Answer, Lost, Refused
from ..model.change import Applicable
from ..model.fact import Absent, Known, Obstacle, Unknown
from .critical import uninterrupted
from .documents import Json, UnsafeError
from .edits import Edit, edit_back, edit_of
from .receipts import Receipt, Receipts, Status, new_id, timestamp
from .work import Work, in_words, is_too_new

SECONDS: Final = 30.0
"""As long as one read or write may take."""
PATIENCE: Final = 180.0
"""As long as one change may take, with all that it meets."""
_OPERATION: Final = 600.0
"""As long as a new revision may take."""
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 4.0
_READ_BACK: Final = (0.3, 1.0, 3.0)
_STILL_ON_ITS_WAY: Final = 120.0
"""After so many seconds no write is on its way any more."""


class StoppedError(Exception):
    """A change cannot be made; nothing was changed, unless the message says so.

    Args:
        message: why, in one sentence.
        unknown: what the API said, where it was asked.
    """

    def __init__(self, message: str, unknown: Unknown | None = None) -> None:
        super().__init__(message)
        self.unknown = unknown


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written.

    Args:
        change: what is asked.
        edit: how it is made.
        before: the document as it is.
        after: the document as it would be.
    """

    change: Applicable
    edit: Edit
    before: Json
    after: Json

    @property
    def nothing_to_do(self) -> bool:
        """Whether it is so already."""
        return self.before == self.after

    @property
    def difference(self) -> tuple[str, ...]:
        """What changes, as a diff."""
        return self.edit.difference(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Made:
    """How it ended.

    Args:
        receipt: of what was written; None where somebody else had made the same change in between.
        stands: whether it was there when it was read back; None when that failed.
        attempts: how often it was written, conflicts included.
    """

    receipt: Receipt | None
    stands: bool | None
    attempts: int


class Hand:
    """Makes changes, each with a receipt.

    Args:
        google: the door.
        receipts: where receipts are kept.
        version: of this tool.
        tell: is told each step, in a sentence.
        preview: is shown the plan anew, when somebody else has changed the document in between.
    """

    def __init__(
        self,
        google: Google,
        receipts: Receipts,
        *,
        version: str,
        tell: Callable[[str], None] = lambda _: None,
        preview: Callable[[Plan], None] = lambda _: None,
    ) -> None:
        self._google = google
        self._receipts = receipts
        self._version = version
        self._tell = tell
        self._preview = preview
        self._clock = Clock(google)

    def plan(self, change: Applicable) -> Plan:
        """Read what is there, and tell what would be written.

        Raises:
            StoppedError: it cannot be read, or must not be changed.
        """
        return self._plan(change, edit_of(change))

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
        """Name the permission that one needs to make a change."""
        return edit_of(change).permission

    def plan_back(self, receipt: Receipt) -> Plan:
        """Do the same for taking a change back: exactly that, and nothing that was changed since.

        Raises:
            StoppedError: there is nothing to take back, or it was made in another cloud.
        """
        self._refuse_other_cloud(receipt)
        if receipt.status is not Status.DONE or receipt.reversed:
            raise StoppedError(f"Nothing of {receipt.id} can be taken back: it is {_STATE[receipt.status]}.")
        return self._plan(receipt.change, edit_back(receipt.change, receipt.before, receipt.after))

    def make(self, plan: Plan, undoes: Receipt | None = None) -> Made:
        """Write what was planned, and read it back.

        Raises:
            StoppedError: it was not written, or nobody can tell; the message says which.
            UnreadableError: no receipt can be written, so nothing was changed.
        """
        work = Work(time.monotonic())
        try:
            while not plan.nothing_to_do:
                answer = self._write(plan, work, undoes)
                if isinstance(answer, Accepted):
                    break
                if isinstance(answer, Refused) and not is_too_new(
                    self._google.within(SECONDS), answer, plan.change, work
                ):
                    raise self._refusal(answer, plan.edit)
                self._pause(answer, work)
                plan = self._plan(plan.change, plan.edit)
                if not plan.nothing_to_do:
                    self._preview(plan)
            return self._settled(plan, work, undoes)
        finally:
            work.close()

    def _write(self, plan: Plan, work: Work, undoes: Receipt | None) -> Answer:
        """Note it, write it, note how that ended; Ctrl-C waits until it is noted."""
        work.attempts += 1
        with uninterrupted(lambda: self._tell("Interrupted: the write is on its way, and is waited for.")):
            self._note(plan, work, undoes)
            unsure, work.unsure = work.unsure, True
            answer = plan.edit.write(self._google.within(_time_for(plan)), plan.before, plan.after)
            work.unsure = unsure or isinstance(answer, Lost)
            if isinstance(answer, Accepted) and work.opened is not None:
                work.unsure = False
                work.opened.finish(Status.DONE, plan.edit.kept(answer.document))
        return answer

    def resolve(self, receipt: Receipt) -> Receipt:
        """Find out how an interrupted change ended; a receipt that is not pending, or is at work, is left as it is.

        Raises:
            StoppedError: the document cannot be read.
        """
        if receipt.status is not Status.PENDING or self._receipts.is_held(receipt):
            return receipt
        self._refuse_other_cloud(receipt)
        edit = edit_of(receipt.change)
        if receipt.reversed:
            edit = edit_back(receipt.change, receipt.before, receipt.after)
        try:
            plan = self._plan(receipt.change, edit)
        except StoppedError as stopped:
            if stopped.unknown is not None:
                raise
            return self._close(receipt, Status.NOT_MADE)
        if plan.nothing_to_do:
            return self._close(receipt, Status.DONE, plan)
        # The etag has moved on, or so much time has passed, that the interrupted write can no longer arrive.
        overtaken = plan.edit.kept(plan.before).get("etag", "") != receipt.before.get("etag", "")
        if overtaken or self._receipts.age(receipt) > _STILL_ON_ITS_WAY:
            return self._close(receipt, Status.NOT_MADE)
        return receipt

    def _plan(self, change: Applicable, edit: Edit) -> Plan:
        found = edit.read(self._google.within(SECONDS))
        if isinstance(found, Absent):
            raise StoppedError(f"{edit.resource} does not exist.")
        if isinstance(found, Unknown):
            raise StoppedError(f"{edit.resource} could not be read ({_why(found)}).", found)
        try:
            return Plan(change, edit, found.value, edit.wanted(found.value))
        except UnsafeError as error:
            raise StoppedError(f"{error} Nothing was written.") from None

    def _note(self, plan: Plan, work: Work, undoes: Receipt | None) -> None:
        """Write down what is about to be written."""
        before, after = plan.edit.kept(plan.before), plan.edit.kept(plan.after)
        if work.opened is not None:
            work.opened.write(replace(work.opened.receipt, before=before, after=after))
            return
        now = self._clock.now()
        who = identity.operator(self._google.within(SECONDS))
        receipt = Receipt(
            id=new_id(now, plan.edit.resource.rsplit("/", 1)[-1].partition("@")[0]),
            status=Status.PENDING,
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
        work.opened = self._receipts.begin(receipt)

    def _pause(self, answer: Answer, work: Work) -> None:
        """Wait, longer each time and never as long as others do, before everything begins anew."""
        told = in_words(answer)
        ceiling = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(work.attempts, 10))
        pause = random.uniform(ceiling / 4, ceiling)  # noqa: S311 - jitter is no secret
        if time.monotonic() + pause > work.began + PATIENCE:
            hint = "`crauth-doctor receipts` tells whether it was made" if work.unsure else "nothing was changed"
            raise StoppedError(f"{told}, and that {work.attempts} times: given up; {hint}.")
        self._tell(f"{told}: reading anew.")
        time.sleep(pause)

    def _settled(self, plan: Plan, work: Work, undoes: Receipt | None) -> Made:
        """Complete the receipt, and read back."""
        receipt = work.receipt
        if receipt is not None and receipt.status is Status.PENDING and work.opened is not None:
            if not work.unsure:  # overtaken by somebody who made the same change
                work.close()
                receipt = None
            else:
                receipt = work.opened.finish(Status.DONE, plan.edit.kept(plan.before))
        if undoes is not None:
            self._receipts.replace(replace(undoes, status=Status.UNDONE))
        if receipt is None:
            return Made(None, stands=True, attempts=work.attempts)
        return Made(receipt, self._stands(plan), work.attempts)

    def _stands(self, plan: Plan) -> bool | None:
        """Read it back; some APIs take a moment to show what they accepted."""
        try:
            for pause in _READ_BACK:
                if self._plan(plan.change, plan.edit).nothing_to_do:
                    return True
                time.sleep(pause)
            return self._plan(plan.change, plan.edit).nothing_to_do
        except StoppedError:
            return None

    def _close(self, receipt: Receipt, status: Status, plan: Plan | None = None) -> Receipt:
        after = plan.edit.kept(plan.before) if plan else receipt.after
        closed = replace(receipt, status=status, after=after)
        self._receipts.replace(closed)
        if status is Status.DONE and receipt.undoes:
            self._receipts.replace(replace(self._receipts.get(receipt.undoes), status=Status.UNDONE))
        return closed

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
    Status.PENDING: "not known to have been made",
    Status.NOT_MADE: "a change that was never made",
    Status.UNDONE: "undone already",
    Status.DONE: "itself an undoing",
}


def _time_for(plan: Plan) -> float:
    return _OPERATION if "/services/" in plan.edit.resource and "bindings" not in plan.before else SECONDS


def _why(unknown: Unknown) -> str:
    return unknown.detail or unknown.obstacle.value


def _cloud(where: str) -> str:
    return "Google Cloud" if where == "google" else f"the sandbox at {where.partition('#')[0]}"
