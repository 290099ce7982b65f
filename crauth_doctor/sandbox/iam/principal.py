"""Who is calling: a member, as policies write it, with the number that outlives its e-mail address."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """A caller. An empty member is nobody: a call without a credential."""

    member: str = ""
    unique_id: str = ""

    @property
    def kind(self) -> str:
        """`user`, `serviceAccount`, `principal`, or empty."""
        return self.member.partition(":")[0]

    @property
    def email(self) -> str:
        """The e-mail address, or the rest of a federated member."""
        return self.member.partition(":")[2]


ANONYMOUS = Identity()


def account_uid(member: str) -> tuple[str, str] | None:
    """The e-mail and uid of a `deleted:` member. https://cloud.google.com/iam/docs/principal-identifiers."""
    if not member.startswith("deleted:"):
        return None
    email, _, uid = member.removeprefix("deleted:").partition(":")[2].partition("?uid=")
    return email, uid
