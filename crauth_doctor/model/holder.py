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
    """One member of one binding.

    Args:
        member: as IAM writes it.
        resource: full resource name of where the binding stands.
        stand: what it does for the member.
        because: why it only seems to let it in, or why that is unclear; empty where it lets it in.
        stands_for: who is behind the member, where it is more than one; empty where it is one.
        caution: what may still keep it, or some of it, out.
    """

    member: str
    resource: str
    binding: Binding
    stand: Standing
    because: str = ""
    stands_for: str = ""
    caution: str = ""

    @property
    def may(self) -> bool | None:
        """Whether it may call; None where that is unclear."""
        if self.stand is Standing.UNCLEAR:
            return None
        return self.stand in {Standing.GIVES, Standing.MAY_WHILE}


@dataclass(frozen=True)
class Holders:
    """Everybody who holds, or seems to hold, the right to invoke one service.

    Args:
        service: full resource name.
        is_open: whether it lets in whoever reaches it.
        ingress: which network paths it lets in, in gcloud's word; empty where it is not known.
        holders: sorted for reading.
        denials: deny rules that forbid somebody to invoke.
        unread: what could not be read, and could change all this.
        behind_iap: whether Identity-Aware Proxy stands before the service.
        elsewhere: the other regions that a service of several is deployed to, whose policies are not these.
    """

    service: str
    url: str
    is_open: Answer
    ingress: str
    holders: tuple[Holder, ...]
    denials: tuple[DenyRule, ...] = ()
    unread: tuple[Unknown, ...] = ()
    behind_iap: bool = False
    elsewhere: tuple[str, ...] = ()
