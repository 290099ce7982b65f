"""A change while it is being made."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from ..gcp import accounts
from ..gcp.google import Google
from ..gcp.write import Answer, Lost, Refused
from ..model.change import Applicable, GrantRole
from ..model.fact import Known
from ..model.iam import Principal
from .receipts import Open, Receipt, Status

_NEW_MEMBER: Final = 75.0
_UNKNOWN_MEMBER: Final = "does not exist"


@dataclass(slots=True)
class Work:
    """A change that is being made.

    Args:
        began: when, by the machine's own monotonic clock.
        opened: its receipt.
        unsure: whether a write was sent that may have happened.
        attempts: how often it was sent.
    """

    began: float
    opened: Open | None = None
    unsure: bool = False
    attempts: int = 0

    @property
    def receipt(self) -> Receipt | None:
        """Its receipt, as it stands."""
        return self.opened.receipt if self.opened else None

    def close(self) -> None:
        """Let go of the receipt; one of which nothing can have been written goes with it."""
        if self.opened is not None and self.opened.receipt.status is Status.PENDING and not self.unsure:
            self.opened.drop()
        elif self.opened is not None:
            self.opened.close()


def is_too_new(google: Google, answer: Refused, change: Applicable, work: Work) -> bool:
    """Tell whether the member was made so recently that policies do not know it yet; that takes up to a minute.

    Source: https://docs.cloud.google.com/iam/docs/service-accounts-create
    """
    if not isinstance(change, GrantRole) or _UNKNOWN_MEMBER not in answer.unknown.detail:
        return False
    email = Principal(change.member).email
    if email is None or time.monotonic() - work.began > _NEW_MEMBER:
        return False
    return isinstance(accounts.account(google, email), Known)


def in_words(answer: Answer) -> str:
    """Say why everything begins anew."""
    match answer:
        case Lost(detail):
            return f"No clear answer came ({detail})"
        case Refused():
            return "The member is so new that policies do not know it yet"
        case _:
            return "Somebody else changed it in between"
