"""Who holds the right to invoke a service, and who only seems to."""

from __future__ import annotations

from enum import StrEnum

from ..deferred import dataclass
from .answer import Answer
from .fact import Unknown
from .iam import Binding, DenyRule


class Standing(StrEnum):
    """What a binding does for a principal, or for one of its members."""

    GIVES = "may"
    MAY_WHILE = "may-while"
    """It may call on some paths, hosts or at some times."""
    LACKS_PERMISSION = "lacks-permission"
    CONDITION_UNMET = "condition-unmet"
    CONDITION_UNSUPPORTED = "condition-unsupported"
    CONDITION_UNCLEAR = "condition-unclear"
    MEMBERS_UNSEEN = "members-unseen"
    ROLE_UNREAD = "role-unread"
    DELETED = "deleted"
    FEDERATED = "federated"
    DENIED = "denied"
    UNCLEAR = "unclear"
    """For a list of members: what it does cannot be told, for a reason given beside it."""


@dataclass(frozen=True)
class Holder:
    """One member of one binding."""

    member: str  # as IAM writes it
    resource: str  # full resource name of where the binding stands
    binding: Binding
    stand: Standing  # what it does for the member
    because: str = ""  # why it only seems to let it in, or why that is unclear; empty where it lets it in
    stands_for: str = ""  # who is behind the member, where it is more than one; empty where it is one
    caution: str = ""  # what may still keep it, or some of it, out

    @property
    def may(self) -> bool | None:
        """Whether it may call; None where that is unclear."""
        if self.stand is Standing.UNCLEAR:
            return None
        return self.stand in {Standing.GIVES, Standing.MAY_WHILE}


@dataclass(frozen=True)
class Holders:
    """Everybody who holds, or seems to hold, the right to invoke one service."""

    service: str  # full resource name
    url: str
    is_open: Answer  # whether it lets in whoever reaches it
    ingress: str  # which network paths it lets in, in gcloud's word; empty where it is not known
    holders: tuple[Holder, ...]  # sorted for reading
    denials: tuple[DenyRule, ...] = ()  # deny rules that forbid somebody to invoke
    unread: tuple[Unknown, ...] = ()  # what could not be read, and could change all this
    behind_iap: bool = False  # whether Identity-Aware Proxy stands before the service
    # the other regions that a service of several is deployed to, whose policies are not these
    elsewhere: tuple[str, ...] = ()
