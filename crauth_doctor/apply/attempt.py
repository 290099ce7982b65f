"""A change while it is being made: what is known of its write stands here, and nowhere else."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, assert_never

from ..gcp.google import Google
from ..gcp.products import accounts
from ..gcp.write import Accepted, Answer, Busy, Conflict, Lost, Refused
from ..model.change import Applicable, GrantRole
from ..model.fact import Known
from ..model.iam import Principal
from .policy_json import Json
from .receipts import OpenReceipt, Receipt, ReceiptStatus, UnreadableError

_NEW_MEMBER: Final = 75.0
_UNKNOWN_MEMBER: Final = "does not exist"


class WriteState(Enum):
    """What is known of a write."""

    NOT_SENT = "nothing was sent, or nothing that could still be written"
    SENT = "something was sent that may have been written, or may still be"
    MADE = "it was written"


@dataclass(slots=True)
class WriteAttempt:
    """A change that is being made."""

    began: float  # when, by the machine's own monotonic clock
    opened: OpenReceipt | None = None  # its receipt
    state: WriteState = WriteState.NOT_SENT  # what is known of its write
    attempts: int = 0  # how often it was sent
    noted: bool = True  # whether the receipt says so; where the disk is full it says less, and never something else
    _before: WriteState = field(default=WriteState.NOT_SENT, repr=False)
    _etag: object = None

    @property
    def receipt(self) -> Receipt | None:
        """Its receipt, as it stands."""
        return self.opened.receipt if self.opened else None

    def sending(self, before: Json) -> None:
        """Something goes out now."""
        self._before, self.state, self._etag = self.state, WriteState.SENT, before.get("etag")

    def answered(self, answer: Answer) -> None:
        """Learn from the answer; one that refuses says nothing of what was sent before it."""
        match answer:
            case Accepted():
                self.state = WriteState.MADE
            case Lost():
                self.state = WriteState.SENT
            case Conflict() | Refused() | Busy():
                self.state = self._before
            case _:
                assert_never(answer)

    def read_anew(self, document: Json, *, there: bool) -> None:
        """Learn from the document: where its etag has moved on and the change is not there, it can no longer arrive."""
        if self.state is not WriteState.SENT:
            return
        if there:
            self.state = WriteState.MADE
        elif self._etag and document.get("etag") not in {None, self._etag}:
            self.state = WriteState.NOT_SENT

    def finish(self, after: Json) -> None:
        """Note that it was made; what was noted before stays where that fails, and is not wrong."""
        if self.opened is None:
            return
        done = replace(self.opened.receipt, status=ReceiptStatus.DONE, after=dict(after), note="")
        try:
            self.opened.write(done)
        except UnreadableError:
            self.noted = False
            self.opened.receipt = done

    def doubt(self, note: str) -> None:
        """Note what is not certain."""
        if self.opened is not None:
            with suppress(UnreadableError):
                self.opened.write(replace(self.opened.receipt, status=ReceiptStatus.PENDING, note=note))

    def close(self) -> None:
        """Release the receipt; that of a change of which nothing can have been written goes with it."""
        if self.opened is not None and self.state is WriteState.NOT_SENT:
            self.opened.drop()
        elif self.opened is not None:
            self.opened.close()


def is_too_new(google: Google, answer: Refused, change: Applicable, attempt: WriteAttempt) -> bool:
    """Whether the member was made so recently that policies do not know it yet; that takes up to a minute.

    Source: https://docs.cloud.google.com/iam/docs/service-accounts-create
    """
    if not isinstance(change, GrantRole) or _UNKNOWN_MEMBER not in answer.unknown.detail:
        return False
    email = Principal(change.member).email
    if email is None or time.monotonic() - attempt.began > _NEW_MEMBER:
        return False
    return isinstance(accounts.account(google, email), Known)


def in_words(answer: Answer) -> str:
    """Return why everything begins anew."""
    match answer:
        case Lost(detail):
            return f"No clear answer came ({detail})"
        case Refused():
            return "The member is too new for policies to know it"
        case Busy():
            return "Google is too busy (429)"
        case Conflict():
            return "It was refused as out of date (409)"
        case Accepted():
            return "It was accepted"
        case _:
            assert_never(answer)
